//! Trained weights: named tensors read from a file.

mod read_safetensors;

pub use read_safetensors::{StoredTensor, StoredTensors, read_safetensors};
