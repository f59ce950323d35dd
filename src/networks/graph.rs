//! A feed-forward network as a list of layers: operations, shapes, and which layer depends on which.

use crate::kernels::{Convolution, PoolShape};
use crate::rng::Rng;

/// What one layer computes. All tensors are `[batch, channels, rows, columns]`.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "a network has some dozens of these, and none is ever moved"
)]
pub enum Operation {
    /// The batch of normalised pictures: the first layer, and the only one without inputs.
    Input,
    /// `y = x * weight + bias`, zero-padded.
    Convolution(Convolution),
    /// `y = max(x, 0)`.
    Relu,
    /// The maximum of each window.
    MaxPool(PoolShape),
    /// The channels of the inputs, one input after the other.
    Concatenate,
}

/// One layer: a named operation on the outputs of earlier layers.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its name in the stored weights, or one in their style.
    pub name: String,
    /// What it computes.
    pub operation: Operation,
    /// The layers whose outputs it reads.
    pub inputs: Vec<LayerId>,
    /// The last layer that reads this one's output, or this layer itself if none does.
    last_consumer: LayerId,
}

/// Index of a layer in its graph.
pub type LayerId = usize;

/// Index of the input in every graph.
pub const INPUT: LayerId = 0;

/// Layers in order of computation; the output of the last one is the network's features.
#[derive(Debug, Clone)]
pub struct Graph {
    layers: Vec<Layer>,
}

impl Default for Graph {
    /// A graph with only the [`INPUT`].
    fn default() -> Self {
        Self {
            layers: vec![Layer {
                name: "picture".to_owned(),
                operation: Operation::Input,
                inputs: Vec::new(),
                last_consumer: INPUT,
            }],
        }
    }
}

impl Graph {
    /// Appends a layer that reads the earlier layers `inputs`; returns its index.
    pub fn push(
        &mut self,
        name: impl Into<String>,
        operation: Operation,
        inputs: &[LayerId],
    ) -> LayerId {
        let id = self.layers.len();
        for &input in inputs {
            self.layers[input].last_consumer = id;
        }
        self.layers.push(Layer {
            name: name.into(),
            operation,
            inputs: inputs.to_vec(),
            last_consumer: id,
        });
        id
    }

    /// The layers in order of computation, the [`INPUT`] first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layer whose output the classifier reads.
    pub fn features(&self) -> LayerId {
        self.layers.len() - 1
    }

    /// `[channels, rows, columns]` of every layer's output for pictures of `side` x `side` pixels.
    pub fn shapes(&self, side: usize) -> Vec<[usize; 3]> {
        let mut shapes = vec![[3, side, side]];
        for layer in &self.layers[1..] {
            let inputs: Vec<[usize; 3]> = layer.inputs.iter().map(|&input| shapes[input]).collect();
            shapes.push(layer.operation.output_shape(&inputs));
        }
        shapes
    }

    /// Whether the output of `target` depends on that of `layer`, or is the same.
    pub fn reaches(&self, layer: LayerId, target: LayerId) -> bool {
        layer <= target && self.ancestors(target)[layer]
    }

    /// For each layer up to `target`, whether it [reaches](Graph::reaches) `target`.
    pub(super) fn ancestors(&self, target: LayerId) -> Vec<bool> {
        let mut ancestors = vec![false; target + 1];
        ancestors[target] = true;
        // All consumers of a layer come after it, so they have been visited before it.
        for id in (0..=target).rev() {
            if ancestors[id] {
                for &input in &self.layers[id].inputs {
                    ancestors[input] = true;
                }
            }
        }
        ancestors
    }

    /// Whether every path from the input to the features passes through `layer`.
    pub fn is_articulation(&self, layer: LayerId) -> bool {
        self.layers[..layer]
            .iter()
            .all(|earlier| earlier.last_consumer <= layer)
    }

    /// Replaces the weights of layer `id` by untrained ones, if it is a convolution: no bias, and
    /// weights from a normal distribution of variance `2 / fan-in`, which keeps the size of
    /// activations from layer to layer (He et al. 2015, arXiv 1502.01852).
    pub fn randomise(&mut self, id: LayerId, rng: &mut Rng) {
        if let Operation::Convolution(convolution) = &mut self.layers[id].operation {
            let shape = convolution.shape;
            let fan_in = shape.channels_in * shape.kernel * shape.kernel;
            let deviation = (2.0 / fan_in as f32).sqrt();
            let weight = rng.normal_values(shape.channels_out * fan_in, deviation);
            let bias = convolution.bias().zeros_like();
            *convolution = Convolution::new(weight, bias, shape);
        }
    }
}

impl Operation {
    /// The kind of layer, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Operation::Input => "picture",
            Operation::Convolution(_) => "convolution",
            Operation::Relu => "relu",
            Operation::MaxPool(_) => "max-pool",
            Operation::Concatenate => "concatenation",
        }
    }

    /// Whether it takes this number of inputs.
    pub(super) fn takes_inputs(&self, count: usize) -> bool {
        match self {
            Operation::Input => count == 0,
            Operation::Convolution(_) | Operation::Relu | Operation::MaxPool(_) => count == 1,
            Operation::Concatenate => count > 0,
        }
    }

    /// `[channels, rows, columns]` of the output, from those of the inputs.
    fn output_shape(&self, inputs: &[[usize; 3]]) -> [usize; 3] {
        let [channels, rows, columns] = inputs[0];
        let (channels, [rows, columns]) = match self {
            Operation::Input | Operation::Relu => (channels, [rows, columns]),
            Operation::Concatenate => (inputs.iter().map(|shape| shape[0]).sum(), [rows, columns]),
            Operation::Convolution(Convolution { shape, .. }) => {
                (shape.channels_out, shape.output_size([rows, columns]))
            }
            Operation::MaxPool(shape) => (channels, shape.output_size([rows, columns])),
        };
        [channels, rows, columns]
    }
}
