//! Fitted by scripts/fit_mask_score.py.

use super::FEATURES;

/// The weights of the features.
pub const WEIGHTS: [f64; FEATURES] = [
    0.47453, 0.24474, -0.45811, -0.17763, 1.00832, -0.03587, -0.14565,
];
/// The mean entropy of the class probabilities, nats.
pub const MEAN_ENTROPY: f64 = 1.656;
/// The mean of the logarithm of the gradient at the border.
pub const MEAN_BORDER: f64 = -0.988;
