//! Linear maps of rows and columns: resizing and average pooling.

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

/// The weights of one axis, for any length of it.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisWeights {
    /// The mean of each window.
    Average(AverageWindows),
    /// Given ones, for one length.
    Matrix {
        /// Entries of the output.
        length: usize,
        /// Row-major, an output entry a row.
        weights: Vec<f32>,
    },
}

/// The windows of an average pool along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AverageWindows {
    /// Entries in a window.
    pub kernel: usize,
    /// Distance between windows.
    pub stride: usize,
    /// Distance between a window's entries.
    pub dilation: usize,
    /// Zeros before and after the input.
    pub padding: [usize; 2],
    /// Whether a last window may extend beyond the padding. It begins inside the input or the padding
    /// before it.
    pub ceil: bool,
    /// Whether zeros of the padding count; what is beyond the padding never does.
    pub count_padding: bool,
}

impl AverageWindows {
    /// The number of windows over `length` entries, none if not even one fits.
    pub fn count(&self, length: usize) -> usize {
        let padded = length + self.padding[0] + self.padding[1];
        let reach = self.dilation * (self.kernel - 1) + 1;
        let Some(room) = padded.checked_sub(reach) else {
            return 0;
        };
        let count = if self.ceil {
            room.div_ceil(self.stride)
        } else {
            room / self.stride
        } + 1;
        let last_starts_inside = (count - 1) * self.stride < length + self.padding[0];
        if last_starts_inside { count } else { count - 1 }
    }

    /// One row a window.
    fn weights(&self, length: usize) -> Vec<f32> {
        let mut weights = vec![0.0; self.count(length) * length];
        for (window, row) in weights.chunks_exact_mut(length.max(1)).enumerate() {
            let start = window * self.stride;
            let entries = (0..self.kernel).map(|k| start + k * self.dilation);
            let padded = length + self.padding[0] + self.padding[1];
            let counted = entries.clone().filter(|&entry| match self.count_padding {
                true => entry < padded,
                false => (self.padding[0]..self.padding[0] + length).contains(&entry),
            });
            let share = 1.0 / counted.count().max(1) as f32;
            for entry in entries {
                let entry = entry.checked_sub(self.padding[0]);
                if let Some(weight) = entry.and_then(|entry| row.get_mut(entry)) {
                    *weight = share;
                }
            }
        }
        weights
    }
}

impl AxisWeights {
    /// Entries of the output for an input of `length` entries, if it takes this length.
    fn output_length(&self, length: usize) -> Option<usize> {
        let output = match self {
            AxisWeights::Average(windows) => windows.count(length),
            AxisWeights::Matrix {
                length: output,
                weights,
            } => {
                if weights.len() == output * length {
                    *output
                } else {
                    0
                }
            }
        };
        (output > 0).then_some(output)
    }

    /// `[1, 1, output, length]` on the device of `neighbour`.
    fn matrix(&self, length: usize, neighbour: &Tensor<4>) -> Tensor<4> {
        let weights = match self {
            AxisWeights::Average(windows) => windows.weights(length),
            AxisWeights::Matrix { weights, .. } => weights.clone(),
        };
        let output = weights.len() / length.max(1);
        let weights = TensorData::new(weights, [1, 1, output, length]);
        Tensor::from_data(weights, &neighbour.device())
    }
}

impl Operator for Resample {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        let lengths = [rows, columns];
        let output = [0, 1].map(|axis| self.axes[axis].output_length(lengths[axis]));
        match output {
            [Some(rows), Some(columns)] => Ok(Shape::new([channels, rows, columns])),
            _ => Err(format!("it does not take {rows} x {columns}")),
        }
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input: Tensor<4> = super::only(inputs).tensor();
        let [_, _, rows, columns] = input.dims();
        let vertical = self.axes[0].matrix(rows, &input);
        let horizontal = self.axes[1].matrix(columns, &input);
        let output = vertical.matmul(input).matmul(horizontal.transpose());
        (output.into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let [rows, columns] = input.grid();
        let signal: Tensor<4> = signal.tensor();
        let vertical = self.axes[0].matrix(rows, &signal);
        let horizontal = self.axes[1].matrix(columns, &signal);
        input.set(vertical.transpose().matmul(signal).matmul(horizontal));
    }
}
