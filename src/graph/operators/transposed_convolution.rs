//! Convolutions that enlarge.

use std::slice;

use burn::tensor::Tensor;

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::kernels::{Activation, Convolution, convolve, convolve_backward};

/// The transpose of a convolution, plus a bias: its forward pass is the convolution's backward pass,
/// and the other way round.
#[derive(Debug, Clone)]
pub struct TransposedConvolution {
    /// The convolution whose transpose this is, with a bias of 0: its output channels are the input
    /// channels here.
    pub transposed: Convolution,
    /// `[1, channels, 1, 1]`.
    pub bias: Tensor<4>,
    /// Rows and columns that the output has beyond the smallest that the convolution maps to the
    /// input.
    pub output_padding: [usize; 2],
}

impl TransposedConvolution {
    fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        let window = self.transposed.shape.window;
        let (before, after) = (window.padding.before(), window.padding.after());
        [0, 1].map(|axis: usize| {
            let reach = (size[axis] - 1) * window.stride[axis] + window.span()[axis];
            (reach + self.output_padding[axis]).saturating_sub(before[axis] + after[axis])
        })
    }
}

impl Operator for TransposedConvolution {
    fn kind(&self) -> &'static str {
        "transposed convolution"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        let shape = self.transposed.shape;
        if channels != shape.channels_out {
            let expected = shape.channels_out;
            return Err(format!(
                "it reads {channels} channels in place of {expected}"
            ));
        }
        let size = self.output_size([rows, columns]);
        shape.check(size)?;
        if shape.output_size(size) != [rows, columns] {
            return Err(format!("it does not take {rows} x {columns}"));
        }
        Ok(Shape::new([shape.channels_in, size[0], size[1]]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input: Tensor<4> = super::only(inputs).tensor();
        let [_, _, rows, columns] = input.dims();
        let size = self.output_size([rows, columns]);
        let output = convolve_backward(input, slice::from_ref(&self.transposed), size, None, None);
        ((output + self.bias.clone()).into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let transposed = slice::from_ref(&self.transposed);
        let gradient = convolve(signal.tensor(), transposed, Activation::Identity);
        inputs[0].set(gradient);
    }

    fn has_weights(&self) -> bool {
        true
    }
}
