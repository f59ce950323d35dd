//! Which layers are computed as one.
//!
//! A convolution's ReLU costs nothing where the convolution writes its result, and a concatenation
//! none where its inputs are written next to one another; so both are joined to the convolutions
//! that they read, unless somebody wants to see what lies between.

use super::graph::{Graph, LayerId, Operation};
use crate::error::Error;
use crate::kernels::{Convolution, PoolShape};

/// The layers whose own results, or signals, somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retain {
    /// Only that of the last one.
    Nothing,
    /// This one's as well.
    Layer(LayerId),
    /// Every layer's.
    Everything,
}

impl Retain {
    /// Whether nobody asks for layer `id`: it need not show up by itself.
    pub(super) fn may_fuse(self, id: LayerId) -> bool {
        match self {
            Retain::Nothing => true,
            Retain::Layer(retained) => retained != id,
            Retain::Everything => false,
        }
    }
}

/// What is computed as one.
pub struct FusedOp {
    /// The layer whose result this gives.
    pub result: LayerId,
    /// The layers whose results it reads.
    pub inputs: Vec<LayerId>,
    /// What it computes.
    pub work: FusedKind,
}

/// The ways to compute.
pub enum FusedKind {
    /// Convolutions of one input, their channels one after the other, and through a ReLU where
    /// `relu`.
    Convolutions {
        /// The convolutions.
        parts: Vec<Convolution>,
        /// Whether a ReLU belongs to it.
        relu: bool,
    },
    /// A ReLU by itself.
    Relu,
    /// A max-pool.
    MaxPool(PoolShape),
    /// A concatenation by itself.
    Concatenate,
}

impl FusedKind {
    /// Whether its result is that of a ReLU of its own.
    pub(super) fn ends_in_relu(&self) -> bool {
        match self {
            FusedKind::Convolutions { relu, .. } => *relu,
            FusedKind::Relu => true,
            FusedKind::MaxPool(_) | FusedKind::Concatenate => false,
        }
    }
}

/// A convolution that a step may begin with.
struct FusedConvolution {
    convolution: Convolution,
    /// The convolution's own layer.
    place: LayerId,
    input: LayerId,
    /// Its ReLU's layer where `relu`, else its own.
    result: LayerId,
    relu: bool,
}

impl Graph {
    /// The steps to the result of layer `last`, in order. Layers that have no part in it have no
    /// step.
    ///
    /// # Errors
    /// `internal` when a layer has more or fewer inputs than its operation takes.
    pub(super) fn plan(&self, last: LayerId, retained: Retain) -> Result<Vec<FusedOp>, Error> {
        let layers = &self.layers()[..=last];
        let needed = self.ancestors(last);
        let mut consumers = vec![0; layers.len()];
        let reads = layers
            .iter()
            .zip(&needed)
            .filter(|(_, needed)| **needed)
            .flat_map(|(layer, _)| &layer.inputs);
        reads.for_each(|&read| consumers[read] += 1);
        // Whether a layer can be a part of the only one that reads it.
        let joins = |id: LayerId| consumers[id] == 1 && retained.may_fuse(id);
        let part = |id: LayerId| {
            let before = *layers[id].inputs.first()?;
            let relu = matches!(layers[id].operation, Operation::Relu) && joins(before);
            let place = if relu { before } else { id };
            let (Operation::Convolution(convolution), &[input]) =
                (&layers[place].operation, &layers[place].inputs[..])
            else {
                return None;
            };
            Some(FusedConvolution {
                convolution: convolution.clone(),
                place,
                input,
                result: id,
                relu,
            })
        };
        let alike = |parts: &Vec<FusedConvolution>| {
            parts
                .iter()
                .all(|part| (part.input, part.relu) == (parts[0].input, parts[0].relu))
        };
        let mut joined = vec![false; layers.len()];
        let mut steps = Vec::new();
        for id in (1..layers.len()).rev() {
            if joined[id] || !needed[id] {
                continue;
            }
            let layer = &layers[id];
            let unfit = || {
                let (kind, count) = (layer.operation.kind(), layer.inputs.len());
                Error::Internal(format!(
                    "{} is a {kind} that reads {count} layers",
                    layer.name
                ))
            };
            if !layer.operation.reads(layer.inputs.len()) {
                return Err(unfit());
            }
            let (parts, alone) = match &layer.operation {
                Operation::Picture => return Err(unfit()),
                Operation::Convolution(convolution) => (
                    None,
                    FusedKind::Convolutions {
                        parts: vec![convolution.clone()],
                        relu: false,
                    },
                ),
                Operation::Relu => (part(id).map(|part| vec![part]), FusedKind::Relu),
                Operation::MaxPool(shape) => (None, FusedKind::MaxPool(*shape)),
                Operation::Concatenate => {
                    let parts: Option<Vec<_>> = layer
                        .inputs
                        .iter()
                        .map(|&read| part(read).filter(|_| joins(read)))
                        .collect();
                    (parts.filter(alike), FusedKind::Concatenate)
                }
            };
            let (work, inputs) = match parts {
                Some(parts) => {
                    parts
                        .iter()
                        .flat_map(|part| [part.place, part.result])
                        .for_each(|covered| joined[covered] = true);
                    let (input, relu) = (parts[0].input, parts[0].relu);
                    let parts = parts.into_iter().map(|part| part.convolution).collect();
                    (FusedKind::Convolutions { parts, relu }, vec![input])
                }
                None => (alone, layer.inputs.clone()),
            };
            steps.push(FusedOp {
                result: id,
                inputs,
                work,
            });
        }
        steps.reverse();
        Ok(steps)
    }
}
