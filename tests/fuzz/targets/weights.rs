//! Any bytes are refused as weights. Read as a safetensors file, they give finite tensors of the
//! claimed shapes, or a documented error.
#![no_main]

use burn::tensor::Device;
use deep_inside::networks::{NETWORKS, Network};
use deep_inside::weights::read_safetensors;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&with_length(bytes));
});

fn read(bytes: &[u8]) {
    for dtype in ["f16", "f32"] {
        match read_safetensors(bytes, dtype) {
            Ok(tensors) => {
                for tensor in tensors.values() {
                    assert_eq!(tensor.values.len(), tensor.shape.iter().product::<usize>());
                    assert!(tensor.values.iter().all(|value| value.is_finite()));
                }
            }
            Err(error) => assert!(error.code().starts_with("weights-"), "{error}"),
        }
    }
    match Network::load(&NETWORKS[0], bytes, &Device::flex()) {
        Ok(_) => panic!("these are not the network's weights"),
        Err(error) => assert!(error.code().starts_with("weights-"), "{error}"),
    }
}

/// The input as header and data of a safetensors file with a correct header length in its first
/// eight bytes, which mutations seldom produce.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    let header = bytes
        .iter()
        .rposition(|&byte| byte == b'}')
        .map_or(0, |last| last + 1);
    [&(header as u64).to_le_bytes(), bytes].concat()
}
