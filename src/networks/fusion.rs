//! Which layers are computed together.
//!
//! A ReLU costs nothing where its convolution writes its output, and a concatenation nothing where
//! its inputs are written next to each other. So both are fused into the convolutions that they
//! read, unless the caller wants to keep an activation in between.

use super::graph::{Graph, LayerId, Operation};
use crate::error::Error;
use crate::kernels::{Convolution, PoolShape};

/// Activations, or the gradients with respect to them, that the caller wants to keep. Their layers
/// are never fused away. The output of the last layer is always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retain {
    /// No other.
    Nothing,
    /// That of one layer.
    Layer(LayerId),
    /// Those of all layers.
    Everything,
}

impl Retain {
    /// Whether layer `id` may be fused into its consumer.
    pub(super) fn may_fuse(self, id: LayerId) -> bool {
        match self {
            Retain::Nothing => true,
            Retain::Layer(retained) => retained != id,
            Retain::Everything => false,
        }
    }
}

/// Layers that are computed together.
pub struct FusedOp {
    /// The layer whose output this gives.
    pub output: LayerId,
    /// The layers whose outputs it reads.
    pub inputs: Vec<LayerId>,
    /// What it computes.
    pub kind: FusedKind,
}

/// What a [`FusedOp`] computes.
pub enum FusedKind {
    /// Convolutions of the same input, their channels concatenated.
    Convolutions {
        /// The convolutions, in order of their channels.
        convolutions: Vec<Convolution>,
        /// Whether a ReLU follows.
        relu: bool,
    },
    /// A ReLU.
    Relu,
    /// A max-pool.
    MaxPool(PoolShape),
    /// A concatenation.
    Concatenate,
}

impl FusedKind {
    /// Whether its last layer, or the last before a concatenation, is a ReLU.
    pub(super) fn ends_in_relu(&self) -> bool {
        match self {
            FusedKind::Convolutions { relu, .. } => *relu,
            FusedKind::Relu => true,
            FusedKind::MaxPool(_) | FusedKind::Concatenate => false,
        }
    }
}

/// A convolution, and the ReLU that is fused into it, if any.
struct ConvolutionRelu {
    convolution: Convolution,
    /// The convolution's own layer.
    layer: LayerId,
    /// What it reads.
    input: LayerId,
    /// The ReLU's layer if `relu`, else the convolution's.
    output: LayerId,
    relu: bool,
}

/// The fused operations that compute the output of layer `last`, in order. Layers that do not
/// reach it are left out.
///
/// # Errors
/// `internal` when a layer has more or fewer inputs than its operation takes.
pub fn fuse(graph: &Graph, last: LayerId, retain: Retain) -> Result<Vec<FusedOp>, Error> {
    Fusion::new(graph, last, retain).run()
}

/// A graph on its way to fused operations.
struct Fusion<'a> {
    graph: &'a Graph,
    retain: Retain,
    /// Whether the last layer depends on this one.
    needed: Vec<bool>,
    /// The number of needed layers that read this one.
    consumers: Vec<usize>,
    /// Whether an operation that comes later has taken this layer in.
    fused: Vec<bool>,
}

impl<'a> Fusion<'a> {
    fn new(graph: &'a Graph, last: LayerId, retain: Retain) -> Self {
        let needed = graph.ancestors(last);
        let mut consumers = vec![0; needed.len()];
        for (layer, _) in graph
            .layers()
            .iter()
            .zip(&needed)
            .filter(|(_, needed)| **needed)
        {
            for &input in &layer.inputs {
                consumers[input] += 1;
            }
        }
        let fused = vec![false; needed.len()];
        Self {
            graph,
            retain,
            needed,
            consumers,
            fused,
        }
    }

    fn run(mut self) -> Result<Vec<FusedOp>, Error> {
        let mut operations = Vec::new();
        // Backwards: a layer's consumer decides whether to take it in.
        for id in (1..self.needed.len()).rev() {
            if self.needed[id] && !self.fused[id] {
                operations.push(self.operation_of(id)?);
            }
        }
        operations.reverse();
        Ok(operations)
    }

    /// The operation whose output is that of layer `id`.
    fn operation_of(&mut self, id: LayerId) -> Result<FusedOp, Error> {
        let layer = &self.graph.layers()[id];
        let unfit = || {
            let (kind, count) = (layer.operation.kind(), layer.inputs.len());
            Error::Internal(format!(
                "{} is a {kind} that reads {count} layers",
                layer.name
            ))
        };
        if !layer.operation.takes_inputs(layer.inputs.len()) {
            return Err(unfit());
        }
        let (convolutions, unfused) = match &layer.operation {
            Operation::Input => return Err(unfit()),
            Operation::Convolution(convolution) => {
                let convolutions = vec![convolution.clone()];
                let relu = false;
                (None, FusedKind::Convolutions { convolutions, relu })
            }
            Operation::Relu => {
                let convolution = self.convolution_relu(id);
                (convolution.map(|only| vec![only]), FusedKind::Relu)
            }
            Operation::MaxPool(shape) => (None, FusedKind::MaxPool(*shape)),
            Operation::Concatenate => (self.side_by_side(&layer.inputs), FusedKind::Concatenate),
        };
        let Some(convolutions) = convolutions else {
            return Ok(FusedOp {
                output: id,
                inputs: layer.inputs.clone(),
                kind: unfused,
            });
        };
        for part in &convolutions {
            self.fused[part.layer] = true;
            self.fused[part.output] = true;
        }
        let ConvolutionRelu { input, relu, .. } = convolutions[0];
        let convolutions = convolutions.into_iter().map(|part| part.convolution);
        Ok(FusedOp {
            output: id,
            inputs: vec![input],
            kind: FusedKind::Convolutions {
                convolutions: convolutions.collect(),
                relu,
            },
        })
    }

    /// Whether layer `id` may become a part of its only consumer.
    fn may_fuse(&self, id: LayerId) -> bool {
        self.consumers[id] == 1 && self.retain.may_fuse(id)
    }

    /// The convolution, with its ReLU if any, whose output is that of layer `id`.
    fn convolution_relu(&self, id: LayerId) -> Option<ConvolutionRelu> {
        let layers = self.graph.layers();
        let before = *layers[id].inputs.first()?;
        let relu = matches!(layers[id].operation, Operation::Relu) && self.may_fuse(before);
        let layer = if relu { before } else { id };
        let (Operation::Convolution(convolution), &[input]) =
            (&layers[layer].operation, &layers[layer].inputs[..])
        else {
            return None;
        };
        Some(ConvolutionRelu {
            convolution: convolution.clone(),
            layer,
            input,
            output: id,
            relu,
        })
    }

    /// The convolutions of a concatenation's `inputs`, if all of them read the same layer, all or
    /// none have a ReLU, and nothing else reads them.
    fn side_by_side(&self, inputs: &[LayerId]) -> Option<Vec<ConvolutionRelu>> {
        let mut parts: Vec<ConvolutionRelu> = Vec::with_capacity(inputs.len());
        for &id in inputs {
            let part = self.convolution_relu(id).filter(|_| self.may_fuse(id))?;
            let first = parts.first().unwrap_or(&part);
            if (part.input, part.relu) != (first.input, first.relu) {
                return None;
            }
            parts.push(part);
        }
        Some(parts)
    }
}
