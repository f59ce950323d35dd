//! The exported class `Engine`: a network in an ONNX file that the caller brings.

use js_sys::{Array, Object, Promise};
use wasm_bindgen::prelude::*;

use super::arguments::{Options, must_be, numbers, text};
use super::engine::Engine;
use super::js_bytes::ByteSource;
use super::js_values::{js_object, promise};
use super::opened_network::opened;
use crate::error::Error;
use crate::networks::{Labels, OnnxOptions};
use crate::onnx::{InputOptions, Layout, check_file_bytes};
use crate::preprocess::{ChannelOrder, Fit};

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
