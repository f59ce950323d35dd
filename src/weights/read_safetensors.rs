//! Reads the named tensors of a safetensors file.

use std::collections::BTreeMap;

use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::error::Error;

/// One tensor of a file, converted to f32.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTensor {
    /// Length of each axis; convolution weights are `[out, in, rows, columns]`.
    pub shape: Vec<usize>,
    /// Row-major values, all finite.
    pub values: Vec<f32>,
}

/// Tensors by name. A network's builder removes each tensor that it uses, so that any tensor left
/// over is unexpected.
pub type StoredTensors = BTreeMap<String, StoredTensor>;

/// Reads every tensor of a safetensors file whose elements are all `dtype` (`f16` or `f32`).
///
/// # Errors
/// `weights-corrupt` when the file is not well-formed (the `safetensors` crate checks header,
/// offsets and lengths) or a value is not finite; `weights-mismatch` when a tensor has another
/// element type. The detail names the tensor.
pub fn read_safetensors(bytes: &[u8], dtype: &str) -> Result<StoredTensors, Error> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| Error::WeightsCorrupt(format!("not a safetensors file: {error}")))?;
    let mut tensors = StoredTensors::new();
    for (name, view) in file.iter() {
        let values: Vec<f32> = match (view.dtype(), dtype) {
            (Dtype::F16, "f16") => view
                .data()
                .chunks_exact(2)
                .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
                .collect(),
            (Dtype::F32, "f32") => view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
            (found, _) => {
                return Err(Error::WeightsMismatch(format!(
                    "tensor {name} has elements {found:?}, not {dtype}"
                )));
            }
        };
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::WeightsCorrupt(format!(
                "tensor {name} has the value {} at element {index}",
                values[index]
            )));
        }
        tensors.insert(
            name.to_owned(),
            StoredTensor {
                shape: view.shape().to_vec(),
                values,
            },
        );
    }
    Ok(tensors)
}
