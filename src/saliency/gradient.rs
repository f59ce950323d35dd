//! The paper's own method.

use super::{SaliencyMethod, largest_over_channels};
use crate::networks::ReluRule;

/// `M_ij = max over channels |dS_c/dI_ijc|`, per unit of a 0..255 pixel value.
pub const GRADIENT: SaliencyMethod = SaliencyMethod {
    id: "gradient",
    title: "Gradient",
    formula: "w = ∂S/∂I",
    reading: "Bright pixels are those whose smallest change moves this class's score the most. It does not say that they speak for \
              the class: a pixel that speaks against it is just as bright, and the map marks the telling parts, not the whole object.",
    reference: "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 3 (arXiv 1312.6034)",
    passes: |_| 1,
    attribute: |input, _| input.signal_per_pixel_value(ReluRule::Gradient),
    magnitude: largest_over_channels,
    complete: false,
};
