//! ConvNets: their layers, their forward pass to class scores, their backward pass to the input.
//!
//! A new network is one file that builds its [`Graph`](graph::Graph), one entry in [`NETWORKS`],
//! its weights, and their row in `weights/manifest.json`.
//!
//! The files import one another in one direction: [`graph`] (layers and shapes) <- `fusion` (which
//! layers one kernel computes) <- `passes` (forward and backward pass) <- `network`.
// A new operation needs an arm of its own everywhere: it must not compile into what another one
// computes.
#![warn(clippy::wildcard_enum_match_arm)]

mod builder;
mod classifier;
mod fusion;
pub mod graph;
mod imagenet_labels;
mod manifest;
mod network;
mod passes;
mod softmax;
mod squeezenet;

pub use crate::kernels::ReluRule;
pub use classifier::LinearClassifier;
pub use fusion::Retain;
pub use imagenet_labels::imagenet_labels;
pub use manifest::{ManifestRow, manifest_row};
pub use network::{LayerInfo, LayerRef, Network, NetworkDefinition};
pub use passes::Trace;
pub use softmax::softmax;

/// Every network that can be loaded.
pub const NETWORKS: &[NetworkDefinition] = &[squeezenet::SQUEEZENET1_1];
