//! Class saliency maps: which pixels of this photo the class's score hangs on (section 3 of the paper).
//!
//! A new method is one file that says what it is and how its map comes from pictures, and one word in [`SALIENCY_METHODS`].

mod deconvnet;
mod gradient;
mod guided_backprop;
mod map;
mod smooth;

use burn::tensor::Tensor;

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::score_gradient;
use crate::image_input::Picture;
use crate::networks::{Network, ReluRule};
use crate::preprocess::{PhotoViews, Views};
use crate::progress::Progress;
pub use map::SaliencyMap;
pub use smooth::blurred;

/// Every method, the paper's first.
pub const SALIENCY_METHODS: &[SaliencyMethod] = &[gradient::GRADIENT, deconvnet::DECONVNET, guided_backprop::GUIDED_BACKPROP];

/// A way to a saliency map.
#[derive(Debug)]
pub struct SaliencyMethod {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Backward passes for one view.
    pub cost: usize,
    /// Two sentences: what a map shows, and how not to over-read it.
    pub reading: &'static str,
    /// Where it was published.
    pub reference: &'static str,
    /// How its signal goes back through a ReLU.
    pub rule: ReluRule,
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

/// The map of `class` over `photo`: for each view `M_ij = max over channels |w_ijc|`, un-mirrored, laid back where the view came
/// from and averaged; w per unit of a 0..255 pixel value.
///
/// # Errors
/// `class-out-of-range`, `gpu-lost`, `cancelled` by `progress`, which is told after each view.
pub async fn saliency_map(
    network: &Network,
    photo: &Picture,
    class: usize,
    method: &SaliencyMethod,
    views: Views,
    progress: &dyn Progress,
) -> Result<SaliencyMap, Error> {
    let side = network.input.side;
    let photo = PhotoViews::new(photo, side, views)?;
    let mut mean = photo.mean_map();
    let total = photo.views().len();
    for (done, &view) in photo.views().iter().enumerate() {
        progress.report(done, total).await?;
        let picture = network.upload(photo.input(view, &network.input), [1, 3, side, side]);
        let signal = score_gradient(network, picture, class, method.rule)?.gradients;
        mean.add(view, &read_back(largest_over_channels(signal, network.input.range)).await?);
    }
    progress.report(total, total).await?;
    Ok(SaliencyMap { values: mean.values(), rows: mean.frame(), columns: mean.frame() })
}

/// `[batch, 3, rows, columns]` per unit of normalised input to `[batch, 1, rows, columns]` per unit of a pixel value.
fn largest_over_channels(signal: Tensor<4>, range: f32) -> Tensor<4> {
    signal.abs().max_dim(1).mul_scalar(range / 255.0)
}
