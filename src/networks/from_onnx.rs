//! A network from an ONNX file.

use burn::tensor::Device;

use super::class_scores::{HIGHER_AND_LOWER, OutputKind, class_scores};
use super::network::{Network, Output};
use crate::error::Error;
use crate::graph::{Graph, Shape};
use crate::onnx::{
    Dimension, ExternalFiles, Folder, ImportRequest, InputDescription, InputOptions, Layout,
    MAX_FOLDED_ELEMENTS, Model, Node, ValueInfo, guess_input, import, inline_functions,
    labels_from_file, labels_from_metadata, layer_names, order_nodes, parse_model,
};

/// Most values that all nodes together may compute of one picture: 1 GiB, which a gradient keeps.
const MAX_ACTIVATIONS: f64 = (1u64 << 28) as f64;

/// What the caller knows of a network in an ONNX file. What is left out is guessed.
#[derive(Debug, Clone, Default)]
pub struct OnnxOptions<'a> {
    /// The network's name for people.
    pub title: Option<String>,
    /// Its classes, in order.
    pub labels: Option<Labels<'a>>,
    /// Name of the output that holds the class scores.
    pub output: Option<String>,
    /// How its input is made.
    pub input: InputOptions,
    /// Files beside the model that may say how its input is made, as [`guess_input`] reads them, or
    /// what its classes are, as [`labels_from_file`] does: name and bytes.
    pub descriptions: Vec<(&'a str, &'a [u8])>,
}

/// The labels of the classes, in order.
#[derive(Debug, Clone)]
pub enum Labels<'a> {
    /// One for each class.
    List(Vec<String>),
    /// A file with one for each class, as [`labels_from_file`] reads it.
    File(&'a [u8]),
}

/// What was found in an ONNX file, for people to check.
#[derive(Debug, Clone)]
pub struct OnnxReport {
    /// How the input is made, each part with its reason.
    pub input: InputDescription,
    /// The inputs of the file.
    pub inputs: Vec<FileValue>,
    /// The outputs of the file.
    pub outputs: Vec<FileValue>,
    /// The output whose scores the network has.
    pub output: String,
    /// Operators at the end that turn scores into probabilities: they are left out, so that the
    /// scores are explained.
    pub left_out: Vec<String>,
    /// Where the labels are from.
    pub labels: LabelSource,
}

/// An input or an output of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileValue {
    /// Its name.
    pub name: String,
    /// Its axes as the file states them: lengths, names, or `?`.
    pub axes: Vec<String>,
}

/// Where a network's labels are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelSource {
    /// The caller.
    Options,
    /// The file's metadata.
    Metadata,
    /// The file of this name beside the model.
    File(String),
    /// The output is one number, whose classes are [`HIGHER_AND_LOWER`].
    Number,
    /// There are none: classes are called by their numbers.
    Numbers,
}

impl Network {
    /// The network in an ONNX file, and what was found in it. `files` hold the weights that are not
    /// in `model` itself.
    ///
    /// # Errors
    /// `network-corrupt`, `network-unsupported` and `network-too-large` as [`import`];
    /// `network-unsupported` also for inputs that are no pictures, and outputs that are no class
    /// scores; `network-too-large` also for activations of more than 1 GiB;
    /// `setting-out-of-range` as [`InputOptions::complete`], for an output that the file does not
    /// have, and for labels that are not one for each class.
    pub fn from_onnx(
        model: &[u8],
        files: &ExternalFiles<'_>,
        options: &OnnxOptions<'_>,
        device: &Device,
    ) -> Result<(Self, OnnxReport), Error> {
        let model = parse_model(model)?;
        model.check_opset()?;
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
        let description = options.input.complete(guess, picture)?;
        let layers = layer_names(&nodes);
        let input = description.spec();
        let [_, channels, rows, columns] = input.dims(1);
        let request = ImportRequest {
            message,
            nodes,
            layers: &layers,
            files,
            input: picture.name,
            shape: Shape::new([channels, rows, columns]),
            channels_last: description.layout.value == Layout::ChannelsLast,
            output: &scores,
            device,
        };
        let mut graph = import(request)?;
        let kind = class_scores(&mut graph, device)?;
        check_activations(&graph)?;
        let classes = graph[graph.output()].shape.elements();
        let (labels, source) = labels(&model, options, classes, kind)?;
        let title = options.title.clone().unwrap_or_else(|| "ONNX".to_owned());
        let network = Self {
            output: Output {
                name: named.clone(),
                kind,
            },
            modules: layers
                .into_iter()
                .map(|layer| (layer.name, layer.group))
                .collect(),
            ..Self::new(title, labels, input, graph, device)
        };
        let report = OnnxReport {
            input: description,
            inputs: message.open_inputs().map(file_value).collect(),
            outputs: message.outputs.iter().map(file_value).collect(),
            output: named,
            left_out,
            labels: source,
        };
        Ok((network, report))
    }
}

/// A value of a file, for people.
fn file_value(value: &ValueInfo<'_>) -> FileValue {
    let axes = value.shape.iter().flatten().map(|axis| match axis {
        Dimension::Known(length) => length.to_string(),
        Dimension::Named(name) => (*name).to_owned(),
        Dimension::Unknown => "?".to_owned(),
    });
    FileValue {
        name: value.name.to_owned(),
        axes: axes.collect(),
    }
}

/// # Errors
/// `network-too-large` when a gradient would keep more than 1 GiB of activations for one picture.
fn check_activations(graph: &Graph) -> Result<(), Error> {
    let sizes = graph.nodes().iter().map(|node| node.shape.sizes());
    let count = |sizes: &[usize]| sizes.iter().map(|&size| size as f64).product::<f64>();
    let activations: f64 = sizes.map(count).sum();
    if activations <= MAX_ACTIVATIONS {
        return Ok(());
    }
    Err(Error::NetworkTooLarge(format!(
        "it computes {:.0} million values of a picture, more than {:.0} million",
        activations / 1e6,
        MAX_ACTIVATIONS / 1e6
    )))
}

/// The first input with four axes that is no constant.
fn picture_input<'m, 'a>(model: &'m Model<'a>) -> Result<&'m ValueInfo<'a>, Error> {
    let mut inputs = model.graph.open_inputs();
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

/// A label for each class, and where they are from. What the caller gives has to fit; what is found
/// is left where it does not.
fn labels(
    model: &Model<'_>,
    options: &OnnxOptions<'_>,
    classes: usize,
    kind: OutputKind,
) -> Result<(Vec<String>, LabelSource), Error> {
    let given = match &options.labels {
        Some(Labels::List(labels)) => Some(labels.clone()),
        Some(Labels::File(bytes)) => Some(labels_from_file(bytes).map_err(|error| {
            let what = format!("the file of `labels` cannot be used: {}", error.detail());
            Error::SettingOutOfRange(what)
        })?),
        None => None,
    };
    if let Some(labels) = given {
        if labels.len() != classes {
            let what = format!("`labels` has {} labels for {classes} classes", labels.len());
            return Err(Error::SettingOutOfRange(what));
        }
        return Ok((labels, LabelSource::Options));
    }
    if kind == OutputKind::Number {
        // Names of two classes in a file may be in the other order.
        let labels = HIGHER_AND_LOWER.map(str::to_owned).to_vec();
        return Ok((labels, LabelSource::Number));
    }
    let does_fit = |labels: &Vec<String>| labels.len() == classes;
    if let Some(labels) = labels_from_metadata(&model.metadata)?.filter(does_fit) {
        return Ok((labels, LabelSource::Metadata));
    }
    for (name, bytes) in &options.descriptions {
        if let Some(labels) = labels_from_file(bytes).ok().filter(does_fit) {
            return Ok((labels, LabelSource::File((*name).to_owned())));
        }
    }
    let numbers = (0..classes).map(|class| class.to_string());
    Ok((numbers.collect(), LabelSource::Numbers))
}
