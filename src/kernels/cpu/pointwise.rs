//! Elementwise operations.

use crate::fast_math::exp_of_negative;
use crate::kernels::AdamConstants;

/// `range * sigmoid(x) - mean`, in place.
pub fn scaled_sigmoid(values: &mut [f32], mean: f32, range: f32) {
    for value in values {
        let small = exp_of_negative(-value.abs());
        let numerator = if *value < 0.0 { small } else { 1.0 };
        let scaled = range * numerator / (1.0 + small) - mean;
        *value = if value.is_nan() { *value } else { scaled };
    }
}

/// VJP of [`scaled_sigmoid`], whose output was `activation`, in place.
pub fn scaled_sigmoid_backward(gradient: &mut [f32], activation: &[f32], mean: f32, range: f32) {
    for (gradient, activation) in gradient.iter_mut().zip(activation) {
        let value = activation + mean;
        *gradient *= value * (1.0 - value / range);
    }
}

/// A step of [`adam`](crate::kernels::adam), in place.
pub fn adam(
    parameters: &mut [f32],
    gradient: &[f32],
    first_moments: &mut [f32],
    second_moments: &mut [f32],
    [rate, correction, decay]: [f32; 3],
    constants: AdamConstants,
) {
    let AdamConstants {
        first_moment_decay: beta1,
        second_moment_decay: beta2,
        epsilon,
    } = constants;
    let moments = first_moments.iter_mut().zip(second_moments);
    for ((x, &gradient), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
        *m = beta1 * *m + (1.0 - beta1) * gradient;
        *v = beta2 * *v + (1.0 - beta2) * gradient * gradient;
        *x = decay * *x + rate * *m / ((*v / correction).sqrt() + epsilon);
    }
}
