//! A loaded network: a graph from the input to the features, and a linear classifier on top.

use burn::tensor::{Device, Tensor, TensorData};

use super::builder::Builder;
use super::classifier::LinearClassifier;
use super::fusion::Retain;
use super::graph::{Graph, LayerId, Operation};
use super::manifest::manifest_row;
use crate::error::Error;
use crate::preprocess::InputSpec;
use crate::rng::Rng;
use crate::weights::read_safetensors;

/// How a network is built from stored weights.
pub struct NetworkDefinition {
    /// Stable id, the key of `weights/manifest.json`.
    pub id: &'static str,
    /// Builds the layers and the classifier, and removes the tensors that they use.
    pub(super) build: fn(&mut Builder) -> Result<(Graph, LinearClassifier), Error>,
}

/// A network with its weights on a device. A clone shares them.
#[derive(Clone)]
pub struct Network {
    /// Side, channel order, range and mean of the input.
    pub input: InputSpec,
    /// From a normalised picture to the features.
    pub graph: Graph,
    /// From the features to the class scores.
    pub classifier: LinearClassifier,
    /// The device of the weights; inputs have to be on the same one.
    pub device: Device,
}

impl Network {
    /// Checks `bytes` against the manifest and builds the network on `device`.
    ///
    /// # Errors
    /// `weights-corrupt` when they are not the bytes that the manifest describes;
    /// `weights-mismatch`, naming the tensor, when they are intact weights of another network.
    pub fn load(
        definition: &NetworkDefinition,
        bytes: &[u8],
        device: &Device,
    ) -> Result<Self, Error> {
        let row = manifest_row(definition.id)?;
        let intact = row.verify(bytes);
        if bytes.len() as u64 == row.bytes {
            // The right length with other content is a damaged file, whatever its header says now.
            intact.clone()?;
        }
        let mut builder = Builder {
            tensors: read_safetensors(bytes, &row.dtype)?,
            device: device.clone(),
        };
        let (graph, classifier) = (definition.build)(&mut builder)?;
        if let Some(name) = builder.tensors.keys().next() {
            return Err(Error::WeightsMismatch(format!(
                "tensor {name} is not part of {}",
                row.title
            )));
        }
        intact?;
        Ok(Self {
            input: row.input,
            graph,
            classifier,
            device: device.clone(),
        })
    }

    /// Copies normalised planes, row-major with this `shape` (`[batch, 3, rows, columns]`), to the
    /// network's device.
    pub fn upload(&self, planes: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(planes, shape), &self.device)
    }

    /// The unnormalised class scores S_c, `[batch, classes]`, of normalised pictures, `[batch, 3,
    /// rows, columns]`.
    ///
    /// # Errors
    /// `internal` when the layers do not fit together.
    pub fn scores(&self, pictures: Tensor<4>) -> Result<Tensor<2>, Error> {
        let (features, _) = self
            .graph
            .forward(pictures, self.graph.features(), Retain::Nothing)?;
        Ok(self.classifier.scores(&features))
    }

    /// Every layer but the input in order of computation, the classifier last.
    pub fn layers(&self) -> Vec<LayerInfo> {
        let shapes = self.graph.shapes(self.input.side);
        let [_, rows, columns] = shapes[self.graph.features()];
        let hidden = self.graph.layers().iter().zip(shapes).skip(1);
        let mut infos: Vec<LayerInfo> = hidden
            .map(|(layer, [channels, rows, columns])| LayerInfo {
                name: layer.name.clone(),
                kind: layer.operation.kind(),
                channels,
                rows,
                columns,
            })
            .collect();
        infos.push(LayerInfo {
            name: self.classifier.name.clone(),
            kind: "convolution",
            channels: self.classifier.classes(),
            rows,
            columns,
        });
        infos
    }

    /// The layers that have weights, the classifier last.
    pub fn weighted_layers(&self) -> Vec<LayerRef> {
        let layers = self.graph.layers().iter().enumerate();
        layers
            .filter(|(_, layer)| matches!(layer.operation, Operation::Convolution(_)))
            .map(|(id, _)| LayerRef::Hidden(id))
            .chain([LayerRef::Classifier])
            .collect()
    }

    /// The layer `name`.
    ///
    /// # Errors
    /// `setting-out-of-range` when there is no such layer.
    pub fn layer(&self, name: &str) -> Result<LayerRef, Error> {
        if name == self.classifier.name {
            return Ok(LayerRef::Classifier);
        }
        let mut layers = self.graph.layers().iter().enumerate().skip(1);
        layers
            .find(|(_, layer)| layer.name == name)
            .map(|(id, _)| LayerRef::Hidden(id))
            .ok_or_else(|| Error::SettingOutOfRange(format!("there is no layer \"{name}\"")))
    }

    /// The name of `layer`.
    pub fn layer_name(&self, layer: LayerRef) -> &str {
        match layer {
            LayerRef::Hidden(id) => &self.graph.layers()[id].name,
            LayerRef::Classifier => &self.classifier.name,
        }
    }

    /// Replaces the weights of `layer` by untrained ones.
    pub fn randomise(&mut self, layer: LayerRef, rng: &mut Rng) {
        match layer {
            LayerRef::Hidden(id) => self.graph.randomise(id, rng),
            LayerRef::Classifier => self.classifier.randomise(rng),
        }
    }
}

/// A layer of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerRef {
    /// A layer of the graph.
    Hidden(LayerId),
    /// The classifier, whose channels are the classes.
    Classifier,
}

/// Description of a layer, for inputs of the network's own side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// Its name, for [`Network::layer`].
    pub name: String,
    /// `convolution`, `relu`, `max-pool` or `concatenation`.
    pub kind: &'static str,
    /// Channels of its output.
    pub channels: usize,
    /// Rows of each channel.
    pub rows: usize,
    /// Columns of each channel.
    pub columns: usize,
}
