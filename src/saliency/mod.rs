//! Saliency maps: on which pixels of a photo the score of a class, or the value of any neuron,
//! depends (section 3 of the paper).
//!
//! A new method is one file with a [`SaliencyMethod`], and an entry in [`SALIENCY_METHODS`].
//! [`saliency_map`] computes the map of any method, [`SanityCheck`] tests whether a map depends on
//! what the network has learnt, and [`compare_rules`] compares the gradient with DeconvNet layer by
//! layer.

mod deconvnet;
mod grad_cam;
mod gradient;
mod gradient_times_input;
mod guided_backprop;
mod guided_grad_cam;
mod integrated_gradients;
mod map;
mod method;
mod pipeline;
mod randomisation;
mod rank_correlation;
mod rule_comparison;
mod settings;
mod smooth_grad;

use crate::error::Error;
pub use deconvnet::DECONVNET;
pub use grad_cam::{GRAD_CAM, GradCamSettings};
pub use gradient::GRADIENT;
pub use gradient_times_input::GRADIENT_TIMES_INPUT;
pub use guided_backprop::GUIDED_BACKPROP;
pub use guided_grad_cam::GUIDED_GRAD_CAM;
pub use integrated_gradients::{INTEGRATED_GRADIENTS, IntegratedGradientsSettings, gauss_legendre};
pub use map::{Saliency, SaliencyMap};
use method::largest_over_channels;
pub use method::{AttributionInput, SaliencyMethod};
pub use pipeline::saliency_map;
pub use randomisation::{RandomisedMap, SanityCheck};
pub use rank_correlation::rank_correlation;
pub use rule_comparison::{RuleComparison, compare_rules};
pub use settings::{MOST_PASSES, SaliencySettings};
pub use smooth_grad::{SMOOTH_GRAD, SmoothGradSettings, smooth_grad};

/// Every method, the paper's first.
pub const SALIENCY_METHODS: &[SaliencyMethod] = &[
    GRADIENT,
    GRADIENT_TIMES_INPUT,
    SMOOTH_GRAD,
    INTEGRATED_GRADIENTS,
    GRAD_CAM,
    DECONVNET,
    GUIDED_BACKPROP,
    GUIDED_GRAD_CAM,
];

/// Finds a method by its `id`.
///
/// # Errors
/// `setting-out-of-range` if there is no such method.
///
/// ```
/// use deep_inside::saliency::saliency_method;
///
/// assert_eq!(saliency_method("grad_cam")?.title, "Grad-CAM");
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub fn saliency_method(id: &str) -> Result<&'static SaliencyMethod, Error> {
    SALIENCY_METHODS
        .iter()
        .find(|method| method.id == id)
        .ok_or_else(|| Error::SettingOutOfRange(format!("there is no saliency method \"{id}\"")))
}
