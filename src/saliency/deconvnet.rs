//! The method that the paper's section 4 shows to be a gradient with another ReLU rule.

use super::{SaliencyMethod, largest_over_channels};
use crate::networks::ReluRule;

/// The gradient's pass, with the ReLU's mask taken from the signal that comes back in place of the
/// one that went forward.
pub const DECONVNET: SaliencyMethod = SaliencyMethod {
    id: "deconvnet",
    title: "DeconvNet",
    formula: "R at each ReLU: the signal where the signal > 0",
    reading: "Bright pixels belong to the pattern that the layers reconstruct on the way back from this class. It is not a \
              derivative: much of what it shows is edges of the photo, whichever class is asked for.",
    reference: "Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks (arXiv 1311.2901)",
    passes: |_| 1,
    attribute: |input, _| input.signal_per_pixel_value(ReluRule::DeconvNet),
    magnitude: largest_over_channels,
    complete: false,
};
