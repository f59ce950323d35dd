//! The first-order part of what each pixel contributes.

use super::{SaliencyMethod, largest_over_channels};
use crate::networks::ReluRule;

/// `a = I * dS_c/dI`, element by element, with I the normalised input, which is 0 for the mean
/// picture; in units of the score.
pub const GRADIENT_TIMES_INPUT: SaliencyMethod = SaliencyMethod {
    id: "gradient_times_input",
    title: "Gradient × input",
    formula: "a = I · ∂S/∂I, with I the difference from the mean picture",
    reading: "Bright pixels are those whose difference from the mean picture moves the score the most, were the network linear. Pixels in \
              the mean picture's own grey stay dark however much the network heeds them.",
    reference: "Shrikumar, Greenside, Shcherbina & Kundaje 2016, Not Just a Black Box (arXiv 1605.01713)",
    passes: |_| 1,
    attribute: |input, _| {
        Ok(input.signal(input.pictures.clone(), ReluRule::Gradient)? * input.pictures.clone())
    },
    magnitude: largest_over_channels,
    complete: false,
};
