//! Convolutions, several of the same input at a time, and matrix products by the same kernels.

use std::slice;

use burn::backend::Dispatch;
use burn::tensor::{Device, Tensor, TensorData};

use super::{Activation, BackwardTask, ForwardTask, InputRelu, Kernels, ReluMask, Window};

/// Sizes of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionShape {
    /// Input channels.
    pub channels_in: usize,
    /// Output channels.
    pub channels_out: usize,
    /// Equal parts into which input and output channels are divided: the outputs of a part read the
    /// inputs of the same part.
    pub groups: usize,
    /// Its windows. The padding is zeros.
    pub window: Window,
}

impl ConvolutionShape {
    /// Square kernels that read all channels.
    pub const fn square(
        channels_in: usize,
        channels_out: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Self {
        Self {
            channels_in,
            channels_out,
            groups: 1,
            window: Window::square(kernel, stride, padding),
        }
    }

    /// Rows and columns of the output, from those of the input; 0 if no window fits.
    pub fn output_size(&self, size: [usize; 2]) -> [usize; 2] {
        self.window.count(size)
    }

    /// Dimensions of the weights: `[out, in / groups, rows, columns]`.
    pub const fn weight_dims(&self) -> [usize; 4] {
        let [rows, columns] = self.window.kernel;
        [
            self.channels_out,
            self.channels_in / self.groups,
            rows,
            columns,
        ]
    }

    /// The number of products in an output.
    pub const fn fan_in(&self) -> usize {
        self.channels_in / self.groups * self.window.taps()
    }

    /// Whether each output channel reads one input channel, the one of the same index.
    pub(super) const fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.groups == self.channels_in && self.groups == self.channels_out
    }

    /// One of the groups, as a convolution by itself.
    pub(super) const fn group(&self) -> Self {
        Self {
            channels_in: self.channels_in / self.groups,
            channels_out: self.channels_out / self.groups,
            groups: 1,
            window: self.window,
        }
    }

    /// Whether the kernels can compute such a convolution of an input of this size.
    ///
    /// # Errors
    /// A sentence about the first number that does not fit.
    pub fn check(&self, size: [usize; 2]) -> Result<(), String> {
        let &Self {
            channels_in,
            channels_out,
            groups,
            window,
        } = self;
        window.check()?;
        let divides = |channels: usize| channels > 0 && channels.is_multiple_of(groups);
        if !divides(channels_in) || !divides(channels_out) {
            return Err(format!(
                "{channels_in} and {channels_out} channels are not {groups} groups"
            ));
        }
        if self.output_size(size).contains(&0) {
            return Err(format!(
                "a window of {:?} does not fit into an input of {size:?}",
                window.kernel
            ));
        }
        Ok(())
    }
}

/// A convolution's weights and bias on a device.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// Its sizes.
    pub shape: ConvolutionShape,
    forward: Tensor<1>,
    backward: Tensor<1>,
    bias: Tensor<1>,
}

impl Convolution {
    /// `weight` is `[out, in / groups, rows, columns]` row-major, `bias` `[out]`.
    pub fn new(weight: Vec<f32>, bias: Tensor<1>, shape: ConvolutionShape) -> Self {
        let (forward, backward) = Dispatch::pack(bias.clone().into_dispatch(), weight, shape);
        Self {
            shape,
            forward: Tensor::from_dispatch(forward),
            backward: Tensor::from_dispatch(backward),
            bias,
        }
    }

    /// The bias: `[out]`.
    pub fn bias(&self) -> &Tensor<1> {
        &self.bias
    }
}

/// Convolves `input` with each of the convolutions, `y = activation(x * weight + bias)`, and
/// concatenates their channels.
pub fn convolve(
    input: Tensor<4>,
    convolutions: &[Convolution],
    activation: Activation,
) -> Tensor<4> {
    let [batch, _, rows, columns] = input.dims();
    let [rows, columns] = convolutions[0].shape.output_size([rows, columns]);
    let channels = convolutions
        .iter()
        .map(|convolution| convolution.shape.channels_out)
        .sum();
    let output = Tensor::<4>::empty([batch, channels, rows, columns], &input.device());
    let mut output = output.into_dispatch();
    let mut first_channel = 0;
    for convolution in convolutions {
        let shape = convolution.shape;
        output = Dispatch::convolve(
            input.clone().into_dispatch(),
            convolution.forward.clone().into_dispatch(),
            convolution.bias.clone().into_dispatch(),
            output,
            ForwardTask {
                shape,
                first_channel,
                activation,
            },
        );
        first_channel += shape.channels_out;
    }
    Tensor::from_dispatch(output)
}

/// Gradient of [`convolve`] without activation with respect to its input, of `size` `[rows,
/// columns]`, plus `accumulated`, the gradient by way of the input's other consumers. If the input
/// is the output of a ReLU, `mask` applies that ReLU's rule to the sum.
pub fn convolve_backward(
    signal: Tensor<4>,
    convolutions: &[Convolution],
    [rows, columns]: [usize; 2],
    mut mask: Option<ReluMask>,
    accumulated: Option<Tensor<4>>,
) -> Tensor<4> {
    let (batch, channels) = (signal.dims()[0], convolutions[0].shape.channels_in);
    let mut accumulate = accumulated.is_some();
    let gradient = accumulated
        .unwrap_or_else(|| Tensor::<4>::empty([batch, channels, rows, columns], &signal.device()));
    let mut gradient = gradient.into_dispatch();
    let mut first_channel = 0;
    for (k, convolution) in convolutions.iter().enumerate() {
        // Only the sum over all convolutions is masked.
        let is_last = k + 1 == convolutions.len();
        let mask = if is_last { mask.take() } else { None };
        let shape = convolution.shape;
        gradient = Dispatch::convolve_backward(
            signal.clone().into_dispatch(),
            convolution.backward.clone().into_dispatch(),
            gradient,
            InputRelu::new(mask),
            BackwardTask {
                shape,
                first_channel,
                accumulate,
            },
        );
        accumulate = true;
        first_channel += shape.channels_out;
    }
    Tensor::from_dispatch(gradient)
}

/// A matrix on a device that multiplies each plane of a tensor from the left. It is a 1x1
/// convolution whose channels are the plane's rows.
#[derive(Debug, Clone)]
pub struct Matrix(Convolution);

impl Matrix {
    /// From its values, row-major.
    pub fn new(values: Vec<f32>, [rows, columns]: [usize; 2], device: &Device) -> Self {
        let shape = ConvolutionShape::square(columns, rows, 1, 1, 0);
        let bias = Tensor::from_data(TensorData::zeros::<f32, _>([rows]), device);
        Self(Convolution::new(values, bias, shape))
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.0.shape.channels_in
    }

    /// `M P` for each plane P: from `[batch, channels, columns, n]` to `[batch, channels, rows,
    /// n]`.
    pub fn times(&self, planes: Tensor<4>) -> Tensor<4> {
        let [batch, channels, columns, n] = planes.dims();
        let input = planes.reshape([batch * channels, columns, 1, n]);
        let product = convolve(input, slice::from_ref(&self.0), Activation::Identity);
        product.reshape([batch, channels, self.0.shape.channels_out, n])
    }

    /// `M^T P` for each plane P: from `[batch, channels, rows, n]` to `[batch, channels, columns,
    /// n]`.
    pub fn transposed_times(&self, planes: Tensor<4>) -> Tensor<4> {
        let [batch, channels, rows, n] = planes.dims();
        let signal = planes.reshape([batch * channels, rows, 1, n]);
        let product = convolve_backward(signal, slice::from_ref(&self.0), [1, n], None, None);
        product.reshape([batch, channels, self.0.shape.channels_in, n])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// A convolution's backward pass into a gradient with content, which it overwrites, or
    /// accumulates into.
    #[test]
    fn only_accumulating_reads_the_gradient() {
        let device = &Device::flex();
        let mut rng = Rng::new(4);
        let shapes = [
            // On the CPU by Winograd's filtering, and without it.
            ConvolutionShape::square(8, 5, 3, 1, 1),
            ConvolutionShape::square(2, 5, 3, 1, 0),
            // With strides; some leave pixels that are in no window.
            ConvolutionShape::square(4, 3, 3, 2, 1),
            ConvolutionShape::square(4, 3, 1, 2, 0),
            ConvolutionShape::square(1, 2, 2, 3, 0),
        ];
        for (shape, size) in shapes
            .into_iter()
            .zip([[9, 11], [9, 11], [9, 12], [8, 12], [9, 12]])
        {
            let bias = Tensor::zeros([shape.channels_out], device);
            let weight = rng.normal_values(shape.channels_out * shape.fan_in(), 1.0);
            let convolution = Convolution::new(weight, bias, shape);
            let [rows, columns] = shape.output_size(size);
            let signal = rng.normal_tensor([2, shape.channels_out, rows, columns], 1.0, device);
            let only = slice::from_ref(&convolution);
            let expected = convolve_backward(signal.clone(), only, size, None, None).into_data();
            for accumulate in [false, true] {
                let content =
                    Tensor::<4>::full([2, shape.channels_in, size[0], size[1]], 7.0, device);
                let gradient = Dispatch::convolve_backward(
                    signal.clone().into_dispatch(),
                    convolution.backward.clone().into_dispatch(),
                    content.into_dispatch(),
                    InputRelu::Nothing,
                    BackwardTask {
                        shape,
                        first_channel: 0,
                        accumulate,
                    },
                );
                let gradient = Tensor::<4>::from_dispatch(gradient).into_data();
                let previous = if accumulate { 7.0 } else { 0.0 };
                assert!(
                    gradient
                        .iter::<f32>()
                        .zip(expected.iter::<f32>())
                        .all(|(ours, new)| (ours - new - previous).abs() < 1e-4),
                    "{shape:?}, accumulate: {accumulate}"
                );
            }
        }
    }
}
