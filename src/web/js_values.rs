//! Small results and options as typed JavaScript objects.

use serde::{Deserialize, Serialize};
use tsify::Tsify;

/// A network that can be loaded.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInfo {
    /// For `loadNetwork`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Each class's label and synonyms, comma-separated, by class index.
    pub classes: Vec<String>,
    /// Rows and columns of its input.
    pub input_side: usize,
    /// Its file of weights.
    pub weights: WeightsInfo,
}

/// A file of weights below `weights/`.
#[derive(Serialize, Tsify)]
pub struct WeightsInfo {
    /// File name.
    pub file: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Licence.
    pub licence: String,
}

/// A saliency method.
#[derive(Serialize, Tsify)]
pub struct MethodInfo {
    /// For `saliency`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Backward passes for one view, with its own settings left at their defaults.
    pub cost: usize,
    /// How a pixel's value comes about.
    pub formula: String,
    /// What a map shows, and how not to over-read it.
    pub reading: String,
    /// Where it was published.
    pub reference: String,
}

/// A class model's recipe.
#[derive(Serialize, Tsify)]
pub struct RecipeInfo {
    /// For `classModel`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it runs with when nothing else is asked for.
    pub defaults: RecipeDefaults,
    /// Two sentences: how it works, and what to see in its pictures.
    pub reading: String,
    /// Where it was published.
    pub reference: String,
}

/// A recipe's own settings.
#[derive(Serialize, Tsify)]
pub struct RecipeDefaults {
    /// Steps to a finished picture.
    pub steps: usize,
    /// Rows and columns of the picture.
    pub side: usize,
}

/// The device that an engine computes on.
#[derive(Serialize, Tsify)]
pub struct DeviceInfo {
    /// Which backend.
    #[tsify(type = "\"webgpu\" | \"cpu\"")]
    pub kind: String,
    /// The adapter's name.
    pub adapter: String,
    /// It computes on the CPU, by the CPU backend or by a software adapter.
    pub software: bool,
    /// Why this one.
    pub reason: String,
}

/// The photo as everything comes back for it: upright.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PictureInfo {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Columns of the file, upright: more than `width` where it was reduced on opening, as files of more than 50 million pixels are.
    pub file_width: u32,
    /// Rows of the file.
    pub file_height: u32,
    /// What has decoded it: the browser (`image-decoder`, or `image-bitmap` and a canvas) or this program (`crate`); `video-frame` and
    /// `pixels` where there was nothing to decode.
    #[tsify(type = "\"image-decoder\" | \"image-bitmap\" | \"video-frame\" | \"crate\" | \"pixels\"")]
    pub decoder: String,
    /// Why a decoder that comes before that one did not do it; empty for the first.
    pub reason: String,
}

/// A layer of the loaded network.
#[derive(Serialize, Tsify)]
pub struct LayerInfo {
    /// For `layer` and `camLayer`.
    pub name: String,
    /// What it computes.
    #[tsify(type = "\"convolution\" | \"relu\" | \"max-pool\" | \"concatenation\"")]
    pub kind: String,
    /// Channels of its result.
    pub channels: usize,
    /// Rows of each channel, for the network's own input side.
    pub rows: usize,
    /// Columns of each channel, likewise.
    pub columns: usize,
}

/// What is asked about: a class, or a neuron in its place.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct TargetOptions {
    /// The class.
    #[tsify(optional)]
    pub class_index: Option<f64>,
    /// In place of a class: the name of a layer.
    #[tsify(optional)]
    pub layer: Option<String>,
    /// Which of the layer's channels.
    #[tsify(optional)]
    pub channel: Option<f64>,
    /// Row and column in the layer's grid; the mean over all positions when left out.
    #[tsify(optional, type = "[number, number]")]
    pub position: Option<Vec<f64>>,
}

/// Options of `saliency` and `sanityCheck`, beside what they are about.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct SaliencyOptions {
    /// `gradient` when left out.
    #[tsify(optional)]
    pub method: Option<String>,
    /// 1, or 10 when left out.
    #[tsify(optional)]
    pub views: Option<f64>,
    /// `smooth_grad`: noisy copies of each view, 1 to 1000; 16 when left out.
    #[tsify(optional)]
    pub n: Option<f64>,
    /// `smooth_grad`: deviation of the noise as a part of the range of pixel values, above 0, at most 1; 0.15 when left out.
    #[tsify(optional)]
    pub sigma: Option<f64>,
    /// `smooth_grad`: what the noise is drawn from; 0 when left out. `sanityCheck` draws its weights from it.
    #[tsify(optional)]
    pub seed: Option<f64>,
    /// `integrated_gradients`: points on the way from the mean picture, 1 to 1000; 32 when left out.
    #[tsify(optional)]
    pub steps: Option<f64>,
    /// `grad_cam`: the layer whose channels are weighed; when left out the one that the target reads, for a class the last before them.
    #[tsify(optional)]
    pub cam_layer: Option<String>,
}

/// How one layer takes the gradient and the DeconvNet's signal apart.
#[derive(Serialize, Tsify)]
pub struct LayerRelation {
    /// Its name; the last entry is the picture.
    pub layer: String,
    /// What it computes.
    pub kind: String,
    /// Cosine of the angle between the two signals at the layer's result: 1 where they have the same direction.
    pub cosine: f32,
    /// How far this layer alone takes one and the same signal apart: 0 for identical, at most 1.
    pub parted: f32,
    /// Whether all of the signal passes this layer, and not only a branch of it.
    pub trunk: bool,
}

/// Options of `segment` and `objectCut`, beside what they start from.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct SegmentOptions {
    /// For a saliency map, whose settings hold where nothing else is asked for: `paper`, which `segment` takes when it is left out, or
    /// `best`, which `objectCut` takes. For a rectangle they are GrabCut's.
    #[tsify(optional)]
    pub mode: Option<String>,
    /// The object's colours are those above this quantile of the map; the mode's own when left out (0.95 in `paper`, 0.9 in `best`).
    #[tsify(optional)]
    pub foreground_quantile: Option<f64>,
    /// The background's colours are those below this quantile of the map; the mode's own when left out (0.3 in `paper`, 0.7 in `best`).
    #[tsify(optional)]
    pub background_quantile: Option<f64>,
    /// The photo is cut at a size at which its long side has at most so many pixels; 512 when left out. Less is quicker and coarser.
    #[tsify(optional)]
    pub working_side: Option<f64>,
    /// Cuts, 1 to 100, each from the colours that the last one found; 1 when left out, 5 for a rectangle. One that changes nothing is the last.
    #[tsify(optional)]
    pub iterations: Option<f64>,
}

/// Options of `locate`.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct LocateOptions {
    /// The class.
    #[serde(default = "missing")]
    pub class_index: f64,
    /// `paper`, or `best` when left out.
    #[tsify(optional)]
    pub mode: Option<String>,
}

/// Options of `classModel`, beside what it is about.
#[derive(Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct ClassModelOptions {
    /// `robust` when left out.
    #[tsify(optional)]
    pub recipe: Option<String>,
    /// 0 when left out.
    #[tsify(optional)]
    pub seed: Option<f64>,
    /// Rows and columns; the recipe's own when left out.
    #[tsify(optional)]
    pub side: Option<f64>,
    /// `zero`, `noise` or `photo`; the recipe's own when left out.
    #[tsify(optional)]
    pub start: Option<String>,
}

/// How far a class model has come.
#[derive(Serialize, Tsify)]
pub struct ClassModelProgress {
    /// Steps taken.
    pub step: usize,
    /// The class's unnormalised score, or the neuron's value.
    pub score: f32,
    /// The class's posterior probability; undefined for a neuron.
    #[tsify(optional)]
    pub probability: Option<f32>,
}

/// A rectangle in photo pixels.
#[derive(Serialize, Deserialize, Tsify)]
pub struct BoundingBox {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A class that was not given is not a number, which no class index is.
fn missing() -> f64 {
    f64::NAN
}
