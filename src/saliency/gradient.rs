//! The gradient of the target: the paper's own method.

use super::{SaliencyMethod, largest_over_channels};
use crate::graph::ReluRule;

/// `M_ij = max over channels |dS_c/dI_ijc|`, per unit of a 0..255 pixel value.
///
/// Simonyan, Vedaldi & Zisserman 2013, section 3 ([arXiv
/// 1312.6034](https://arxiv.org/abs/1312.6034)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{GRADIENT, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &GRADIENT,
///     crops: Crops::One,
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const GRADIENT: SaliencyMethod = SaliencyMethod {
    id: "gradient",
    title: "Gradient",
    formula: "w = ∂S/∂I",
    reading: "At a bright pixel, a small change of the photo changes the score the most, up or \
              down. Bright pixels need not be evidence for it, and they mark the most informative \
              parts, not the whole object.",
    reference: "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 3 \
              (arXiv 1312.6034)",
    passes: |_| 1,
    attribute: |input, _| input.signal_per_pixel_value(ReluRule::Gradient),
    magnitude: largest_over_channels,
    complete: false,
    needs_relus: false,
};
