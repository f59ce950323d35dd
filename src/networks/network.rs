//! A loaded network: a graph from the input to the class scores, and what the input means.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::class_scores::OutputKind;
use super::from_onnx::{Labels, OnnxOptions};
use super::head::Head;
use super::manifest::manifest_row;
use crate::error::Error;
use crate::graph::{Graph, INPUT, NodeId, Retain};
use crate::onnx::{ExternalFiles, InputOptions};
use crate::preprocess::InputSpec;
use crate::rng::Rng;

/// A network with its weights on a device. A clone shares them.
#[derive(Clone)]
pub struct Network {
    /// Its name for people.
    pub title: String,
    /// A label for each class.
    pub labels: Vec<String>,
    /// Size, channels and values of the input.
    pub input: InputSpec,
    /// From a normalised picture to the class scores, a vector.
    pub graph: Graph,
    /// What the class scores are made from.
    pub output: Output,
    /// The module that a layer is part of, by the layer's name; a layer that is not here is part of
    /// the module whose name is its own up to the last dot.
    pub modules: HashMap<String, String>,
    /// The last linear layer, if nothing but averages follows it.
    pub head: Option<Head>,
    /// The device of the weights; inputs have to be on the same one.
    pub device: Device,
}

impl Network {
    /// Checks `bytes` against the manifest and builds the bundled network `id` on `device`.
    ///
    /// # Errors
    /// `setting-out-of-range` when there is no such network; `weights-corrupt` and
    /// `weights-mismatch` as [`ManifestRow::verify`](super::ManifestRow::verify).
    pub fn load(id: &str, bytes: &[u8], device: &Device) -> Result<Self, Error> {
        let row = manifest_row(id)?;
        row.verify(bytes)?;
        let options = OnnxOptions {
            labels: Some(Labels::List(row.labels())),
            input: InputOptions::from(&row.input),
            title: Some(row.title),
            ..OnnxOptions::default()
        };
        let (network, _) = Self::from_onnx(bytes, &ExternalFiles::default(), &options, device)?;
        Ok(network)
    }

    /// A network whose class scores are the output of `graph`, a vector with a value for each of
    /// `labels`; its weights are on `device`. The names of its layers tell their modules.
    pub fn new(
        title: impl Into<String>,
        labels: Vec<String>,
        input: InputSpec,
        graph: Graph,
        device: &Device,
    ) -> Self {
        Self {
            title: title.into(),
            labels,
            input,
            head: Head::of(&graph),
            output: Output {
                name: graph[graph.output()].name.clone(),
                kind: OutputKind::Vector,
            },
            graph,
            modules: HashMap::new(),
            device: device.clone(),
        }
    }

    /// Copies values, row-major with this `shape` (`[batch, channels, rows, columns]` for
    /// pictures), to the network's device.
    pub fn upload<const D: usize>(&self, planes: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(planes, shape), &self.device)
    }

    /// The unnormalised class scores S_c, `[batch, classes]`, of normalised pictures, `[batch,
    /// channels, rows, columns]`.
    ///
    /// # Errors
    /// `internal` when the layers do not fit together.
    pub fn scores(&self, pictures: Tensor<4>) -> Result<Tensor<2>, Error> {
        let (scores, _) = self
            .graph
            .forward(pictures, self.graph.output(), Retain::Nothing)?;
        Ok(scores.tensor())
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.graph[self.graph.output()].shape.elements()
    }

    /// Every node but the input in order of computation, the last linear layer last if there is a
    /// [head](Network::head): behind it are only the scores themselves.
    pub fn layers(&self) -> Vec<LayerInfo> {
        let layers = self.layer_ids().map(|id| {
            let node = &self.graph[id];
            let [channels, rows, columns] = node.shape.planes();
            LayerInfo {
                name: node.name.clone(),
                group: self.module_of(&node.name).to_owned(),
                kind: node.operator.kind(),
                channels,
                rows,
                columns,
            }
        });
        layers.collect()
    }

    /// The layers that have weights, in order of computation.
    pub fn weighted_layers(&self) -> Vec<NodeId> {
        self.layer_ids()
            .filter(|&id| self.graph[id].operator.has_weights())
            .collect()
    }

    /// The layer `name`.
    ///
    /// # Errors
    /// `setting-out-of-range` when there is no such layer.
    pub fn layer(&self, name: &str) -> Result<NodeId, Error> {
        self.layer_ids()
            .find(|&id| self.graph[id].name == name)
            .ok_or_else(|| Error::SettingOutOfRange(format!("there is no layer \"{name}\"")))
    }

    /// The name of `layer`.
    pub fn layer_name(&self, layer: NodeId) -> &str {
        &self.graph[layer].name
    }

    /// Whether any of its activations is a ReLU, bounded or not.
    pub fn has_relus(&self) -> bool {
        let mut nodes = self.graph.nodes().iter();
        nodes.any(|node| node.operator.relu_bound().is_some())
    }

    /// Replaces the weights of `layer` by untrained ones.
    pub fn randomise(&mut self, layer: NodeId, rng: &mut Rng) {
        self.graph.randomise(layer, rng);
        self.head = Head::of(&self.graph);
    }

    /// The module of the layer with this name. A layer of several nodes has their number behind a
    /// `#`.
    fn module_of<'a>(&'a self, layer: &'a str) -> &'a str {
        let named = layer.split('#').next().unwrap_or(layer);
        match self.modules.get(named) {
            Some(module) => module,
            None => named.rsplit_once('.').map_or("", |(module, _)| module),
        }
    }

    fn layer_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        let last = self.head.as_ref().map(|head| head.linear);
        let last = last.unwrap_or(self.graph.output());
        self.graph.ids().filter(move |&id| id > INPUT && id <= last)
    }
}

/// The output of a network's file.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: OutputKind,
}

/// Description of a layer, for inputs of the network's own size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its name, for [`Network::layer`].
    pub name: String,
    /// The module that it is part of, such as `features.3`; empty at the top.
    pub group: String,
    /// The kind of layer, as [`Operator::kind`](crate::graph::Operator::kind).
    pub kind: &'static str,
    /// Channels of its output.
    pub channels: usize,
    /// Rows of each channel.
    pub rows: usize,
    /// Columns of each channel.
    pub columns: usize,
}
