//! The files of reference values.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};

/// Tensors by name, each flattened.
pub type Tensors = BTreeMap<String, Vec<f32>>;

/// Every tensor of a safetensors file; all are float32.
pub fn read_tensors(bytes: &[u8]) -> Tensors {
    let file = SafeTensors::deserialize(bytes).unwrap();
    let tensors = file.iter().map(|(name, view)| {
        assert_eq!(view.dtype(), Dtype::F32, "{name}");
        let (values, _) = view.data().as_chunks();
        let values = values.iter().map(|&bytes| f32::from_le_bytes(bytes));
        (name.to_owned(), values.collect())
    });
    tensors.collect()
}
