//! ConvNets: their layers, their forward pass to class scores, their backward pass to the input.
//!
//! A new bundled network is an ONNX file below `weights/`, its row in `weights/manifest.json`, and
//! an entry in [`NETWORKS`].

mod builder;
mod class_scores;
mod from_onnx;
mod head;
mod imagenet_labels;
mod manifest;
mod network;
mod softmax;
mod squeezenet;

pub use class_scores::{HIGHER_AND_LOWER, OutputKind};
pub use from_onnx::{FileValue, LabelSource, Labels, OnnxOptions, OnnxReport};
pub use head::Head;
pub use imagenet_labels::imagenet_labels;
pub use manifest::{Classes, ManifestRow, manifest_row, sha256};
pub use network::{LayerInfo, Network, NetworkDefinition, Output};
pub use softmax::softmax;

use crate::error::Error;
use network::NetworkFile;

/// Every network that can be loaded.
pub const NETWORKS: &[NetworkDefinition] = &[
    squeezenet::SQUEEZENET1_1,
    NetworkDefinition {
        id: "efficientnet_lite0",
        file: NetworkFile::Onnx,
    },
    NetworkDefinition {
        id: "pp_lcnet_orientation",
        file: NetworkFile::Onnx,
    },
];

/// The network `id`.
///
/// # Errors
/// `setting-out-of-range` when there is no such network.
pub fn network_definition(id: &str) -> Result<&'static NetworkDefinition, Error> {
    NETWORKS
        .iter()
        .find(|definition| definition.id == id)
        .ok_or_else(|| Error::SettingOutOfRange(format!("there is no network \"{id}\"")))
}
