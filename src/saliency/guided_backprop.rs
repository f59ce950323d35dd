//! Both masks at once: the sharpest pictures, and the least to be trusted.

use super::{SaliencyMethod, largest_over_channels};
use crate::networks::ReluRule;

/// The gradient's pass, with a ReLU letting through only what is positive and was active.
pub const GUIDED_BACKPROP: SaliencyMethod = SaliencyMethod {
    id: "guided_backprop",
    title: "Guided backprop",
    formula: "R at each ReLU: the signal where both it and the activation > 0",
    reading: "Bright pixels are edges that raise the score through active units only, which makes a clean drawing. It changes little \
              when the network's weights are randomised (Adebayo et al. 2018), so it tells more of the photo than of the network.",
    reference: "Springenberg, Dosovitskiy, Brox & Riedmiller 2014, Striving for Simplicity (arXiv 1412.6806)",
    passes: |_| 1,
    attribute: |input, _| input.signal_per_pixel_value(ReluRule::Guided),
    magnitude: largest_over_channels,
    complete: false,
};
