//! From the nodes of an ONNX file to a graph that can be differentiated.
//!
//! What is constant is folded on the way. A transposition is not computed but remembered with the
//! value, so that those of networks whose channels come last cancel out; batch normalisation, and
//! arithmetic with a constant for each channel, go into the weights of the convolution or the linear
//! layer before it.

mod activations;
mod arithmetic;
mod convolution;
mod layout;
mod linear;
mod normalisation;
mod pooling;
mod reduction;
mod resize;
mod values;

use std::collections::HashMap;

use burn::tensor::Device;

use super::fold::{Folder, MAX_FOLDED_ELEMENTS};
use super::model::{Graph as Message, Node};
use super::order::describe;
use super::{ExternalFiles, LayerName};
use crate::error::Error;
use crate::graph::{Graph, INPUT, NodeId, Operator, Shape};
use values::Dynamic;

/// What to import, and how.
pub struct ImportRequest<'a, 'f> {
    /// The graph's message, for its initialisers, inputs and outputs.
    pub message: &'f Message<'a>,
    /// The nodes that the output depends on, functions inlined, as [`order_nodes`] gives them.
    ///
    /// [`order_nodes`]: super::order_nodes
    pub nodes: Vec<Node<'a>>,
    /// The layer of each of them, as [`layer_names`](super::layer_names) gives it.
    pub layers: &'f [LayerName],
    /// Files with the tensors' elements.
    pub files: &'f ExternalFiles<'f>,
    /// Name of the input that is the picture.
    pub input: &'f str,
    /// The picture's axes without the batch, the channels first.
    pub shape: Shape,
    /// Whether the file has the channels of the picture last.
    pub channels_last: bool,
    /// Name of the value that is the graph's output.
    pub output: &'f str,
    /// Where the weights go.
    pub device: &'f Device,
}

/// The graph of a file, whose last node is the requested output.
///
/// # Errors
/// `network-unsupported`, with operator, node and count, for what cannot be computed or
/// differentiated; `network-corrupt` when nodes, constants and shapes contradict each other;
/// `network-too-large` as [`Folder::fold`].
pub fn import(request: ImportRequest<'_, '_>) -> Result<Graph, Error> {
    let nodes = request.nodes;
    let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for input in &node.inputs {
            readers.entry(input).or_default().push(index);
        }
    }
    if request.shape.elements() == 0 {
        let what = format!("a picture of {}", request.shape);
        return Err(Error::NetworkUnsupported(what));
    }
    let rank = request.shape.sizes().len();
    let graph = Graph::new(request.shape);
    let mut order: Vec<usize> = (0..rank).collect();
    if request.channels_last && rank > 0 {
        order.rotate_left(1);
    }
    let picture = Dynamic { node: INPUT, order };
    let initializers = &request.message.initializers;
    let mut import = Import {
        nodes: &nodes,
        layers: request.layers,
        readers,
        output: request.output,
        device: request.device,
        folder: Folder::new(initializers, request.files, MAX_FOLDED_ELEMENTS),
        values: HashMap::from([(request.input.to_owned(), picture)]),
        absorbed: vec![false; nodes.len()],
        graph,
    };
    for index in 0..nodes.len() {
        import.import_node(index)?;
    }
    import.finish()
}

/// A file on its way to a graph.
struct Import<'a, 'n> {
    /// In order of computation.
    nodes: &'n [Node<'a>],
    /// The layer of each node.
    layers: &'n [LayerName],
    /// The nodes that read each value.
    readers: HashMap<&'n str, Vec<usize>>,
    /// The value that is the graph's output.
    output: &'n str,
    device: &'n Device,
    folder: Folder<'a, 'n>,
    /// Values that depend on the picture.
    values: HashMap<String, Dynamic>,
    /// Nodes that went into the weights of an earlier one.
    absorbed: Vec<bool>,
    graph: Graph,
}

/// How the nodes of an operator type are imported: adds to the graph, and sets the node's outputs.
type Importer = fn(&mut Import<'_, '_>, usize) -> Result<(), Error>;

/// The importer of an operator type.
fn importer(op_type: &str) -> Option<Importer> {
    Some(match op_type {
        "Conv" => convolution::convolution,
        "ConvTranspose" => convolution::transposed_convolution,
        "Gemm" | "MatMul" => linear::linear,
        "MaxPool" => pooling::max_pool,
        "AveragePool" => pooling::average_pool,
        "GlobalAveragePool" => pooling::global_average_pool,
        "GlobalMaxPool" => reduction::global_max_pool,
        "ReduceMean" | "ReduceSum" | "ReduceMax" | "ReduceL2" => reduction::reduce,
        "BatchNormalization" => normalisation::batch_normalisation,
        "InstanceNormalization" => normalisation::instance_normalisation,
        "LRN" => normalisation::response_normalisation,
        "Softmax" | "LogSoftmax" => normalisation::softmax,
        "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Sum" | "Mean" | "Pow" => {
            arithmetic::arithmetic
        }
        "Relu" | "Clip" | "LeakyRelu" | "PRelu" | "Elu" | "Selu" | "Celu" | "Sigmoid"
        | "HardSigmoid" | "HardSwish" | "Tanh" | "Softplus" | "Softsign" | "Swish" | "Mish"
        | "Gelu" | "Erf" | "ThresholdedRelu" | "Abs" | "Neg" | "Exp" | "Log" | "Sqrt"
        | "Reciprocal" => activations::activation,
        "Concat" => layout::concat,
        "Split" => layout::split,
        "Slice" => layout::slice,
        "Tile" => layout::tile,
        "Gather" => layout::gather,
        "Pad" => layout::pad,
        "Transpose" => layout::transpose,
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => layout::reshape,
        "Expand" => layout::expand,
        "Identity" | "Dropout" | "Cast" | "QuantizeLinear" | "DequantizeLinear" => layout::pass,
        "Resize" | "Upsample" => resize::resize,
        _ => return None,
    })
}

impl Import<'_, '_> {
    fn import_node(&mut self, index: usize) -> Result<(), Error> {
        let node = &self.nodes[index];
        let (values, graph) = (&self.values, &self.graph);
        let shape_of = |name: &str| {
            let value = values.get(name)?;
            Some([&[1], &value.sizes(graph)[..]].concat())
        };
        if self.absorbed[index] || self.folder.fold(node, shape_of)? {
            return Ok(());
        }
        let import = importer(node.op_type).filter(|_| node.domain.is_empty());
        match import {
            Some(import) => import(self, index),
            None => Err(self.unknown(index)),
        }
    }

    /// The graph, with the output as its last node.
    fn finish(mut self) -> Result<Graph, Error> {
        let output = self.values.get(self.output).cloned().ok_or_else(|| {
            let what = format!(
                "the output \"{}\" does not depend on the picture",
                self.output
            );
            Error::NetworkUnsupported(what)
        })?;
        let node = self.canonical(&output)?;
        if node != self.graph.output() {
            // Later nodes lead nowhere.
            self.graph.truncate(node);
        }
        Ok(self.graph)
    }

    /// Appends a node for the layer of the ONNX node `index`.
    fn add(
        &mut self,
        index: usize,
        operator: impl Operator,
        inputs: &[NodeId],
    ) -> Result<NodeId, Error> {
        let mut name = self.layers[index].name.clone();
        let taken = self.graph.nodes().iter().filter(|node| {
            let rest = node.name.strip_prefix(&name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        });
        match taken.count() {
            0 => {}
            count => name = format!("{name}#{count}"),
        }
        let added = self.graph.add(name, operator, inputs);
        let node = added.map_err(|error| self.unsupported(index, error.detail()))?;
        let shape = &self.graph[node].shape;
        if shape.elements() == 0 {
            return Err(self.unsupported(index, format!("its output has no values: {shape}")));
        }
        Ok(node)
    }

    /// An operator type that has no importer, with how often it occurs and what comes before it.
    fn unknown(&self, index: usize) -> Error {
        let node = &self.nodes[index];
        let same = |other: &&Node<'_>| (other.domain, other.op_type) == (node.domain, node.op_type);
        let count = self.nodes.iter().filter(same).count();
        let before = self.graph.nodes().len() - 1;
        let reached = match self.graph.nodes().last() {
            Some(last) if before > 0 => format!("the {before} before it, up to {}, are", last.name),
            _ => "it is the first that depends on the picture".to_owned(),
        };
        Error::NetworkUnsupported(format!(
            "{}, one of {count} of its kind, is no operator that can be computed here; {reached}",
            describe(node)
        ))
    }

    /// What cannot be computed at a node of a known operator type.
    fn unsupported(&self, index: usize, reason: impl std::fmt::Display) -> Error {
        let what = describe(&self.nodes[index]);
        Error::NetworkUnsupported(format!("{what}: {reason}"))
    }
}
