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

impl Graph {
    /// The steps to the result of layer `last`, in order.
    pub(super) fn plan(&self, last: LayerId, watched: Watched) -> Vec<Step> {
        let layers = &self.layers()[..=last];
        let mut readers = vec![0; layers.len()];
        layers.iter().flat_map(|layer| &layer.inputs).for_each(|&read| readers[read] += 1);
        // Whether a layer can be a part of the only one that reads it.
        let joins = |id: LayerId| readers[id] == 1 && watched != Watched::Everything && watched != Watched::Layer(id);
        // The convolution behind layer `id`, with whether a ReLU is in between: what a step can begin with.
        let convolution = |id: LayerId| match &layers[id].operation {
            Operation::Convolution(convolution) => Some((convolution.clone(), layers[id].inputs[0], vec![id], false)),
            Operation::Relu if joins(layers[id].inputs[0]) => match &layers[layers[id].inputs[0]].operation {
                Operation::Convolution(convolution) => {
                    let before = layers[id].inputs[0];
                    Some((convolution.clone(), layers[before].inputs[0], vec![before, id], true))
                }
                _ => None,
            },
            _ => None,
        };
        let mut joined = vec![false; layers.len()];
        let mut steps = Vec::new();
        for id in (1..layers.len()).rev().filter(|&id| id == last || readers[id] > 0) {
            if joined[id] {
                continue;
            }
            let side_by_side: Option<Vec<_>> = match layers[id].operation {
                Operation::Concatenate => {
                    layers[id].inputs.iter().map(|&part| convolution(part).filter(|_| joins(part))).collect()
                }
                _ => convolution(id).map(|part| vec![part]),
            };
            let alike = |parts: &Vec<(Convolution, LayerId, Vec<LayerId>, bool)>| {
                parts.iter().all(|(_, input, _, rectified)| (*input, *rectified) == (parts[0].1, parts[0].3))
            };
            let (work, inputs) = match side_by_side.filter(alike) {
                Some(parts) => {
                    parts.iter().flat_map(|(_, _, covered, _)| covered).for_each(|&covered| joined[covered] = true);
                    let (input, rectified) = (parts[0].1, parts[0].3);
                    let parts = parts.into_iter().map(|(convolution, ..)| convolution).collect();
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
