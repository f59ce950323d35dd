//! SmoothGrad: the gradient averaged over noisy copies of the photo.

use std::ops::Range;

use burn::tensor::Tensor;

use super::settings::check_passes;
use super::{AttributionInput, SaliencyMethod, largest_over_channels};
use crate::error::Error;
use crate::graph::ReluRule;
use crate::rng::Rng;

/// The settings of [`SMOOTH_GRAD`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmoothGradSettings {
    /// Noisy copies of each crop, 1 to [`MOST_PASSES`](super::MOST_PASSES).
    pub samples: usize,
    /// Standard deviation of the noise relative to the range of pixel values, above 0 and at most
    /// 1.
    pub sigma: f32,
    /// Seed of the noise.
    pub seed: u64,
}

impl Default for SmoothGradSettings {
    /// 16 samples with a sigma of 0.15, from seed 0.
    fn default() -> Self {
        Self {
            samples: 16,
            sigma: 0.15,
            seed: 0,
        }
    }
}

impl SmoothGradSettings {
    /// # Errors
    /// `setting-out-of-range`, naming the setting.
    pub(super) fn check(&self) -> Result<(), Error> {
        check_passes("samples (n)", self.samples)?;
        // Also false for a sigma that is not a number.
        if self.sigma > 0.0 && self.sigma <= 1.0 {
            return Ok(());
        }
        Err(Error::SettingOutOfRange(format!(
            "sigma must be above 0 and at most 1, not {}",
            self.sigma
        )))
    }
}

/// `w = 1/n * sum over k of dS_c/dI (I + e_k)`, per unit of a 0..255 pixel value, for n samples
/// with normal noise `e_k` of standard deviation sigma.
///
/// Smilkov et al. 2017 ([arXiv 1706.03825](https://arxiv.org/abs/1706.03825)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{SMOOTH_GRAD, SmoothGradSettings, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &SMOOTH_GRAD,
///     crops: Crops::One,
///     smooth_grad: SmoothGradSettings { samples: 2, ..SmoothGradSettings::default() },
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const SMOOTH_GRAD: SaliencyMethod = SaliencyMethod {
    id: "smooth_grad",
    title: "SmoothGrad",
    formula: "w = 1/n · Σₖ ∂S/∂I (I + eₖ), with eₖ normal noise of standard deviation σ",
    reading: "At a bright pixel, a small change moves the score in most noisy copies of the photo; \
              the noise of a single gradient averages out. More noise makes the map smoother, and \
              says less about this very photo.",
    reference: "Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, SmoothGrad (arXiv 1706.03825)",
    passes: |settings| settings.smooth_grad.samples,
    attribute,
    magnitude: largest_over_channels,
    complete: false,
    needs_relus: false,
};

fn attribute(input: &AttributionInput, passes: Range<usize>) -> Result<Tensor<4>, Error> {
    let [_, channels, rows, columns] = input.pictures.dims();
    let (settings, spec) = (&input.settings.smooth_grad, &input.network.input);
    // Each sample has its own random sequence: its noise does not depend on the batches.
    let noise = passes.map(|sample| {
        let mut rng = Rng::stream(settings.seed, sample as u64);
        rng.normal_tensor(
            [1, channels, rows, columns],
            settings.sigma * spec.range,
            &input.network.device,
        )
    });
    let per_std = spec.std.iter().map(|std| std.recip()).collect();
    let noise = Tensor::cat(noise.collect(), 0) * input.per_channel(per_std);
    let gradients = smooth_grad(input, noise)?.mul_scalar((settings.samples as f32).recip());
    Ok(gradients * input.per_channel(spec.per_pixel_value()))
}

/// The sum of the gradients at the input's only picture plus each sample of `noise`.
///
/// In: `noise`, `[samples, channels, rows, columns]`, in units of the network's normalised input.
/// Out: `[1, channels, rows, columns]`, per such unit.
///
/// # Errors
/// As [`score_gradient`](crate::gradient::score_gradient).
pub fn smooth_grad(input: &AttributionInput, noise: Tensor<4>) -> Result<Tensor<4>, Error> {
    Ok(input
        .signal(noise + input.pictures.clone(), ReluRule::Gradient)?
        .sum_dim(0))
}
