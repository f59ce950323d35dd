//! ConvNets: their layers, their forward pass to class scores, their backward pass to the input.
//!
//! A new bundled network is an ONNX file below `weights/` and its row in `weights/manifest.json`.

mod class_scores;
mod from_onnx;
mod head;
mod imagenet_labels;
mod manifest;
mod network;
mod softmax;

pub use class_scores::{HIGHER_AND_LOWER, OutputKind};
pub use from_onnx::{FileValue, LabelSource, Labels, OnnxOptions, OnnxReport};
pub use head::Head;
pub use imagenet_labels::imagenet_labels;
pub use manifest::{Classes, ManifestRow, manifest, manifest_row, sha256};
pub use network::{LayerInfo, Network, Output};
pub use softmax::{entropy, softmax};
