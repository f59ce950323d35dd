//! Damaged weights and those of other networks are refused; the error tells which.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use burn::tensor::Device;
use deep_inside::networks::Network;

const WEIGHTS: &[u8] = include_bytes!("../weights/squeezenet1_1.onnx");

fn load(bytes: &[u8]) -> deep_inside::Error {
    Network::load("squeezenet1_1", bytes, &Device::flex())
        .err()
        .expect("these weights should be refused")
}

#[test]
fn one_flipped_bit_anywhere_is_weights_corrupt() {
    for index in [0, 9, 100, 5_000, WEIGHTS.len() / 2, WEIGHTS.len() - 1] {
        let mut damaged = WEIGHTS.to_vec();
        damaged[index] ^= 1;
        let error = load(&damaged);
        assert_eq!(error.code(), "weights-corrupt", "byte {index}");
        assert!(error.detail().contains("SHA-256"), "{error}");
    }
}

#[test]
fn a_truncated_file_is_weights_corrupt() {
    for length in [0, 7, 8, 1_000, WEIGHTS.len() / 2, WEIGHTS.len() - 1] {
        let error = load(&WEIGHTS[..length]);
        assert_eq!(error.code(), "weights-corrupt", "{length} bytes");
        let found = format!("{length} bytes, not {}", WEIGHTS.len());
        assert!(error.detail().contains(&found), "{error}");
    }
}

#[test]
fn weights_of_another_network_are_a_mismatch_that_names_both() {
    let error = load(include_bytes!("../weights/pp_lcnet_orientation.onnx"));
    assert_eq!(error.code(), "weights-mismatch");
    assert!(error.detail().contains("PP-LCNet"), "{error}");
    assert!(error.detail().contains("SqueezeNet 1.1"), "{error}");
}
