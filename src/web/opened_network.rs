//! What is known of a network that was opened, and where each guess is from.

use serde::Serialize;
use tsify::Tsify;

use super::engine::LayerInfo;
use super::engine_lists::WeightsInfo;
use crate::class_model::CLASS_MODEL_RECIPES;
use crate::networks::{FileValue, LabelSource, Network, OnnxReport, OutputKind, sha256};
use crate::onnx::{Guess, GuessSource, InputDescription, Layout};
use crate::preprocess::{ChannelOrder, Fit};
use crate::saliency::SALIENCY_METHODS;

/// How a network's input is made: a pixel value of 0 to 255 becomes `(value / 255 * range - mean) /
/// std`.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInput {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Colours of the channels.
    #[tsify(type = "\"RGB\" | \"BGR\" | \"grey\"")]
    pub channels: &'static str,
    /// Order of the axes.
    #[tsify(type = "\"NCHW\" | \"NHWC\"")]
    pub layout: &'static str,
    /// What a pixel value of 255 becomes.
    #[tsify(type = "1 | 255")]
    pub range: f64,
    /// Mean of each channel, in their order, on the scale of `range`.
    pub mean: Vec<f64>,
    /// Standard deviation of each channel, likewise.
    pub std: Vec<f64>,
    /// Whether the whole photo is squashed, or its middle cropped.
    #[tsify(type = "\"squash\" | \"crop\"")]
    pub fit: &'static str,
    /// For `crop`: the fraction of the photo's shorter side.
    #[tsify(optional)]
    pub crop_fraction: Option<f64>,
}

/// Where a part of a network's input is from.
#[derive(Serialize, Tsify)]
pub struct InputSource {
    /// Which part of `NetworkInput`.
    pub field: &'static str,
    /// `options` if it was given, or what it was guessed from, the surest first: the model's
    /// metadata, a file beside it, its graph, what networks of its exporter or most networks want.
    #[tsify(
        type = "\"options\" | \"metadata\" | \"file\" | \"graph\" | \"producer\" | \"default\""
    )]
    pub source: &'static str,
    /// What is said there.
    pub reason: String,
}

/// An input or an output of an ONNX file.
#[derive(Serialize, Tsify)]
pub struct FileValueInfo {
    /// Its name.
    pub name: String,
    /// Its axes as the file states them: lengths, names, or `?`.
    pub axes: Vec<String>,
}

impl From<FileValue> for FileValueInfo {
    fn from(value: FileValue) -> Self {
        Self {
            name: value.name,
            axes: value.axes,
        }
    }
}

/// What cannot be done with a network as described, and why.
#[derive(Serialize, Tsify)]
pub struct Limitation {
    /// Id of the method or the recipe.
    pub id: &'static str,
    /// The reason.
    pub reason: String,
}

/// A network from an ONNX file. It has everything that `NetworkInfo` has.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct OpenedNetwork {
    /// `onnx`.
    pub id: &'static str,
    /// Name for people.
    pub title: String,
    /// Each class's label, by class index.
    pub classes: Vec<String>,
    /// Where the labels are from: `options`, `metadata` or a file's name; `number` if the output is
    /// one number, whose classes are `higher` and `lower`; `numbers` if there are none.
    pub labels_from: String,
    /// Rows of the network's input.
    pub input_side: usize,
    /// The ONNX file.
    pub weights: WeightsInfo,
    /// The inputs of the file.
    pub inputs: Vec<FileValueInfo>,
    /// The outputs of the file.
    pub outputs: Vec<FileValueInfo>,
    /// The output that holds the class scores.
    pub output: String,
    /// Its axes without the batch, the classes first, for this input: two more where it has scores at
    /// every position, whose mean is a class's score.
    pub output_shape: Vec<usize>,
    /// Operators at the end that turn scores into probabilities, left out so that the scores are
    /// explained.
    pub left_out: Vec<String>,
    /// How the input is made.
    pub input: NetworkInput,
    /// Where each part of `input` is from. Wrong guesses do not fail: they make maps that mean
    /// nothing.
    pub guesses: Vec<InputSource>,
    /// As `Engine.layers`.
    pub layers: Vec<LayerInfo>,
    /// Ids of the saliency methods that are defined for it.
    pub methods: Vec<&'static str>,
    /// Those that are not.
    pub undefined_methods: Vec<Limitation>,
    /// Ids of the recipes by which it has class models.
    pub recipes: Vec<&'static str>,
    /// Those that it has none by, and those that do less than their description says.
    pub recipe_limits: Vec<Limitation>,
}

/// What is known of an opened network, whose ONNX file is `model`.
pub fn opened(network: &Network, report: OnnxReport, model: &[u8]) -> OpenedNetwork {
    let (mut methods, mut undefined_methods) = (Vec::new(), Vec::new());
    for method in SALIENCY_METHODS {
        match method.undefined_for(network) {
            None => methods.push(method.id),
            Some(reason) => undefined_methods.push(Limitation {
                id: method.id,
                reason: reason.to_owned(),
            }),
        }
    }
    let (mut recipes, mut recipe_limits) = (Vec::new(), Vec::new());
    for recipe in CLASS_MODEL_RECIPES {
        let limit = match recipe.side_for(network) {
            Err(error) => Some(error.detail().to_owned()),
            Ok(_) => {
                recipes.push(recipe.id);
                recipe.limitation_for(network).map(str::to_owned)
            }
        };
        recipe_limits.extend(limit.map(|reason| Limitation {
            id: recipe.id,
            reason,
        }));
    }
    let guesses = input_sources(&report.input);
    OpenedNetwork {
        id: "onnx",
        title: network.title.clone(),
        classes: network.labels.clone(),
        labels_from: match report.labels {
            LabelSource::Options => "options".to_owned(),
            LabelSource::Metadata => "metadata".to_owned(),
            LabelSource::File(name) => name,
            LabelSource::Number => "number".to_owned(),
            LabelSource::Numbers => "numbers".to_owned(),
        },
        input_side: network.input.rows,
        weights: WeightsInfo {
            file: network.title.clone(),
            bytes: model.len() as u64,
            sha256: sha256(model),
            licence: String::new(),
        },
        inputs: report.inputs.into_iter().map(Into::into).collect(),
        outputs: report.outputs.into_iter().map(Into::into).collect(),
        output: report.output,
        output_shape: output_shape(network),
        left_out: report.left_out,
        input: network_input(report.input),
        guesses,
        layers: network.layers().into_iter().map(Into::into).collect(),
        methods,
        undefined_methods,
        recipes,
        recipe_limits,
    }
}

/// The axes of the output before it became class scores.
fn output_shape(network: &Network) -> Vec<usize> {
    let graph = &network.graph;
    match network.output.kind {
        OutputKind::Map(node) => graph[node].shape.sizes().to_vec(),
        OutputKind::Vector => vec![network.classes()],
        OutputKind::Number => vec![1],
    }
}

fn network_input(input: InputDescription) -> NetworkInput {
    let (fit, crop_fraction) = match input.fit.value {
        Fit::Squash => ("squash", None),
        Fit::CentreCrop(fraction) => ("crop", Some(fraction)),
    };
    NetworkInput {
        rows: input.rows.value,
        columns: input.columns.value,
        channels: match input.colours.value {
            ChannelOrder::Rgb => "RGB",
            ChannelOrder::Bgr => "BGR",
            ChannelOrder::Grey => "grey",
        },
        layout: match input.layout.value {
            Layout::ChannelsFirst => "NCHW",
            Layout::ChannelsLast => "NHWC",
        },
        range: input.range.value,
        mean: input.mean.value,
        std: input.std.value,
        fit,
        crop_fraction,
    }
}

/// Where each part of an input is from.
fn input_sources(input: &InputDescription) -> Vec<InputSource> {
    vec![
        source("rows", &input.rows),
        source("columns", &input.columns),
        source("channels", &input.colours),
        source("layout", &input.layout),
        source("range", &input.range),
        source("mean", &input.mean),
        source("std", &input.std),
        source("fit", &input.fit),
    ]
}

fn source<T>(field: &'static str, guess: &Guess<T>) -> InputSource {
    InputSource {
        field,
        source: match guess.source {
            GuessSource::Options => "options",
            GuessSource::Metadata => "metadata",
            GuessSource::File => "file",
            GuessSource::Graph => "graph",
            GuessSource::Producer => "producer",
            GuessSource::Default => "default",
        },
        reason: guess.reason.clone(),
    }
}
