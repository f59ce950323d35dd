//! Guesses how a network wants its picture: what a file says of it, and what follows from the rest.
//!
//! Wrong preprocessing looks like a wrong network: nothing fails, and the results mean nothing. So
//! each guess comes with its reason, for people to check.

use serde_json::Value;

use super::fold::Folder;
use super::model::{Dimension, Model, Node, ValueInfo};
use super::tensor::HostTensor;
use crate::error::Error;
use crate::preprocess::{ChannelOrder, Fit};

/// A guess, and what it follows from.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess<T> {
    /// What is guessed.
    pub value: T,
    /// Where that is from.
    pub source: GuessSource,
    /// What is said there, such as `Image.BitmapPixelFormat = Bgr8`.
    pub reason: String,
}

/// What a [`Guess`] follows from, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuessSource {
    /// The caller, who knows.
    Options,
    /// The model's metadata.
    Metadata,
    /// A file beside the model.
    File,
    /// The model's graph.
    Graph,
    /// What networks of this exporter mostly want.
    Producer,
    /// What most networks want.
    Default,
}

/// Order of the axes of a batch of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Batch, channels, rows, columns: PyTorch's.
    ChannelsFirst,
    /// Batch, rows, columns, channels: Keras's.
    ChannelsLast,
}

/// How the values of a picture become the input: a value of 0 becomes `range[0]` and one of 255
/// `range[1]`; then each channel's mean is subtracted, and the rest divided by its standard
/// deviation.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// What 0 and 255 become.
    pub range: [f64; 2],
    /// One mean a channel, in the order of the channels.
    pub mean: Vec<f64>,
    /// One standard deviation a channel.
    pub std: Vec<f64>,
}

/// What a network's input is, as far as can be guessed.
#[derive(Debug, Clone, PartialEq)]
pub struct InputGuess {
    /// Order of the axes.
    pub layout: Guess<Layout>,
    /// Colours of the channels.
    pub colours: Guess<ChannelOrder>,
    /// Rows and columns.
    pub size: Guess<[usize; 2]>,
    /// How a photo is made to fit.
    pub fit: Guess<Fit>,
    /// How values are scaled.
    pub scale: Guess<Scale>,
}

const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];
/// Mean of ImageNet's pictures as Caffe's networks subtract it: blue, green, red, 0 to 255.
const CAFFE_MEAN: [f64; 3] = [103.939, 116.779, 123.68];

/// Guesses the input `input` of a model, from the model, its ordered `nodes` with the constants in
/// `folder`, and `files` beside it (name and bytes): Hugging Face's `preprocessor_config.json`,
/// timm's `config.json`, Teachable Machine's `metadata.json`. Other files are ignored.
///
/// # Errors
/// `network-unsupported` when the input is no picture: it has not four axes, or neither one nor
/// three channels.
pub fn guess_input(
    model: &Model<'_>,
    nodes: &[Node<'_>],
    folder: &Folder<'_, '_>,
    input: &ValueInfo<'_>,
    files: &[(&str, &[u8])],
) -> Result<InputGuess, Error> {
    let shape = GuessedShape::of(input)?;
    let own = own_normalisation(nodes, folder, input.name)?;
    let mut guesses = from_conventions(model, &shape, own);
    for (name, bytes) in files {
        if let Ok(Value::Object(object)) = serde_json::from_slice(bytes) {
            from_file(&mut guesses, &shape, name, &Value::Object(object));
        }
    }
    from_metadata(&mut guesses, model, &shape);
    Ok(guesses)
}

impl<T> Guess<T> {
    pub(super) fn new(value: T, source: GuessSource, reason: impl Into<String>) -> Self {
        Self {
            value,
            source,
            reason: reason.into(),
        }
    }

    /// Another value, known in the same way.
    pub(super) fn with<U>(&self, value: U) -> Guess<U> {
        Guess::new(value, self.source, self.reason.clone())
    }
}

/// What the input's shape tells.
struct GuessedShape {
    layout: Layout,
    channels: usize,
    /// Rows and columns, where the model fixes them.
    size: [Option<usize>; 2],
    /// The shape, for people.
    text: String,
}

impl GuessedShape {
    fn of(input: &ValueInfo<'_>) -> Result<Self, Error> {
        let axes = input.shape.as_deref().unwrap_or_default();
        let length = |axis: &Dimension<'_>| match *axis {
            Dimension::Known(length) => usize::try_from(length).ok().filter(|&length| length > 0),
            _ => None,
        };
        let describe = |axis: &Dimension<'_>| match axis {
            Dimension::Known(length) => length.to_string(),
            Dimension::Named(name) => (*name).to_owned(),
            Dimension::Unknown => "?".to_owned(),
        };
        let text = format!(
            "[{}]",
            axes.iter().map(describe).collect::<Vec<_>>().join(", ")
        );
        let lengths: Vec<Option<usize>> = axes.iter().map(length).collect();
        let (layout, channels, size) = match lengths[..] {
            [_, channels @ Some(1 | 3), rows, columns] => {
                (Layout::ChannelsFirst, channels, [rows, columns])
            }
            [_, rows, columns, channels @ Some(1 | 3)] => {
                (Layout::ChannelsLast, channels, [rows, columns])
            }
            // A model whose sides and channels are all open: as most are.
            [_, None, rows, columns] => (Layout::ChannelsFirst, Some(3), [rows, columns]),
            _ => {
                return Err(Error::NetworkUnsupported(format!(
                    "its input \"{}\" has the shape {text}, which is no picture's",
                    input.name
                )));
            }
        };
        Ok(Self {
            layout,
            channels: channels.unwrap_or(3),
            size,
            text,
        })
    }

    /// `values` for the channels there are: the mean of the colours for a grey picture.
    #[inline(never)]
    fn per_channel(&self, values: &[f64]) -> Vec<f64> {
        match (self.channels, values) {
            (channels, &[value]) => vec![value; channels],
            (1, values) => vec![values.iter().sum::<f64>() / values.len().max(1) as f64],
            _ => values.to_vec(),
        }
    }

    #[inline(never)]
    fn scale(&self, range: [f64; 2], mean: &[f64], std: &[f64]) -> Scale {
        Scale {
            range,
            mean: self.per_channel(mean),
            std: self.per_channel(std),
        }
    }
}

/// Whether a network normalises its input itself: its first nodes compute `factor * x + shift` of
/// each value, by constants. `None` when they do not.
fn own_normalisation(
    nodes: &[Node<'_>],
    folder: &Folder<'_, '_>,
    input: &str,
) -> Result<Option<[f64; 2]>, Error> {
    let (mut name, mut factor, mut shift, mut is_found) = (input, 1.0, 0.0, false);
    // The chain is short; a network that is nothing but a chain ends here.
    for _ in 0..16 {
        let mut readers = nodes
            .iter()
            .filter(|node| node.inputs.iter().any(|read| read == name));
        let (Some(node), None) = (readers.next(), readers.next()) else {
            break;
        };
        let constant = |index: usize| -> Result<Option<f64>, Error> {
            let Some(input) = node.inputs.get(index) else {
                return Ok(None);
            };
            let tensor = folder.constant(input)?;
            Ok(tensor
                .filter(|tensor| is_small(tensor))
                .map(|tensor| tensor.f64_at(0)))
        };
        let other = usize::from(node.inputs.first().is_some_and(|first| first == name));
        match node.op_type {
            "Identity" | "Cast" | "Transpose" => {}
            "Add" | "Sub" | "Mul" | "Div" => {
                let Some(value) = constant(other)? else { break };
                match (node.op_type, other) {
                    ("Add", _) => shift += value,
                    ("Sub", 1) => shift -= value,
                    ("Mul", _) => (factor, shift) = (factor * value, shift * value),
                    ("Div", 1) => (factor, shift) = (factor / value, shift / value),
                    _ => break,
                }
                is_found = true;
            }
            "BatchNormalization" => {
                let parameters = [constant(1)?, constant(2)?, constant(3)?, constant(4)?];
                let [Some(scale), Some(bias), Some(mean), Some(variance)] = parameters else {
                    break;
                };
                let epsilon = node.float("epsilon")?.unwrap_or(1e-5);
                let slope = scale / (variance + f64::from(epsilon)).sqrt();
                (factor, shift) = (factor * slope, (shift - mean) * slope + bias);
                is_found = true;
            }
            _ => break,
        }
        let Some(output) = node.outputs.first() else {
            break;
        };
        name = output;
    }
    Ok(is_found.then_some([factor, shift]))
}

/// Whether a tensor has a value for each channel, or one for all.
fn is_small(tensor: &HostTensor) -> bool {
    matches!(tensor.len(), 1 | 3)
}

/// Guesses from the graph, else from the exporter, else from what is usual.
fn from_conventions(model: &Model<'_>, shape: &GuessedShape, own: Option<[f64; 2]>) -> InputGuess {
    use GuessSource::{Default, Graph, Producer};
    let producer = model.producer_name.to_lowercase();
    let made_by = |names: &[&str]| names.iter().any(|name| producer.contains(name));
    let is_keras = made_by(&["tf2onnx", "keras", "tensorflow"]);
    let is_caffe = made_by(&["caffe"]);
    let by = |what: &str| format!("{what} of {}", model.producer_name);

    let colours = if shape.channels == 1 {
        Guess::new(
            ChannelOrder::Grey,
            Graph,
            format!("the input is {}", shape.text),
        )
    } else if is_caffe {
        Guess::new(ChannelOrder::Bgr, Producer, by("networks"))
    } else {
        Guess::new(ChannelOrder::Rgb, Default, "most networks")
    };
    let size = match shape.size {
        [Some(rows), Some(columns)] => Guess::new(
            [rows, columns],
            Graph,
            format!("the input is {}", shape.text),
        ),
        [rows, columns] => {
            let side = rows.or(columns).unwrap_or(224);
            let size = [rows.unwrap_or(side), columns.unwrap_or(side)];
            Guess::new(size, Default, "the model leaves it open")
        }
    };
    let fit = if is_keras || is_caffe {
        Guess::new(Fit::Squash, Producer, by("networks"))
    } else if made_by(&["pytorch"]) {
        Guess::new(Fit::CentreCrop(0.875), Producer, by("networks"))
    } else {
        Guess::new(Fit::CentreCrop(0.875), Default, "most networks")
    };
    let scale = match own {
        Some([factor, shift]) => {
            // Normalised values are small. If those of 255 are not, the network wants 0 to 1.
            let range = if (factor * 255.0 + shift).abs() <= 20.0 {
                255.0
            } else {
                1.0
            };
            let reason = format!("it normalises its input itself: {factor:.4} x + {shift:.4}");
            Guess::new(shape.scale([0.0, range], &[0.0], &[1.0]), Graph, reason)
        }
        None if is_keras => Guess::new(
            shape.scale([-1.0, 1.0], &[0.0], &[1.0]),
            Producer,
            by("networks"),
        ),
        None if is_caffe => Guess::new(
            shape.scale([0.0, 255.0], &CAFFE_MEAN, &[1.0]),
            Producer,
            by("networks"),
        ),
        None => {
            let scale = shape.scale([0.0, 1.0], &IMAGENET_MEAN, &IMAGENET_STD);
            if made_by(&["pytorch", "paddle", "mxnet"]) {
                Guess::new(scale, Producer, by("networks"))
            } else {
                Guess::new(scale, Default, "most networks")
            }
        }
    };
    InputGuess {
        layout: Guess::new(shape.layout, Graph, format!("the input is {}", shape.text)),
        colours,
        size,
        fit,
        scale,
    }
}

/// Takes over what the model's metadata say: the keys of ONNX's docs/MetadataProps.md, and those of
/// Ultralytics.
fn from_metadata(guesses: &mut InputGuess, model: &Model<'_>, shape: &GuessedShape) {
    use GuessSource::Metadata;
    let entry = |key: &str| {
        let found = model.metadata.iter().find(|(found, _)| found == key)?;
        Some((&*found.1, format!("{key} = {}", found.1)))
    };
    if let Some((_, reason)) = entry("author").filter(|(author, _)| *author == "Ultralytics") {
        let scale = shape.scale([0.0, 1.0], &[0.0], &[1.0]);
        guesses.scale = Guess::new(scale, Metadata, reason.clone());
        guesses.fit = Guess::new(Fit::CentreCrop(1.0), Metadata, reason);
        if shape.size.contains(&None)
            && let Some((text, reason)) = entry("imgsz")
            && let Ok(json) = serde_json::from_slice::<Value>(text.as_bytes())
            && let [Some(rows), Some(columns)] = [length_of(json.get(0)), length_of(json.get(1))]
        {
            guesses.size = Guess::new([rows, columns], Metadata, reason);
        }
    }
    if let Some((format, reason)) = entry("Image.BitmapPixelFormat") {
        let colours = match (format, shape.channels) {
            ("Gray8", 1) => Some(ChannelOrder::Grey),
            ("Rgb8", 3) => Some(ChannelOrder::Rgb),
            ("Bgr8", 3) => Some(ChannelOrder::Bgr),
            _ => None,
        };
        if let Some(colours) = colours {
            guesses.colours = Guess::new(colours, Metadata, reason);
        }
    }
    if let Some((range, reason)) = entry("Image.NominalPixelRange") {
        let range = match range {
            "NominalRange_0_255" => Some([0.0, 255.0]),
            "Normalized_0_1" => Some([0.0, 1.0]),
            "Normalized_1_1" => Some([-1.0, 1.0]),
            "NominalRange_16_235" => Some([16.0, 235.0]),
            _ => None,
        };
        if let Some(range) = range {
            guesses.scale = Guess::new(shape.scale(range, &[0.0], &[1.0]), Metadata, reason);
        }
    }
    // What people add themselves.
    let json = |key: &str| serde_json::from_slice(entry(key)?.0.as_bytes()).ok();
    let (mean, std): (Option<Value>, Option<Value>) = (json("mean"), json("std"));
    if let Some([mean, std]) = mean_and_std(mean.as_ref(), std.as_ref(), shape) {
        let is_byte = mean.iter().any(|&mean| mean > 2.0);
        let range = [0.0, if is_byte { 255.0 } else { 1.0 }];
        let scale = Scale { range, mean, std };
        guesses.scale = Guess::new(scale, Metadata, "mean, std");
    }
}

/// Mean and standard deviation of each channel, if both are given and can be used.
#[inline(never)]
fn mean_and_std(
    mean: Option<&Value>,
    std: Option<&Value>,
    shape: &GuessedShape,
) -> Option<[Vec<f64>; 2]> {
    let (mean, std) = (numbers_of(mean, shape)?, numbers_of(std, shape)?);
    std.iter().all(|&std| std > 0.0).then_some([mean, std])
}

/// A list's numbers, one a channel, if they are that or one for all.
#[inline(never)]
fn numbers_of(json: Option<&Value>, shape: &GuessedShape) -> Option<Vec<f64>> {
    let numbers: Option<Vec<f64>> = json?.as_array()?.iter().map(Value::as_f64).collect();
    let numbers = numbers?;
    let is_fitting = numbers.len() == 1 || numbers.len() == shape.channels;
    (is_fitting && numbers.iter().all(|number| number.is_finite()))
        .then(|| shape.per_channel(&numbers))
}

/// A length of at least 1.
#[inline(never)]
fn length_of(json: Option<&Value>) -> Option<usize> {
    usize::try_from(json?.as_u64()?)
        .ok()
        .filter(|&length| length > 0)
}

/// Takes over what the JSON file `name` says, if it is one of those that are known.
fn from_file(guesses: &mut InputGuess, shape: &GuessedShape, name: &str, json: &Value) {
    use GuessSource::File;
    let reason = |what: &str| format!("{name}: {what}");
    // timm nests what it knows of the weights.
    let timm = json.get("pretrained_cfg").unwrap_or(json);
    let is_open = shape.size.contains(&None);

    if let Some([mean, std]) = mean_and_std(timm.get("mean"), timm.get("std"), shape) {
        let scale = Scale {
            range: [0.0, 1.0],
            mean,
            std,
        };
        guesses.scale = Guess::new(scale, File, reason("mean, std"));
        if let Some(fraction) = timm.get("crop_pct").and_then(Value::as_f64)
            && (0.01..=1.0).contains(&fraction)
        {
            let fit = match timm.get("crop_mode").and_then(Value::as_str) {
                Some("squash") => Fit::Squash,
                _ => Fit::CentreCrop(fraction),
            };
            guesses.fit = Guess::new(fit, File, reason("crop_pct"));
        }
        let side = |axis: usize| length_of(timm.get("input_size")?.get(axis));
        if let (true, Some(rows), Some(columns)) = (is_open, side(1), side(2)) {
            guesses.size = Guess::new([rows, columns], File, reason("input_size"));
        }
    }

    if json.get("image_processor_type").is_some() || json.get("image_mean").is_some() {
        hugging_face(guesses, shape, name, json);
    }

    // Teachable Machine.
    if let Some(side) = length_of(json.get("imageSize")) {
        let scale = shape.scale([-1.0, 1.0], &[0.0], &[1.0]);
        guesses.scale = Guess::new(scale, File, reason("imageSize"));
        guesses.fit = Guess::new(Fit::CentreCrop(1.0), File, reason("imageSize"));
        if is_open {
            guesses.size = Guess::new([side, side], File, reason("imageSize"));
        }
    }
}

/// Takes over an image processor's settings: which steps it takes, and by which numbers.
fn hugging_face(guesses: &mut InputGuess, shape: &GuessedShape, name: &str, json: &Value) {
    use GuessSource::File;
    let reason = |what: &str| format!("{name}: {what}");
    let does = |step: &str| json.get(step).and_then(Value::as_bool).unwrap_or(true);
    let factor = json
        .get("rescale_factor")
        .and_then(Value::as_f64)
        .unwrap_or(1.0 / 255.0);
    let range = [
        0.0,
        if does("do_rescale") {
            factor * 255.0
        } else {
            255.0
        },
    ];
    let scale = if does("do_normalize") {
        let given = mean_and_std(json.get("image_mean"), json.get("image_std"), shape);
        given.map(|[mean, std]| Scale { range, mean, std })
    } else {
        Some(shape.scale(range, &[0.0], &[1.0]))
    };
    if let Some(scale) = scale {
        guesses.scale = Guess::new(scale, File, reason("image_mean, image_std"));
    }
    let side = |value: &Value, key: &str| length_of(value.get(key));
    let both = |key: &str| {
        let size = json.get(key)?;
        let one = length_of(Some(size));
        Some([
            one.or_else(|| side(size, "height"))?,
            one.or_else(|| side(size, "width"))?,
        ])
    };
    let shortest = json
        .get("size")
        .and_then(|size| side(size, "shortest_edge"));
    let is_cropped = json
        .get("do_center_crop")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let (size, fit) = match (
        is_cropped,
        both("crop_size"),
        both("size").or(shortest.map(|s| [s; 2])),
    ) {
        (true, Some(crop), Some([resized, _])) if resized > 0 => {
            let fraction = (crop[0] as f64 / resized as f64).min(1.0);
            (Some(crop), Fit::CentreCrop(fraction))
        }
        (_, _, Some(size)) if shortest.is_some() => {
            let fraction = json.get("crop_pct").and_then(Value::as_f64).unwrap_or(1.0);
            (Some(size), Fit::CentreCrop(fraction.clamp(0.01, 1.0)))
        }
        (_, _, size) => (size, Fit::Squash),
    };
    if let Some(size) = size {
        guesses.fit = Guess::new(fit, File, reason("size"));
        if shape.size.contains(&None) {
            guesses.size = Guess::new(size, File, reason("size"));
        }
    }
}
