//! Trained weights: what is bundled, and how a file of them is checked and read.

mod manifest;
mod read_safetensors;

pub use manifest::{WeightsRow, manifest_row};
pub use read_safetensors::{StoredTensor, StoredTensors, read_safetensors};
