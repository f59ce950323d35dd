//! What is done to each value by itself.

use crate::fast_math::exp_of_negative;
use crate::kernels::AdamConstants;

/// `range * sigmoid(x) - mean`, in place.
pub fn scaled_sigmoid(values: &mut [f32], mean: f32, range: f32) {
    for value in values {
        let small = exp_of_negative(-value.abs());
        let numerator = if *value < 0.0 { small } else { 1.0 };
        let squashed = range * numerator / (1.0 + small) - mean;
        *value = if value.is_nan() { *value } else { squashed };
    }
}

/// The gradient before it in place of the one behind it, where its results are `squashed`.
pub fn scaled_sigmoid_backward(gradient: &mut [f32], squashed: &[f32], mean: f32, range: f32) {
    for (gradient, squashed) in gradient.iter_mut().zip(squashed) {
        let value = squashed + mean;
        *gradient *= value * (1.0 - value / range);
    }
}

/// Parameters and running means after a step, in place of those before it; `step` is `[rate,
/// square_share, kept]`.
pub fn adam(
    parameters: &mut [f32],
    gradient: &[f32],
    mean: &mut [f32],
    square: &mut [f32],
    [rate, square_share, kept]: [f32; 3],
    decays: AdamConstants,
) {
    let AdamConstants {
        mean: mean_decay,
        square: square_decay,
        tiny,
    } = decays;
    let moments = mean.iter_mut().zip(square);
    for ((parameter, &gradient), (mean, square)) in parameters.iter_mut().zip(gradient).zip(moments)
    {
        *mean = mean_decay * *mean + (1.0 - mean_decay) * gradient;
        *square = square_decay * *square + (1.0 - square_decay) * gradient * gradient;
        *parameter = kept * *parameter + rate * *mean / ((*square / square_share).sqrt() + tiny);
    }
}
