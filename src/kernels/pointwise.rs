//! Operations on each value by itself.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::Kernels;

/// The constants of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamConstants {
    /// beta1, the decay of the first moment.
    pub mean: f32,
    /// beta2, the decay of the second moment.
    pub square: f32,
    /// epsilon, added to the root of the second moment.
    pub tiny: f32,
}

/// `range * sigmoid(x) - mean`. `input` is `[batch, channels, rows, columns]`, `mean` `[1, channels,
/// 1, 1]`.
pub fn scaled_sigmoid(input: Tensor<4>, mean: &Tensor<4>, range: f32) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::scaled_sigmoid(
        input.into_dispatch(),
        mean.clone().into_dispatch(),
        range,
    ))
}

/// VJP of [`scaled_sigmoid`], from its output `activation`: `gradient * v (1 - v / range)` with `v =
/// activation + mean`.
pub fn scaled_sigmoid_backward(
    gradient: Tensor<4>,
    activation: Tensor<4>,
    mean: &Tensor<4>,
    range: f32,
) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::scaled_sigmoid_backward(
        gradient.into_dispatch(),
        activation.into_dispatch(),
        mean.clone().into_dispatch(),
        range,
    ))
}

/// A step of Adam that ascends (Kingma & Ba, arXiv 1412.6980, algorithm 1, with decoupled weight
/// decay): `m' = b1 m + (1 - b1) g`, `v' = b2 v + (1 - b2) g^2`, `x' = step[2] x + step[0] m' /
/// (sqrt(v' / step[1]) + epsilon)`. Takes the moments `[m, v]`; returns `[x', m', v']`.
///
/// `step` is `[learning rate / (1 - b1^t), 1 - b2^t, 1 - learning rate * weight decay]` for step
/// t; the powers correct the bias of moments that start from zero. It goes to the device as a
/// tensor, because its values change from step to step: a GPU backend keeps constants, and would
/// allocate a buffer for each new one.
pub fn adam(
    parameters: Tensor<4>,
    gradient: Tensor<4>,
    [mean, square]: [Tensor<4>; 2],
    step: [f32; 3],
    constants: AdamConstants,
) -> [Tensor<4>; 3] {
    let step = Tensor::<1>::from_floats(step, &parameters.device()).into_dispatch();
    let [parameters, gradient, mean, square] =
        [parameters, gradient, mean, square].map(Tensor::into_dispatch);
    let (parameters, mean, square) =
        Dispatch::adam(parameters, gradient, mean, square, step, constants);
    [parameters, mean, square].map(Tensor::from_dispatch)
}
