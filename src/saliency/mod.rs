//! Saliency maps: which pixels of this photo a class's score, or any neuron's value, hangs on
//! (section 3 of the paper).
//!
//! A new method is one file that says what it is and what one pass adds to its attribution, and one
//! word in [`SALIENCY_METHODS`].

mod deconvnet;
mod grad_cam;
mod gradient;
mod gradient_times_input;
mod guided_backprop;
mod guided_grad_cam;
mod integrated_gradients;
mod map;
mod randomisation;
mod rank_correlation;
mod rule_comparison;
mod smooth_grad;

use std::ops::Range;

use burn::tensor::Tensor;

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::{Target, gradient, score};
use crate::image_input::Picture;
use crate::imaging::interpolate_grid;
use crate::networks::{Network, ReluRule};
use crate::preprocess::{Crops, PhotoCrops};
use crate::progress::Progress;
pub use integrated_gradients::gauss_legendre;
pub use map::{Saliency, SaliencyMap};
pub use randomisation::{RandomisedMap, SanityCheck};
pub use rank_correlation::rank_correlation;
pub use rule_comparison::{RuleComparison, compare_rules};
pub use smooth_grad::smooth_grad;

/// Every method, the paper's first.
pub const SALIENCY_METHODS: &[SaliencyMethod] = &[
    gradient::GRADIENT,
    gradient_times_input::GRADIENT_TIMES_INPUT,
    smooth_grad::SMOOTH_GRAD,
    integrated_gradients::INTEGRATED_GRADIENTS,
    grad_cam::GRAD_CAM,
    deconvnet::DECONVNET,
    guided_backprop::GUIDED_BACKPROP,
    guided_grad_cam::GUIDED_GRAD_CAM,
];

/// A way to a saliency map.
pub struct SaliencyMethod {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// How a pixel's value comes about.
    pub formula: &'static str,
    /// Two sentences: what a map shows, and how not to over-read it.
    pub reading: &'static str,
    /// Where it was published.
    pub reference: &'static str,
    /// Backward passes for one view.
    pub passes: fn(&SaliencySettings) -> usize,
    /// The signed attribution, `[views, channels, rows, columns]`, as far as it comes from these of
    /// the passes: their results add up. On several views at once only where one pass is all.
    pub attribute: fn(&AttributionInput, Range<usize>) -> Result<Tensor<4>, Error>,
    /// From the whole attribution to the map's values, `[views, 1, rows, columns]`, each >= 0.
    pub magnitude: fn(Tensor<4>) -> Tensor<4>,
    /// Whether the attribution's sum is to be the score's rise from the mean picture, and by how
    /// much it misses is reported.
    pub complete: bool,
}

/// What a map is made of.
#[derive(Debug, Clone)]
pub struct SaliencySettings {
    /// What the map is about.
    pub target: Target,
    /// The [`id`](SaliencyMethod::id) of a method.
    pub method: String,
    /// How often the photo is looked at.
    pub crops: Crops,
    /// `smooth_grad`: noisy copies of each view, 1 to [`MOST_PASSES`].
    pub samples: usize,
    /// `smooth_grad`: standard deviation of the noise as a part of the range of pixel values, above
    /// 0 and at most 1.
    pub sigma: f32,
    /// `smooth_grad`: what the noise is drawn from.
    pub seed: u64,
    /// `integrated_gradients`: points on the way from the mean picture, 1 to [`MOST_PASSES`].
    pub steps: usize,
    /// `grad_cam`: the layer whose channels are weighed; the one that the target reads where
    /// `None`, the last before the head for a class.
    pub cam_layer: Option<String>,
}

/// More samples or steps than this are refused.
pub const MOST_PASSES: usize = 1000;

impl SaliencySettings {
    /// The paper's map of `target`: its method, ten views. The other methods' settings are those of
    /// their publications, samples and steps at the lower end of what these recommend.
    pub fn new(target: Target) -> Self {
        let method = gradient::GRADIENT.id.to_owned();
        Self {
            target,
            method,
            crops: Crops::Ten,
            samples: 16,
            sigma: 0.15,
            seed: 0,
            steps: 32,
            cam_layer: None,
        }
    }

    /// # Errors
    /// `setting-out-of-range`, naming the setting.
    fn check(&self) -> Result<(), Error> {
        for (name, count) in [("samples (n)", self.samples), ("steps", self.steps)] {
            if !(1..=MOST_PASSES).contains(&count) {
                return Err(Error::SettingOutOfRange(format!(
                    "{name} must be 1 to {MOST_PASSES}, not {count}"
                )));
            }
        }
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

/// What a method looks at.
pub struct AttributionInput<'a> {
    /// With what.
    pub network: &'a Network,
    /// What for.
    pub settings: &'a SaliencySettings,
    /// The views, normalised: `[views, 3, side, side]`.
    pub pictures: Tensor<4>,
}

impl AttributionInput<'_> {
    /// The target's signal at `pictures`, per unit of the network's normalised input.
    fn signal(&self, pictures: Tensor<4>, rule: ReluRule) -> Result<Tensor<4>, Error> {
        gradient(self.network, pictures, &self.settings.target, rule)
    }

    /// The same per unit of a 0..255 pixel value, at the views themselves.
    fn signal_per_pixel_value(&self, rule: ReluRule) -> Result<Tensor<4>, Error> {
        Ok(self
            .signal(self.pictures.clone(), rule)?
            .mul_scalar(self.network.input.range / 255.0))
    }
}

/// The method `id`.
///
/// # Errors
/// `setting-out-of-range` when there is no such method.
pub fn saliency_method(id: &str) -> Result<&'static SaliencyMethod, Error> {
    SALIENCY_METHODS
        .iter()
        .find(|method| method.id == id)
        .ok_or_else(|| Error::SettingOutOfRange(format!("there is no saliency method \"{id}\"")))
}

/// The map of `photo`: for each view the method's attribution, its magnitude and its sum over
/// channels, un-mirrored, laid back where the view came from and averaged.
///
/// Up to `batch` passes are taken as one. `progress` is told of them before each batch and after
/// the last.
///
/// # Errors
/// `setting-out-of-range`, `class-out-of-range`, `gpu-lost`, `cancelled` by `progress`.
pub async fn saliency_map(
    network: &Network,
    photo: &Picture,
    settings: &SaliencySettings,
    batch: usize,
    progress: &dyn Progress,
) -> Result<Saliency, Error> {
    settings.check()?;
    let method = saliency_method(&settings.method)?;
    let side = network.input.side;
    let photo = PhotoCrops::new(photo, side, settings.crops)?;
    let (mut values, mut signed) = (photo.mean_map(), photo.mean_map());
    let (mut missed, mut risen) = (0.0, 0.0);
    let passes = (method.passes)(settings);
    let total = photo.crops().len() * passes;
    let mut done = 0;
    // What takes several passes by its nature adds them up, also where there happens to be one: it
    // gets one view at a time.
    let adds_up = (method.passes)(&SaliencySettings::new(settings.target.clone())) > 1;
    for crops in photo.crops().chunks(if adds_up { 1 } else { batch }) {
        let planes = crops
            .iter()
            .flat_map(|&crop| photo.input(crop, &network.input))
            .collect();
        let input = AttributionInput {
            network,
            settings,
            pictures: network.upload(planes, [crops.len(), 3, side, side]),
        };
        let mut attribution: Option<Tensor<4>> = None;
        for first in (0..passes).step_by(batch) {
            progress.report(done, total).await?;
            let some = first..passes.min(first + batch);
            done += crops.len() * some.len();
            let part = (method.attribute)(&input, some)?;
            attribution = Some(match attribution.take() {
                Some(sum) => sum + part,
                None => part,
            });
        }
        let attribution = attribution
            .ok_or_else(|| Error::Internal("a saliency method without a pass".to_owned()))?;
        let [_, _, rows, columns] = attribution.dims();
        let both = Tensor::cat(
            vec![
                (method.magnitude)(attribution.clone()),
                attribution.sum_dim(1),
            ],
            1,
        );
        let both = read_back(both).await?;
        for (&crop, maps) in crops.iter().zip(both.chunks_exact(2 * rows * columns)) {
            let (magnitudes, sums) = maps.split_at(rows * columns);
            for (mean, map) in [(&mut values, magnitudes), (&mut signed, sums)] {
                mean.add(crop, &interpolate_grid(map, [rows, columns], side, side));
            }
            if method.complete {
                let rise = rise(&input).await?;
                missed += (sums.iter().map(|&value| f64::from(value)).sum::<f64>() - rise).abs();
                risen += rise.abs();
            }
        }
    }
    progress.report(total, total).await?;
    let map = SaliencyMap {
        values: values.values(),
        rows: values.frame(),
        columns: values.frame(),
    };
    Ok(Saliency {
        map,
        signed: signed.values(),
        completeness_gap: (method.complete && risen > 0.0).then_some(missed / risen),
    })
}

/// By how much the score of a look's one picture is above that of the mean picture.
async fn rise(input: &AttributionInput<'_>) -> Result<f64, Error> {
    let both = Tensor::cat(vec![input.pictures.clone(), input.pictures.zeros_like()], 0);
    let scores = read_back(score(input.network, both, &input.settings.target)?).await?;
    Ok(f64::from(scores[0]) - f64::from(scores[1]))
}

/// The paper's `M_ij = max over channels |w_ijc|`.
fn largest_over_channels(attribution: Tensor<4>) -> Tensor<4> {
    attribution.abs().max_dim(1)
}
