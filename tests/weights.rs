//! Damaged weights and those of other networks are refused; the error names the difference.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use deep_inside::networks::{NETWORKS, Network};
use deep_inside::weights::read_safetensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

const WEIGHTS: &[u8] = include_bytes!("../weights/squeezenet1_1.safetensors");

fn load(bytes: &[u8]) -> deep_inside::Error {
    Network::load(&NETWORKS[0], bytes, &burn::tensor::Device::flex())
        .err()
        .expect("these weights should be refused")
}

fn file(tensors: &[(&str, Dtype, &[usize], &[u8])]) -> Vec<u8> {
    let views: Vec<_> = tensors
        .iter()
        .map(|(name, dtype, shape, data)| {
            (
                *name,
                TensorView::new(*dtype, shape.to_vec(), data).unwrap(),
            )
        })
        .collect();
    serialize(views, None).unwrap()
}

#[test]
fn the_bundled_weights_load() {
    assert!(Network::load(&NETWORKS[0], WEIGHTS, &burn::tensor::Device::flex()).is_ok());
}

#[test]
fn one_flipped_bit_anywhere_is_weights_corrupt() {
    for index in [0, 9, 100, 5_000, WEIGHTS.len() / 2, WEIGHTS.len() - 1] {
        let mut damaged = WEIGHTS.to_vec();
        damaged[index] ^= 1;
        assert_eq!(
            load(&damaged).code(),
            "weights-corrupt",
            "bit flipped at byte {index}"
        );
    }
}

#[test]
fn a_truncated_file_is_weights_corrupt() {
    for length in [0, 7, 8, 1_000, WEIGHTS.len() / 2, WEIGHTS.len() - 1] {
        assert_eq!(
            load(&WEIGHTS[..length]).code(),
            "weights-corrupt",
            "{length} bytes"
        );
    }
}

#[test]
fn a_header_longer_than_the_file_is_weights_corrupt() {
    let mut bytes = vec![0; 64];
    bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(load(&bytes).code(), "weights-corrupt");
}

#[test]
fn overlapping_offsets_are_weights_corrupt() {
    let header = concat!(
        r#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"#,
        r#""b":{"dtype":"F16","shape":[2],"data_offsets":[2,6]}}"#
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&[0; 6]);
    assert_eq!(load(&bytes).code(), "weights-corrupt");
}

#[test]
fn weights_of_another_network_are_a_mismatch_that_names_the_tensor() {
    let error = load(&file(&[("conv1.weight", Dtype::F16, &[2], &[0; 4])]));
    assert_eq!(error.code(), "weights-mismatch");
    assert!(error.detail().contains("features.0.weight"), "{error}");
}

#[test]
fn another_shape_is_a_mismatch_that_names_both_shapes() {
    let error = load(&file(&[(
        "features.0.weight",
        Dtype::F16,
        &[1, 3, 3, 3],
        &[0; 54],
    )]));
    assert_eq!(error.code(), "weights-mismatch");
    assert!(
        error.detail().contains("[1, 3, 3, 3]") && error.detail().contains("[64, 3, 3, 3]"),
        "{error}"
    );
}

#[test]
fn another_element_type_is_a_mismatch_that_names_it() {
    let error = load(&file(&[("features.0.weight", Dtype::F64, &[1], &[0; 8])]));
    assert_eq!(error.code(), "weights-mismatch");
    assert!(error.detail().contains("F64"), "{error}");
}

#[test]
fn a_nan_is_weights_corrupt() {
    let bytes = file(&[("a", Dtype::F16, &[2], &[0, 0, 0, 0x7e])]);
    let error = read_safetensors(&bytes, "f16").unwrap_err();
    assert_eq!(error.code(), "weights-corrupt");
    assert!(error.detail().contains("tensor a"), "{error}");
}
