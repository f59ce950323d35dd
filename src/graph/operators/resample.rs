//! Linear maps of rows and columns: resizing.

use burn::tensor::{Tensor, TensorData};

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// Each output row is a weighted sum of input rows, and each output column of input columns: `y = R x
/// C^T` for every channel.
#[derive(Debug, Clone)]
pub struct Resample {
    /// The kind of layer, in a word.
    pub kind: &'static str,
    /// How output rows, and output columns, are made of the input's.
    pub axes: [AxisWeights; 2],
}

/// The weights of one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisWeights {
    /// Entries of the output.
    pub length: usize,
    /// Row-major, an output entry a row, an input entry a column.
    pub weights: Vec<f32>,
}

impl AxisWeights {
    /// `[1, 1, output, input]` on the device of `neighbour`.
    fn matrix(&self, neighbour: &Tensor<4>) -> Tensor<4> {
        let length = self.weights.len() / self.length;
        let weights = TensorData::new(self.weights.clone(), [1, 1, self.length, length]);
        Tensor::from_data(weights, &neighbour.device())
    }
}

impl Operator for Resample {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        let [down, across] = &self.axes;
        let fits = |axis: &AxisWeights, length: usize| {
            axis.length > 0 && axis.weights.len() == axis.length * length
        };
        if !fits(down, rows) || !fits(across, columns) {
            return Err(format!("it does not take {rows} x {columns}"));
        }
        Ok(Shape::new([channels, down.length, across.length]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input: Tensor<4> = super::only(inputs).tensor();
        let vertical = self.axes[0].matrix(&input);
        let horizontal = self.axes[1].matrix(&input);
        let output = vertical.matmul(input).matmul(horizontal.transpose());
        (output.into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let signal: Tensor<4> = signal.tensor();
        let vertical = self.axes[0].matrix(&signal);
        let horizontal = self.axes[1].matrix(&signal);
        input.set(vertical.transpose().matmul(signal).matmul(horizontal));
    }
}
