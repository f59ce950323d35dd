//! Which layers are computed as one.
//!
//! A convolution's ReLU costs nothing where the convolution writes its result, and a concatenation none where its inputs are written next
//! to one another; so both are joined to the convolutions that they read, unless somebody wants to see what lies between.

use super::graph::{Graph, LayerId, Operation};
use crate::kernels::{Convolution, PoolShape};

/// The layers whose own results, or signals, somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// Only that of the last one.
    Nothing,
    /// This one's as well.
    Layer(LayerId),
    /// Every layer's.
    Everything,
}

/// What is computed as one.
pub struct Step {
    /// The layer whose result this gives.
    pub result: LayerId,
    /// The layers whose results it reads.
    pub inputs: Vec<LayerId>,
    /// What it computes.
    pub work: Work,
}

/// The ways to compute.
pub enum Work {
    /// Convolutions of one input, their channels one after the other, and through a ReLU where `rectified`.
    Convolutions {
        /// The convolutions.
        parts: Vec<Convolution>,
        /// Whether a ReLU belongs to it.
        rectified: bool,
    },
    /// A ReLU by itself.
    Relu,
    /// A max-pool.
    MaxPool(PoolShape),
    /// A concatenation by itself.
    Concatenate,
}

/// A convolution that a step may begin with.
struct Part {
    convolution: Convolution,
    /// The convolution's own layer.
    place: LayerId,
    input: LayerId,
    /// Its ReLU's layer where `rectified`, else its own.
    result: LayerId,
    rectified: bool,
}

impl Graph {
    /// The steps to the result of layer `last`, in order.
    pub(super) fn plan(&self, last: LayerId, watched: Watched) -> Vec<Step> {
        let layers = &self.layers()[..=last];
        let mut readers = vec![0; layers.len()];
        layers.iter().flat_map(|layer| &layer.inputs).for_each(|&read| readers[read] += 1);
        // Whether a layer can be a part of the only one that reads it.
        let joins = |id: LayerId| readers[id] == 1 && watched != Watched::Everything && watched != Watched::Layer(id);
        let part = |id: LayerId| {
            let before = layers[id].inputs[0];
            let rectified = matches!(layers[id].operation, Operation::Relu) && joins(before);
            let place = if rectified { before } else { id };
            let Operation::Convolution(convolution) = &layers[place].operation else { return None };
            Some(Part { convolution: convolution.clone(), place, input: layers[place].inputs[0], result: id, rectified })
        };
        let mut joined = vec![false; layers.len()];
        let mut steps = Vec::new();
        for id in (1..layers.len()).rev().filter(|&id| id == last || readers[id] > 0) {
            if joined[id] {
                continue;
            }
            let side_by_side: Option<Vec<_>> = match layers[id].operation {
                Operation::Concatenate => layers[id].inputs.iter().map(|&read| part(read).filter(|_| joins(read))).collect(),
                _ => part(id).map(|part| vec![part]),
            };
            let alike =
                |parts: &Vec<Part>| parts.iter().all(|part| (part.input, part.rectified) == (parts[0].input, parts[0].rectified));
            let (work, inputs) = match side_by_side.filter(alike) {
                Some(parts) => {
                    parts.iter().flat_map(|part| [part.place, part.result]).for_each(|covered| joined[covered] = true);
                    let (input, rectified) = (parts[0].input, parts[0].rectified);
                    let parts = parts.into_iter().map(|part| part.convolution).collect();
                    (Work::Convolutions { parts, rectified }, vec![input])
                }
                None => {
                    let work = match layers[id].operation {
                        Operation::MaxPool(shape) => Work::MaxPool(shape),
                        Operation::Relu => Work::Relu,
                        _ => Work::Concatenate,
                    };
                    (work, layers[id].inputs.clone())
                }
            };
            steps.push(Step { result: id, inputs, work });
        }
        steps.reverse();
        steps
    }
}
