//! DeconvNet: a backward pass with another ReLU rule (section 4 of the paper).

use super::{SaliencyMethod, largest_over_channels};
use crate::graph::ReluRule;

/// `R_n = R_n+1 * [R_n+1 > 0]` at each ReLU: the signal R passes where it is positive itself. The
/// gradient passes where the activation is positive. The other layers compute their gradients.
///
/// Zeiler & Fergus 2013 ([arXiv 1311.2901](https://arxiv.org/abs/1311.2901)), in the form of the
/// paper's section 4.
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{DECONVNET, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &DECONVNET,
///     crops: Crops::One,
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const DECONVNET: SaliencyMethod = SaliencyMethod {
    id: "deconvnet",
    title: "DeconvNet",
    formula: "Rₙ = Rₙ₊₁ · [Rₙ₊₁ > 0] at each ReLU, with R the signal",
    reading: "Bright pixels belong to the pattern that a backward pass with another ReLU rule \
              reconstructs from the score. The map is not a derivative: much of it is edges of \
              the photo, whichever class is chosen.",
    reference: "Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks (arXiv \
              1311.2901)",
    passes: |_| 1,
    attribute: |input, _| input.signal_per_pixel_value(ReluRule::DeconvNet),
    magnitude: largest_over_channels,
    complete: false,
    needs_relus: true,
};
