//! Gradient times input: the first-order term of each pixel's contribution.

use super::{SaliencyMethod, largest_over_channels};
use crate::graph::ReluRule;

/// `a = I * dS_c/dI`, elementwise, in units of the score. I is the normalised input, which is 0 for
/// the mean picture.
///
/// Shrikumar et al. 2016 ([arXiv 1605.01713](https://arxiv.org/abs/1605.01713)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{GRADIENT_TIMES_INPUT, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &GRADIENT_TIMES_INPUT,
///     crops: Crops::One,
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const GRADIENT_TIMES_INPUT: SaliencyMethod = SaliencyMethod {
    id: "gradient_times_input",
    title: "Gradient × input",
    formula: "a = I · ∂S/∂I, with I the difference from the mean picture",
    reading: "A pixel is bright if its difference from the mean picture would change the score a \
              lot, were the network linear. Pixels in the mean picture's grey stay dark, however \
              much the score depends on them.",
    reference: "Shrikumar, Greenside, Shcherbina & Kundaje 2016, Not Just a Black Box (arXiv \
              1605.01713)",
    passes: |_| 1,
    attribute: |input, _| {
        Ok(input.signal(input.pictures.clone(), ReluRule::Gradient)? * input.pictures.clone())
    },
    magnitude: largest_over_channels,
    complete: false,
    needs_relus: false,
};
