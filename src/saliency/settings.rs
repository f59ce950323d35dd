//! The settings of a saliency map.

use super::{
    GRADIENT, GradCamSettings, IntegratedGradientsSettings, SaliencyMethod, SmoothGradSettings,
};
use crate::error::Error;
use crate::gradient::Target;
use crate::preprocess::Crops;

/// The largest number of samples or steps.
pub const MOST_PASSES: usize = 1000;

/// The target of a map, and how the map is computed. A method reads only its own settings.
#[derive(Debug, Clone)]
pub struct SaliencySettings {
    /// The class or neuron whose value is explained.
    pub target: Target,
    /// The method.
    pub method: &'static SaliencyMethod,
    /// The crops of the photo whose maps are averaged.
    pub crops: Crops,
    /// For [`SMOOTH_GRAD`](super::SMOOTH_GRAD).
    pub smooth_grad: SmoothGradSettings,
    /// For [`INTEGRATED_GRADIENTS`](super::INTEGRATED_GRADIENTS).
    pub integrated_gradients: IntegratedGradientsSettings,
    /// For [`GRAD_CAM`](super::GRAD_CAM).
    pub grad_cam: GradCamSettings,
}

impl SaliencySettings {
    /// The paper's map of `target`: the gradient, averaged over ten crops. The other methods'
    /// settings follow their publications, with as few samples and steps as those recommend.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            method: &GRADIENT,
            crops: Crops::Ten,
            smooth_grad: SmoothGradSettings::default(),
            integrated_gradients: IntegratedGradientsSettings::default(),
            grad_cam: GradCamSettings::default(),
        }
    }

    /// # Errors
    /// `setting-out-of-range`, naming the setting.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.smooth_grad.check()?;
        self.integrated_gradients.check()
    }
}

/// # Errors
/// `setting-out-of-range`, naming the setting, unless `count` is 1 to [`MOST_PASSES`].
pub(super) fn check_passes(name: &str, count: usize) -> Result<(), Error> {
    if (1..=MOST_PASSES).contains(&count) {
        return Ok(());
    }
    Err(Error::SettingOutOfRange(format!(
        "{name} must be 1 to {MOST_PASSES}, not {count}"
    )))
}
