//! Elementwise operations.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::Kernels;

/// The constants of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamConstants {
    /// beta1, the decay rate of the first moment, the mean of the gradients.
    pub first_moment_decay: f32,
    /// beta2, the decay rate of the second moment, the mean of their squares.
    pub second_moment_decay: f32,
    /// Added to the square root of the second moment.
    pub epsilon: f32,
}

/// `range * sigmoid(x) - mean`. `input` is `[batch, channels, rows, columns]`, `mean` `[1,
/// channels, 1, 1]`.
pub fn scaled_sigmoid(input: Tensor<4>, mean: &Tensor<4>, range: f32) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::scaled_sigmoid(
        input.into_dispatch(),
        mean.clone().into_dispatch(),
        range,
    ))
}

/// VJP of [`scaled_sigmoid`], from its output `activation`: `gradient * v (1 - v / range)` with `v
/// = activation + mean`.
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

/// One step of Adam in the direction of the gradient (Kingma & Ba, arXiv 1412.6980, algorithm 1),
/// with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101):
///
/// ```text
/// m' = beta1 m + (1 - beta1) g
/// v' = beta2 v + (1 - beta2) g^2
/// x' = step[2] x + step[0] m' / (sqrt(v' / step[1]) + epsilon)
/// ```
///
/// In: the parameters x, the gradient g and the moments `[m, v]`, all of one shape. Out: `[x', m',
/// v']`. For step t, `step` is `[learning rate / (1 - beta1^t), 1 - beta2^t, 1 - learning rate *
/// weight decay]`; the powers correct the bias of moments that start from zero. `step` is passed to
/// the device as a tensor because it changes with every step: a GPU backend allocates a buffer for
/// each new constant and keeps it.
pub fn adam(
    parameters: Tensor<4>,
    gradient: Tensor<4>,
    moments: [Tensor<4>; 2],
    step: [f32; 3],
    constants: AdamConstants,
) -> [Tensor<4>; 3] {
    let step = Tensor::<1>::from_floats(step, &parameters.device()).into_dispatch();
    let [parameters, gradient] = [parameters, gradient].map(Tensor::into_dispatch);
    let [first_moment, second_moment] = moments.map(Tensor::into_dispatch);
    let (parameters, first_moment, second_moment) = Dispatch::adam(
        parameters,
        gradient,
        first_moment,
        second_moment,
        step,
        constants,
    );
    [parameters, first_moment, second_moment].map(Tensor::from_dispatch)
}
