//! The arithmetic of networks and class models: what their passes and steps spend their time in, for each device in its own way.
//!
//! The trait here says what is computed; `cpu` and `webgpu` say how. All tensors are `[batch, channels, rows, columns]`, 32-bit floats.
// A new rule or shader needs an arm of its own everywhere: it must not compile into what another one computes.
#![warn(clippy::wildcard_enum_match_arm)]

mod cpu;
mod relu;
#[cfg(any(feature = "native-webgpu", all(target_family = "wasm", feature = "webgpu")))]
mod webgpu;

use std::slice;

use burn::backend::{
    Backend, Dispatch, ExtensionType, backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{Device, Int, Tensor, TensorData};

pub use relu::ReluRule;

/// A convolution's sizes: square kernels, zero padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionShape {
    /// Channels that it reads.
    pub channels_in: usize,
    /// Channels that it writes.
    pub channels_out: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Distance between windows.
    pub stride: usize,
    /// Rows and columns of zeros around the picture.
    pub padding: usize,
}

impl ConvolutionShape {
    /// How many windows fit into a picture of that many rows and columns.
    pub fn windows(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|length| (length + 2 * self.padding - self.kernel) / self.stride + 1)
    }
}

/// A pool's windows: square, without padding; the last one may hang over the edge ("ceil mode"), as Caffe counts them, but not lie beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// Side of the window.
    pub kernel: usize,
    /// Distance between windows.
    pub stride: usize,
}

impl PoolShape {
    /// How many windows there are in a picture of that many rows and columns.
    pub fn windows(&self, size: [usize; 2]) -> [usize; 2] {
        size.map(|length| (length.saturating_sub(self.kernel).div_ceil(self.stride) + 1).min(length.div_ceil(self.stride)))
    }
}

/// What is the same in every step of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamDecays {
    /// How much of the gradient's running mean stays.
    pub mean: f32,
    /// How much of the running mean of its square stays.
    pub square: f32,
    /// What is added to the root of the latter.
    pub tiny: f32,
}

/// The ReLU that a tensor comes out of, for the way back.
#[derive(ExtensionType)]
enum Active<B: Backend> {
    /// Its result.
    Relu(FloatTensor<B>),
    /// There is none.
    Nothing,
}

/// What a device computes. The weights of convolutions are in an order of the device's own.
#[backend_extension(Flex, Cube: cfg(any(feature = "native-webgpu", all(target_family = "wasm", feature = "webgpu"))))]
trait Kernels: Backend {
    /// `[out, in, kernel, kernel]` in the order for [`convolve`](Kernels::convolve), on the device of the bias.
    fn pack_forward(bias: FloatTensor<Self>, weight: Vec<f32>, shape: ConvolutionShape) -> FloatTensor<Self>;

    /// `[out, in, kernel, kernel]` in the order for [`convolve_back`](Kernels::convolve_back), on the device of the bias.
    fn pack_backward(bias: FloatTensor<Self>, weight: Vec<f32>, shape: ConvolutionShape) -> FloatTensor<Self>;

    /// Writes a convolution of `input` into the channels of `output` from `first` on, through a ReLU where `rectify`; returns `output`.
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        output: FloatTensor<Self>,
        first: usize,
        shape: ConvolutionShape,
        rectify: bool,
    ) -> FloatTensor<Self>;

    /// Its way back from the channels of `signal` from `first` on: into `gradient`, which has the input's shape, or on top of what is there
    /// where `add`; and then through `rule` where the input is a ReLU's result. Returns `gradient`.
    #[allow(clippy::too_many_arguments)]
    fn convolve_back(
        signal: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        #[extension_type] active: Active<Self>,
        first: usize,
        shape: ConvolutionShape,
        add: bool,
        rule: ReluRule,
    ) -> FloatTensor<Self>;

    /// The way back through a ReLU by itself, whose result was `active`. The signal may repeat its values along an axis.
    fn relu_back(signal: FloatTensor<Self>, active: FloatTensor<Self>, rule: ReluRule) -> FloatTensor<Self>;

    /// The largest value of each window, and where in its window it is: `ky * kernel + kx`, of the first of equal ones.
    fn max_pool(input: FloatTensor<Self>, shape: PoolShape) -> (FloatTensor<Self>, IntTensor<Self>);

    /// Its way back to the input, of `size` rows and columns; through `rule` where that is a ReLU's result.
    fn max_pool_back(
        signal: FloatTensor<Self>,
        taps: IntTensor<Self>,
        #[extension_type] active: Active<Self>,
        shape: PoolShape,
        size: [usize; 2],
        rule: ReluRule,
    ) -> FloatTensor<Self>;

    /// `range * sigmoid(x) - mean`, with a mean for each channel.
    fn squash(input: FloatTensor<Self>, mean: FloatTensor<Self>, range: f32) -> FloatTensor<Self>;

    /// Its way back, from the gradient at its result `squashed`.
    fn squash_back(
        gradient: FloatTensor<Self>,
        squashed: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        range: f32,
    ) -> FloatTensor<Self>;

    /// A step of Adam with `[rate, square_share, kept]`: the parameters after it, the gradient's running mean, and that of its square.
    fn adam(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        square: FloatTensor<Self>,
        step: FloatTensor<Self>,
        decays: AdamDecays,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// A ReLU that a signal goes back through: its result, and the rule.
pub type Mask = (Tensor<4>, ReluRule);

/// A convolution's constants on the device.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// Its sizes.
    pub shape: ConvolutionShape,
    forward: Tensor<1>,
    backward: Tensor<1>,
    bias: Tensor<1>,
}

impl Convolution {
    /// `weight` is `[out, in, kernel, kernel]` row-major, `bias` `[out]`.
    pub fn new(weight: Vec<f32>, bias: Tensor<1>, shape: ConvolutionShape) -> Self {
        let device = || bias.clone().into_dispatch();
        Self {
            shape,
            forward: Tensor::from_dispatch(Dispatch::pack_forward(device(), weight.clone(), shape)),
            backward: Tensor::from_dispatch(Dispatch::pack_backward(device(), weight, shape)),
            bias,
        }
    }

    /// Its bias: `[out]`.
    pub fn bias(&self) -> &Tensor<1> {
        &self.bias
    }
}

/// A matrix on the device, multiplied from the left with each plane of a tensor: a 1x1 convolution whose channels are the plane's rows.
#[derive(Debug, Clone)]
pub struct Matrix(Convolution);

impl Matrix {
    /// From its values, row-major.
    pub fn new(values: Vec<f32>, [rows, columns]: [usize; 2], device: &Device) -> Self {
        let shape = ConvolutionShape { channels_in: columns, channels_out: rows, kernel: 1, stride: 1, padding: 0 };
        Self(Convolution::new(values, Tensor::from_data(TensorData::zeros::<f32, _>([rows]), device), shape))
    }

    /// How many columns it has.
    pub fn columns(&self) -> usize {
        self.0.shape.channels_in
    }

    /// `M P` for each plane P: from `[batch, channels, columns, n]` to `[batch, channels, rows, n]`.
    pub fn times(&self, planes: Tensor<4>) -> Tensor<4> {
        let [batch, channels, columns, n] = planes.dims();
        let product = convolve(planes.reshape([batch * channels, columns, 1, n]), slice::from_ref(&self.0), false);
        product.reshape([batch, channels, self.0.shape.channels_out, n])
    }

    /// `M^T P`: from `[batch, channels, rows, n]` to `[batch, channels, columns, n]`.
    pub fn transposed_times(&self, planes: Tensor<4>) -> Tensor<4> {
        let [batch, channels, rows, n] = planes.dims();
        let product = convolve_back(planes.reshape([batch * channels, rows, 1, n]), slice::from_ref(&self.0), [1, n], None);
        product.reshape([batch, channels, self.0.shape.channels_in, n])
    }
}

/// `y = x * weight + bias` of each of the convolutions of one input, their channels one after the other; `max(y, 0)` where `rectify`.
pub fn convolve(input: Tensor<4>, convolutions: &[Convolution], rectify: bool) -> Tensor<4> {
    let [batch, _, rows, columns] = input.dims();
    let [rows, columns] = convolutions[0].shape.windows([rows, columns]);
    let channels = convolutions.iter().map(|convolution| convolution.shape.channels_out).sum();
    let mut output = Tensor::<4>::empty([batch, channels, rows, columns], &input.device()).into_dispatch();
    let mut first = 0;
    for Convolution { shape, forward, bias, .. } in convolutions {
        let [input, weight, bias] =
            [input.clone().into_dispatch(), forward.clone().into_dispatch(), bias.clone().into_dispatch()];
        output = Dispatch::convolve(input, weight, bias, output, first, *shape, rectify);
        first += shape.channels_out;
    }
    Tensor::from_dispatch(output)
}

/// `dX`, the sum over the convolutions of what their part of the signal `dY` means to their input X, of `size` rows and columns; and
/// through the ReLU that X comes from, where it is given.
pub fn convolve_back(
    signal: Tensor<4>,
    convolutions: &[Convolution],
    [rows, columns]: [usize; 2],
    mut mask: Option<Mask>,
) -> Tensor<4> {
    let (batch, channels) = (signal.dims()[0], convolutions[0].shape.channels_in);
    let mut gradient = Tensor::<4>::empty([batch, channels, rows, columns], &signal.device()).into_dispatch();
    let mut first = 0;
    for (k, Convolution { shape, backward, .. }) in convolutions.iter().enumerate() {
        // Only the whole sum goes through the ReLU.
        let (active, rule) = parts(if k + 1 == convolutions.len() { mask.take() } else { None });
        let (signal, weight) = (signal.clone().into_dispatch(), backward.clone().into_dispatch());
        gradient = Dispatch::convolve_back(signal, weight, gradient, active, first, *shape, k > 0, rule);
        first += shape.channels_out;
    }
    Tensor::from_dispatch(gradient)
}

/// The way back through a ReLU by itself.
pub fn relu_back(signal: Tensor<4>, (active, rule): Mask) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::relu_back(signal.into_dispatch(), active.into_dispatch(), rule))
}

/// The largest value of each window, and which of the window's places it is from.
pub fn max_pool(input: Tensor<4>, shape: PoolShape) -> (Tensor<4>, Tensor<4, Int>) {
    let (output, taps) = Dispatch::max_pool(input.into_dispatch(), shape);
    (Tensor::from_dispatch(output), Tensor::from_dispatch(taps))
}

/// The pool's way back to its input, of `size` rows and columns; and through the ReLU that this comes from, where it is given.
pub fn max_pool_back(
    signal: Tensor<4>,
    taps: Tensor<4, Int>,
    shape: PoolShape,
    size: [usize; 2],
    mask: Option<Mask>,
) -> Tensor<4> {
    let (active, rule) = parts(mask);
    Tensor::from_dispatch(Dispatch::max_pool_back(signal.into_dispatch(), taps.into_dispatch(), active, shape, size, rule))
}

/// `range * sigmoid(x) - mean` of `[batch, channels, rows, columns]`; the mean is `[1, channels, 1, 1]`.
pub fn squash(input: Tensor<4>, mean: &Tensor<4>, range: f32) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::squash(input.into_dispatch(), mean.clone().into_dispatch(), range))
}

/// Its way back, from the gradient at its result `squashed`: `gradient * v (1 - v / range)` with `v = squashed + mean`.
pub fn squash_back(gradient: Tensor<4>, squashed: Tensor<4>, mean: &Tensor<4>, range: f32) -> Tensor<4> {
    let [gradient, squashed, mean] = [gradient, squashed, mean.clone()].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::squash_back(gradient, squashed, mean, range))
}

/// A step of Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1), upwards: `m' = b1 m + (1 - b1) g`, `v' = b2 v + (1 - b2) g^2`,
/// `x' = kept x + rate * m' / (sqrt(v' / square_share) + tiny)`, with b1 and b2 the decays of mean and square. Gives `[x', m', v']`.
///
/// `step` is `[rate, square_share, kept]`, which change from step to step as both means start from zero: a tensor, because a GPU's constants are
/// kept for the next call, and new ones take a new buffer.
pub fn adam(
    parameters: Tensor<4>,
    gradient: Tensor<4>,
    [mean, square]: [Tensor<4>; 2],
    step: [f32; 3],
    decays: AdamDecays,
) -> [Tensor<4>; 3] {
    let step = Tensor::<1>::from_floats(step, &parameters.device()).into_dispatch();
    let [parameters, gradient, mean, square] = [parameters, gradient, mean, square].map(Tensor::into_dispatch);
    let (parameters, mean, square) = Dispatch::adam(parameters, gradient, mean, square, step, decays);
    [parameters, mean, square].map(Tensor::from_dispatch)
}

fn parts(mask: Option<Mask>) -> (Active<Dispatch>, ReluRule) {
    match mask {
        Some((active, rule)) => (Active::Relu(active.into_dispatch()), rule),
        None => (Active::Nothing, ReluRule::Gradient),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{ComputeDevice, read_back};
    use crate::dice::Dice;

    /// A convolution's way back into a gradient that holds something else already: over it, and on top of it.
    async fn assert_only_adding_reads_the_gradient(device: &Device) {
        let mut dice = Dice::new(4);
        let shapes = [
            // By Winograd's filtering on the CPU, and not.
            ConvolutionShape { channels_in: 8, channels_out: 5, kernel: 3, stride: 1, padding: 1 },
            ConvolutionShape { channels_in: 2, channels_out: 5, kernel: 3, stride: 1, padding: 0 },
            // With steps, some of which leave pixels that no window sees.
            ConvolutionShape { channels_in: 4, channels_out: 3, kernel: 3, stride: 2, padding: 1 },
            ConvolutionShape { channels_in: 4, channels_out: 3, kernel: 1, stride: 2, padding: 0 },
            ConvolutionShape { channels_in: 1, channels_out: 2, kernel: 2, stride: 3, padding: 0 },
        ];
        for (shape, size) in shapes.into_iter().zip([[9, 11], [9, 11], [9, 12], [8, 12], [9, 12]]) {
            let bias = Tensor::zeros([shape.channels_out], device);
            let weight = dice.normals(shape.channels_out * shape.channels_in * shape.kernel * shape.kernel, 1.0);
            let convolution = Convolution::new(weight, bias, shape);
            let [rows, columns] = shape.windows(size);
            let signal = dice.normal_tensor([2, shape.channels_out, rows, columns], 1.0, device);
            let expected = read_back(convolve_back(signal.clone(), slice::from_ref(&convolution), size, None)).await.unwrap();
            for add in [false, true] {
                let there = Tensor::<4>::full([2, shape.channels_in, size[0], size[1]], 7.0, device);
                let gradient = Dispatch::convolve_back(
                    signal.clone().into_dispatch(),
                    convolution.backward.clone().into_dispatch(),
                    there.into_dispatch(),
                    Active::Nothing,
                    0,
                    shape,
                    add,
                    ReluRule::Gradient,
                );
                let gradient = read_back(Tensor::<4>::from_dispatch(gradient)).await.unwrap();
                let more = if add { 7.0 } else { 0.0 };
                assert!(gradient.iter().zip(&expected).all(|(ours, new)| (ours - new - more).abs() < 1e-4), "{shape:?}, {add}");
            }
        }
    }

    #[test]
    fn only_adding_reads_the_gradient() {
        pollster::block_on(assert_only_adding_reads_the_gradient(&ComputeDevice::cpu("a test").tensors));
    }
}
