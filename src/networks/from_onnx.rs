//! A network from an ONNX file.

use burn::tensor::Device;

use super::head::Head;
use super::network::Network;
use crate::error::Error;
use crate::graph::operators::GlobalAveragePool;
use crate::graph::{Graph, Shape};
use crate::onnx::{
    Colours, Dimension, ExternalFiles, Folder, ImportRequest, InputGuess, Layout,
    MAX_FOLDED_ELEMENTS, Model, Node, ValueInfo, guess_input, import, inline_functions,
    labels_from_metadata, order_nodes, parse_model,
};
use crate::preprocess::{ChannelOrder, InputSpec};

/// What the caller knows of a network in an ONNX file. What is left out is guessed.
#[derive(Debug, Clone, Default)]
pub struct OnnxOptions<'a> {
    /// The network's name for people.
    pub title: Option<String>,
    /// Its classes, in order.
    pub labels: Option<Vec<String>>,
    /// Name of the output that holds the class scores.
    pub output: Option<String>,
    /// Files beside the model that may say how its input is made, as [`guess_input`] reads them:
    /// name and bytes.
    pub descriptions: Vec<(&'a str, &'a [u8])>,
}

/// What was found in an ONNX file, for people to check.
#[derive(Debug, Clone)]
pub struct OnnxReport {
    /// How the input is made, each part with its reason.
    pub input: InputGuess,
    /// Name of each output of the file, and its axes as the file states them.
    pub outputs: Vec<(String, String)>,
    /// The output whose scores the network has.
    pub output: String,
    /// Operators at the end that turn scores into probabilities: they are left out, so that the
    /// scores are explained.
    pub left_out: Vec<String>,
    /// Where the labels are from.
    pub labels: LabelSource,
}

/// Where a network's labels are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelSource {
    /// The caller.
    Options,
    /// The file's metadata.
    Metadata,
    /// There are none: classes are called by their numbers.
    Numbers,
}

impl Network {
    /// The network in an ONNX file, and what was found in it. `files` hold the weights that are not
    /// in `model` itself.
    ///
    /// # Errors
    /// `network-corrupt`, `network-unsupported` and `network-too-large` as
    /// [`import`]; `network-unsupported` also for inputs that are no square colour pictures, and
    /// outputs that are no class scores; `setting-out-of-range` for an output that the file does not
    /// have, and for labels that are not one for each class.
    pub fn from_onnx(
        model: &[u8],
        files: &ExternalFiles<'_>,
        options: &OnnxOptions<'_>,
        device: &Device,
    ) -> Result<(Self, OnnxReport), Error> {
        let model = parse_model(model)?;
        let message = &model.graph;
        let nodes = inline_functions(&model)?;
        let picture = picture_input(&model)?;
        let named = output(&model, options)?;
        let (scores, left_out) = scores(&nodes, &named);
        let nodes = order_nodes(nodes, message, &[&scores])?;
        let mut folder = Folder::new(&message.initializers, files, MAX_FOLDED_ELEMENTS);
        for node in nodes.iter().filter(|node| node.op_type == "Constant") {
            folder.fold(node, |_| None)?;
        }
        let guess = guess_input(&model, &nodes, &folder, picture, &options.descriptions)?;
        let (input, deviations) = input_spec(&guess)?;
        let request = ImportRequest {
            message,
            nodes,
            files,
            input: picture.name,
            shape: Shape::new([3, input.side, input.side]),
            channels_last: guess.layout.value == Layout::ChannelsLast,
            deviations: Some(deviations),
            output: &scores,
            device,
        };
        let mut graph = import(request)?;
        average_scores(&mut graph)?;
        let classes = graph[graph.output()].shape.elements();
        let (labels, source) = labels(&model, options, classes)?;
        let title = options.title.clone().unwrap_or_else(|| "ONNX".to_owned());
        let network = Self {
            title,
            labels,
            input,
            head: Head::of(&graph),
            graph,
            device: device.clone(),
        };
        let outputs = message.outputs.iter();
        let report = OnnxReport {
            input: guess,
            outputs: outputs
                .map(|output| (output.name.to_owned(), axes(output)))
                .collect(),
            output: named,
            left_out,
            labels: source,
        };
        Ok((network, report))
    }
}

/// The axes of a value, for people.
fn axes(value: &ValueInfo<'_>) -> String {
    let Some(axes) = &value.shape else {
        return "unknown".to_owned();
    };
    let axes = axes.iter().map(|axis| match axis {
        Dimension::Known(length) => length.to_string(),
        Dimension::Named(name) => (*name).to_owned(),
        Dimension::Unknown => "?".to_owned(),
    });
    axes.collect::<Vec<_>>().join(" x ")
}

/// The first input with four axes that is no constant.
fn picture_input<'m, 'a>(model: &'m Model<'a>) -> Result<&'m ValueInfo<'a>, Error> {
    let message = &model.graph;
    let is_constant = |name: &str| {
        message
            .initializers
            .iter()
            .any(|tensor| tensor.name == name)
    };
    let mut inputs = message
        .inputs
        .iter()
        .filter(|input| !is_constant(input.name));
    let picture = inputs.find(|input| input.shape.as_ref().is_some_and(|axes| axes.len() == 4));
    let picture = picture.ok_or_else(|| {
        Error::NetworkUnsupported("none of its inputs is a batch of pictures".to_owned())
    })?;
    match picture.shape.as_deref() {
        Some([Dimension::Known(batch), ..]) if *batch > 1 => {
            Err(Error::NetworkUnsupported(format!(
                "its input \"{}\" is {batch} pictures at a time; export it for one, or for any number",
                picture.name
            )))
        }
        _ => Ok(picture),
    }
}

/// Name of the output with the class scores: the requested one, or the first that is a vector of
/// several numbers, or the first.
fn output(model: &Model<'_>, options: &OnnxOptions<'_>) -> Result<String, Error> {
    let outputs = &model.graph.outputs;
    let found = match &options.output {
        Some(name) => outputs.iter().find(|output| output.name == name),
        None => {
            let is_vector = |output: &&ValueInfo<'_>| {
                let axes = output.shape.as_deref();
                matches!(axes, Some([_, Dimension::Known(2..)]))
            };
            outputs.iter().find(is_vector).or(outputs.first())
        }
    };
    match (found, &options.output) {
        (Some(output), _) => Ok(output.name.to_owned()),
        (None, Some(name)) => Err(Error::SettingOutOfRange(format!(
            "the network has no output \"{name}\""
        ))),
        (None, None) => Err(Error::NetworkCorrupt("it has no outputs".to_owned())),
    }
}

/// The value that holds the scores behind an output, and the operators that were left out.
fn scores(nodes: &[Node<'_>], output: &str) -> (String, Vec<String>) {
    let (mut name, mut left_out) = (output.to_owned(), Vec::new());
    // Each step leads to an earlier node, and a file that is a cycle is refused later.
    for _ in 0..nodes.len() {
        let producer = nodes.iter().find(|node| {
            let mut outputs = node.outputs.iter();
            node.domain.is_empty() && outputs.any(|output| *output == name)
        });
        let Some(node) = producer else { break };
        let Some(input) = node.inputs.first() else {
            break;
        };
        match node.op_type {
            "Softmax" | "LogSoftmax" | "Sigmoid" => left_out.push(node.op_type.to_owned()),
            "Identity" => {}
            _ => break,
        }
        name = input.clone().into_owned();
    }
    (name, left_out)
}

/// The input as [`InputSpec`] has it, and the standard deviation of each channel.
fn input_spec(guess: &InputGuess) -> Result<(InputSpec, Vec<f32>), Error> {
    let [rows, columns] = guess.size.value;
    if rows != columns {
        let what = format!("its input is {rows} x {columns}; it has to be square");
        return Err(Error::NetworkUnsupported(what));
    }
    let channels = match guess.colours.value {
        Colours::Rgb => ChannelOrder::Rgb,
        Colours::Bgr => ChannelOrder::Bgr,
        Colours::Grey => {
            let what = "its input has one channel; it has to have three".to_owned();
            return Err(Error::NetworkUnsupported(what));
        }
    };
    let scale = &guess.scale.value;
    let [low, high] = scale.range;
    let corrupt = || Error::NetworkCorrupt("its input has no mean for each channel".to_owned());
    let mean = <[f64; 3]>::try_from(scale.mean.clone()).map_err(|_| corrupt())?;
    let std = <[f64; 3]>::try_from(scale.std.clone()).map_err(|_| corrupt())?;
    if high <= low || std.iter().any(|&std| std <= 0.0 || !std.is_finite()) {
        let what = "its input's range or standard deviations are not positive".to_owned();
        return Err(Error::NetworkCorrupt(what));
    }
    let spec = InputSpec {
        side: rows,
        channels,
        range: (high - low) as f32,
        mean: mean.map(|mean| (mean - low) as f32),
    };
    Ok((spec, std.map(|std| std as f32).to_vec()))
}

/// Makes the class scores a vector: those of all positions are averaged.
fn average_scores(graph: &mut Graph) -> Result<(), Error> {
    let output = graph.output();
    let shape = graph[output].shape.clone();
    match shape.sizes() {
        [_] => Ok(()),
        [_, _, _] => {
            let name = format!("{} (mean)", graph[output].name);
            graph.add(name, GlobalAveragePool, &[output]).map(|_| ())
        }
        _ => Err(Error::NetworkUnsupported(format!(
            "its output is {shape}, which is no number for each class"
        ))),
    }
}

/// A label for each class.
fn labels(
    model: &Model<'_>,
    options: &OnnxOptions<'_>,
    classes: usize,
) -> Result<(Vec<String>, LabelSource), Error> {
    if let Some(labels) = &options.labels {
        if labels.len() != classes {
            let what = format!("{} labels for {classes} classes", labels.len());
            return Err(Error::SettingOutOfRange(what));
        }
        return Ok((labels.clone(), LabelSource::Options));
    }
    let found = labels_from_metadata(&model.metadata)?;
    Ok(match found.filter(|labels| labels.len() == classes) {
        Some(labels) => (labels, LabelSource::Metadata),
        None => {
            let numbers = (0..classes).map(|class| class.to_string());
            (numbers.collect(), LabelSource::Numbers)
        }
    })
}
