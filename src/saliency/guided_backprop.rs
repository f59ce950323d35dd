//! Guided back-propagation: the ReLU masks of both gradient and DeconvNet. Its maps are the
//! sharpest, and depend least on the network.

use super::{SaliencyMethod, largest_over_channels};
use crate::graph::ReluRule;

/// `R_n = R_n+1 * [R_n+1 > 0] * [A > 0]` at each ReLU: the signal R passes where it is positive and
/// the activation A is positive.
///
/// Springenberg et al. 2014 ([arXiv 1412.6806](https://arxiv.org/abs/1412.6806)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{GUIDED_BACKPROP, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &GUIDED_BACKPROP,
///     crops: Crops::One,
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const GUIDED_BACKPROP: SaliencyMethod = SaliencyMethod {
    id: "guided_backprop",
    title: "Guided backprop",
    formula: "Rₙ = Rₙ₊₁ · [Rₙ₊₁ > 0] · [A > 0] at each ReLU, with R the signal and A the \
              activation",
    reading: "Bright pixels are edges that raise the score through active units only, which makes \
              a clear drawing. The map changes little when the network's weights are randomised \
              (Adebayo et al. 2018), so it says more about the photo than about the network.",
    reference: "Springenberg, Dosovitskiy, Brox & Riedmiller 2014, Striving for Simplicity (arXiv \
              1412.6806)",
    passes: |_| 1,
    attribute: |input, _| input.signal_per_pixel_value(ReluRule::Guided),
    magnitude: largest_over_channels,
    complete: false,
    needs_relus: true,
};
