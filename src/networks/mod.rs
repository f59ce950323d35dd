//! ConvNets: their layers, their class scores, their way back to the picture.
//!
//! A new network is one file that builds its [`Graph`](graph::Graph), one word in [`NETWORKS`], its
//! weights and their row in `weights/manifest.json`.
// A new operation needs an arm of its own everywhere: it must not compile into what another one
// computes.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod graph;
mod imagenet_labels;
mod network;
mod plan;
mod squeezenet;

pub use crate::kernels::ReluRule;
pub use imagenet_labels::imagenet_labels;
pub use network::{LayerInfo, LayerRef, LinearClassifier, Network, NetworkDefinition};
pub use plan::Retain;

/// Every network that can be loaded.
pub const NETWORKS: &[NetworkDefinition] = &[squeezenet::SQUEEZENET1_1];
