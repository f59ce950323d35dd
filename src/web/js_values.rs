//! Small results as typed JavaScript objects.

use serde::Serialize;
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
    /// Columns of the file, upright: more than `width` where it was reduced on opening, as files of
    /// more than 50 million pixels are.
    pub file_width: u32,
    /// Rows of the file.
    pub file_height: u32,
    /// What has decoded it: the browser (`image-decoder`, or `image-bitmap` and a canvas) or this
    /// program (`crate`); `video-frame` and `pixels` where there was nothing to decode.
    #[tsify(
        type = "\"image-decoder\" | \"image-bitmap\" | \"video-frame\" | \"crate\" | \"pixels\""
    )]
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

/// How one layer takes the gradient and the DeconvNet's signal apart.
#[derive(Serialize, Tsify)]
pub struct LayerRelation {
    /// Its name; the last entry is the picture.
    pub layer: String,
    /// What it computes.
    pub kind: String,
    /// Cosine of the angle between the two signals at the layer's result: 1 where they have the
    /// same direction.
    pub cosine: f32,
    /// How far this layer alone takes one and the same signal apart: 0 for identical, at most 1.
    pub parted: f32,
    /// Whether all of the signal passes this layer, and not only a branch of it.
    pub trunk: bool,
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
#[derive(Serialize, Tsify)]
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
