//! The arithmetic in which networks and class models spend their time, written for each device.
//!
//! The trait `Kernels` says what is computed; `cpu` and `webgpu` say how; the functions here are
//! what the rest of the crate calls. All tensors are `[batch, channels, rows, columns]` of 32-bit
//! floats. "Signal" is what a backward pass propagates: the gradient, or what another [`ReluRule`]
//! propagates in its place.
// A new rule or shader needs an arm of its own everywhere: it must not compile into what another
// one computes.
#![warn(clippy::wildcard_enum_match_arm)]

mod average_pool;
mod convolution;
mod cpu;
mod max_pool;
mod pointwise;
mod relu;
mod window;
#[cfg(any(
    feature = "native-webgpu",
    all(target_family = "wasm", feature = "webgpu")
))]
mod webgpu;

use burn::backend::{
    Backend, Dispatch, ExtensionType, backend_extension,
    tensor::{FloatTensor, IntTensor},
};

pub use average_pool::AveragePool;
pub use convolution::{Convolution, ConvolutionShape, Matrix, convolve, convolve_backward};
pub use max_pool::{PoolShape, Rounding, max_pool, max_pool_backward};
pub use pointwise::{AdamConstants, adam, scaled_sigmoid, scaled_sigmoid_backward};
pub use relu::{Activation, ReluMask, ReluRule, relu_backward};
pub use window::{Padding, Window};

use relu::BoundedRule;

/// Has the CPU's kernels use relaxed SIMD from now on. A wasm program cannot ask the processor for
/// it; one that is built with it has been loaded, so that the processor has it.
#[cfg(all(target_family = "wasm", feature = "relaxed-simd"))]
pub fn enable_relaxed_simd() {
    pulp::wasm::enable_relaxed_simd();
}

/// The ReLU whose output is the input of an operation, for its backward pass.
#[derive(ExtensionType)]
enum InputRelu<B: Backend> {
    /// The ReLU's output, and the rule for its backward pass.
    Relu(FloatTensor<B>, BoundedRule),
    /// The input is not the output of a ReLU.
    Nothing,
}

impl InputRelu<Dispatch> {
    fn new(mask: Option<ReluMask>) -> Self {
        match mask {
            Some(ReluMask {
                output,
                rule,
                upper,
            }) => InputRelu::Relu(output.into_dispatch(), BoundedRule { rule, upper }),
            None => InputRelu::Nothing,
        }
    }
}

/// The forward pass of one of the convolutions that share an input and an output tensor.
#[derive(Debug, Clone, Copy)]
struct ForwardTask {
    shape: ConvolutionShape,
    /// The first of its channels in the output tensor.
    first_channel: usize,
    /// What follows.
    activation: Activation,
}

/// The backward pass of one of the convolutions that share an input and an output tensor.
#[derive(Debug, Clone, Copy)]
struct BackwardTask {
    shape: ConvolutionShape,
    /// The first of its channels in the output's signal.
    first_channel: usize,
    /// Whether to add to the content of the gradient; otherwise it is overwritten.
    accumulate: bool,
}

/// What a device computes. A method that takes the tensor that it writes to, and returns it, gives
/// the device the chance to write in place.
#[backend_extension(Flex, Cube: cfg(any(feature = "native-webgpu", all(target_family = "wasm", feature = "webgpu"))))]
trait Kernels: Backend {
    /// The weights of a convolution, `[out, in / groups, rows, columns]`, in the device's own
    /// orders: for [`convolve`](Kernels::convolve), and for
    /// [`convolve_backward`](Kernels::convolve_backward). They are put on the device of `bias`.
    fn pack(
        bias: FloatTensor<Self>,
        weight: Vec<f32>,
        shape: ConvolutionShape,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Writes the convolution of `input` to its channels of `output`; returns `output`.
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        output: FloatTensor<Self>,
        task: ForwardTask,
    ) -> FloatTensor<Self>;

    /// Gradient of [`convolve`](Kernels::convolve) with respect to its input, from the
    /// convolution's channels of `signal`. Overwrites `gradient`, or accumulates into it, and then
    /// applies the input's ReLU; returns `gradient`.
    fn convolve_backward(
        signal: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        #[extension_type] input_relu: InputRelu<Self>,
        task: BackwardTask,
    ) -> FloatTensor<Self>;

    /// The backward pass of a ReLU by itself, whose output was `activation`. The signal may repeat
    /// its values along an axis.
    fn relu_backward(
        signal: FloatTensor<Self>,
        activation: FloatTensor<Self>,
        rule: BoundedRule,
    ) -> FloatTensor<Self>;

    /// The maximum of each window, and the argmax: its offset in the window, `ky * kernel[1] + kx`.
    /// The first of equal values wins.
    fn max_pool(input: FloatTensor<Self>, shape: PoolShape)
    -> (FloatTensor<Self>, IntTensor<Self>);

    /// Gradient of [`max_pool`](Kernels::max_pool) with respect to its input, of `size` `[rows,
    /// columns]`, with the input's ReLU applied.
    fn max_pool_backward(
        signal: FloatTensor<Self>,
        argmax: IntTensor<Self>,
        #[extension_type] input_relu: InputRelu<Self>,
        shape: PoolShape,
        size: [usize; 2],
    ) -> FloatTensor<Self>;

    /// `range * sigmoid(x) - mean`, with a mean per channel.
    fn scaled_sigmoid(
        input: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        range: f32,
    ) -> FloatTensor<Self>;

    /// VJP of [`scaled_sigmoid`](Kernels::scaled_sigmoid), whose output was `activation`.
    fn scaled_sigmoid_backward(
        gradient: FloatTensor<Self>,
        activation: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        range: f32,
    ) -> FloatTensor<Self>;

    /// A step of [`adam`]: the new parameters, first moment and second moment.
    fn adam(
        parameters: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first_moment: FloatTensor<Self>,
        second_moment: FloatTensor<Self>,
        step: FloatTensor<Self>,
        constants: AdamConstants,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
