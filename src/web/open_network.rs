//! The exported class `Engine`: a network in an ONNX file that the caller brings.

use js_sys::{Array, Object, Promise};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::arguments::{Options, must_be, numbers, text};
use super::engine::{Engine, LayerInfo};
use super::engine_lists::WeightsInfo;
use super::js_bytes::ByteSource;
use super::js_values::{js_object, promise};
use crate::class_model::CLASS_MODEL_RECIPES;
use crate::error::Error;
use crate::networks::{
    FileValue, LabelSource, Labels, Network, OnnxOptions, OnnxReport, OutputKind, sha256,
};
use crate::onnx::{Guess, GuessSource, InputDescription, InputOptions, Layout, check_file_bytes};
use crate::preprocess::{ChannelOrder, Fit};
use crate::saliency::SALIENCY_METHODS;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Options of `openNetwork`. All but `onnx` are found out, or guessed, when they are left out. */
export interface OpenNetworkOptions {
    /** The ONNX file. */
    onnx: Bytes | Blob;
    /**
     * Files beside it by name: those with its weights, which PyTorch writes by default, and JSON or
     * text files that say how pictures are prepared or what the classes are.
     */
    data?: Record<string, Bytes | Blob>;
    /** The classes' labels in order, or a text or JSON file of them. */
    labels?: string[] | Bytes | Blob;
    /** How the input is made; any part may be left out. */
    input?: Partial<NetworkInput>;
    /** Name of the output that holds the class scores. */
    output?: string;
    /** The network's name for people. */
    name?: string;
}
"#;

/// The names of `OpenNetworkOptions`.
const OPEN_NETWORK: &[&str] = &["onnx", "data", "labels", "input", "output", "name"];

/// The names of `NetworkInput`.
const INPUT: &[&str] = &[
    "rows",
    "columns",
    "channels",
    "layout",
    "range",
    "mean",
    "std",
    "fit",
    "cropFraction",
];

/// The fraction of a photo's shorter side in a centre crop whose fraction is left out: ImageNet's.
const CROP_FRACTION: f64 = 0.875;

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

#[wasm_bindgen]
impl Engine {
    /// Opens the network in an ONNX file; everything else works on it by the same calls. If that
    /// fails, the engine keeps the network that it has: `network-corrupt` for a broken file,
    /// `network-unsupported` for what cannot be computed here, `network-too-large`, and
    /// `setting-out-of-range` for an option that is wrong or contradicts the file.
    #[wasm_bindgen(js_name = openNetwork, unchecked_return_type = "Promise<OpenedNetwork>")]
    pub fn open_network(
        &self,
        #[wasm_bindgen(unchecked_param_type = "OpenNetworkOptions")] options: JsValue,
    ) -> Promise {
        let engine = self.shared();
        promise(async move {
            let options = Options::of(options, &[OPEN_NETWORK])?;
            let input = input_options(&options)?;
            let (title, output) = (options.text("name")?, options.text("output")?);
            let files = Files::of(&options)?;

            let model = files.model.read().await.map_err(Error::NetworkCorrupt)?;
            let mut data = Vec::with_capacity(files.data.len());
            for (name, source) in &files.data {
                let bytes = source.read().await.map_err(Error::NetworkCorrupt)?;
                data.push((name.as_str(), bytes));
            }
            let labels_file = match &files.labels {
                Some(LabelOption::File(file)) => Some(file.read().await.map_err(|reason| {
                    Error::SettingOutOfRange(format!("`labels` cannot be read: {reason}"))
                })?),
                _ => None,
            };
            let labels = match (files.labels, &labels_file) {
                (Some(LabelOption::List(labels)), _) => Some(Labels::List(labels)),
                (_, file) => file.as_deref().map(Labels::File),
            };
            let data = data.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
            let options = OnnxOptions {
                title,
                labels,
                output,
                input,
                descriptions: data
                    .clone()
                    .filter(|(name, _)| is_description(name))
                    .collect(),
            };
            let mut engine = engine.borrow_mut();
            let report = engine.open_network(&model, &data.collect(), &options)?;
            js_object(&opened(engine.network()?, report, &model))
        })
    }
}

/// What a caller passed as files, not read yet.
struct Files {
    model: ByteSource,
    data: Vec<(String, ByteSource)>,
    labels: Option<LabelOption>,
}

/// The option `labels`.
enum LabelOption {
    List(Vec<String>),
    File(ByteSource),
}

impl Files {
    /// # Errors
    /// `setting-out-of-range`, naming the option, for what holds no bytes; `network-too-large` for
    /// more bytes than [`check_file_bytes`] allows.
    fn of(options: &Options) -> Result<Self, Error> {
        let model = options.get("onnx").unwrap_or_default();
        let model = ByteSource::file("onnx", &model)?;
        let mut data = Vec::new();
        if let Some(files) = options.get("data") {
            if !files.is_object() || Array::is_array(&files) {
                return Err(must_be("data", "an object of files by name", &files));
            }
            for entry in Object::entries(files.unchecked_ref()).iter() {
                let entry: Array = entry.unchecked_into();
                let name = text("data", &entry.get(0))?;
                let file = ByteSource::file(&format!("data[\"{name}\"]"), &entry.get(1))?;
                data.push((name, file));
            }
        }
        let files = data.iter().map(|(_, file)| file.len());
        check_file_bytes(model.len() + files.sum::<u64>())?;
        let labels = match options.get("labels") {
            None => None,
            Some(labels) if Array::is_array(&labels) => {
                let labels = Array::from(&labels).to_vec().into_iter().enumerate();
                let label = |(index, label)| text(&format!("labels[{index}]"), &label);
                Some(LabelOption::List(
                    labels.map(label).collect::<Result<_, _>>()?,
                ))
            }
            Some(file) => Some(LabelOption::File(ByteSource::file("labels", &file)?)),
        };
        Ok(Self {
            model,
            data,
            labels,
        })
    }
}

/// Whether a file beside a model may describe it, and is no data.
fn is_description(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".json") || name.ends_with(".txt")
}

/// The option `input`.
///
/// # Errors
/// `setting-out-of-range`, naming the part that is unknown or wrong.
fn input_options(options: &Options) -> Result<InputOptions, Error> {
    let Some(input) = options.get("input") else {
        return Ok(InputOptions::default());
    };
    let input = Options::of(input, &[INPUT])?;
    let one_of = |name: &str, text: &str, names: &str| {
        Error::SettingOutOfRange(format!("`{name}` must be {names}, not \"{text}\""))
    };
    let colours = match input.text("channels")?.as_deref() {
        None => None,
        Some("RGB") => Some(ChannelOrder::Rgb),
        Some("BGR") => Some(ChannelOrder::Bgr),
        Some("grey") => Some(ChannelOrder::Grey),
        Some(other) => return Err(one_of("channels", other, "RGB, BGR or grey")),
    };
    let layout = match input.text("layout")?.as_deref() {
        None => None,
        Some("NCHW") => Some(Layout::ChannelsFirst),
        Some("NHWC") => Some(Layout::ChannelsLast),
        Some(other) => return Err(one_of("layout", other, "NCHW or NHWC")),
    };
    let fraction = input.number("cropFraction")?;
    let fit = match input.text("fit")?.as_deref() {
        None => fraction.map(Fit::CentreCrop),
        Some("crop") => Some(Fit::CentreCrop(fraction.unwrap_or(CROP_FRACTION))),
        Some("squash") if fraction.is_none() => Some(Fit::Squash),
        Some("squash") => {
            let what = "`cropFraction` is of `fit` crop, not squash".to_owned();
            return Err(Error::SettingOutOfRange(what));
        }
        Some(other) => return Err(one_of("fit", other, "squash or crop")),
    };
    let list = |name: &str| {
        let values = input.get(name);
        values.map(|values| numbers(name, &values)).transpose()
    };
    Ok(InputOptions {
        rows: input.count("rows")?,
        columns: input.count("columns")?,
        colours,
        layout,
        range: input.number("range")?,
        mean: list("mean")?,
        std: list("std")?,
        fit,
    })
}

/// What is known of an opened network.
fn opened(network: &Network, report: OnnxReport, model: &[u8]) -> OpenedNetwork {
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
