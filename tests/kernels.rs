//! The CPU's kernels beside Burn's own operations. The GPU's are held to the same in `web.rs`.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kernel_cases;

use burn::tensor::Device;
use pollster::block_on;

#[test]
fn convolutions_agree_with_burn_forward_and_backward() {
    block_on(kernel_cases::assert_convolutions_agree(
        &Device::flex(),
        160,
    ));
}

#[test]
fn max_pools_agree_with_burn_forward_and_backward() {
    block_on(kernel_cases::assert_pools_agree(&Device::flex(), 80));
}

#[test]
fn sigmoids_and_adam_agree_with_burn() {
    block_on(kernel_cases::assert_pointwise_agree(&Device::flex()));
}

#[test]
fn a_nan_stays_a_nan() {
    block_on(kernel_cases::assert_nan_stays(&Device::flex()));
}

#[test]
fn relu_rules_agree_with_burn() {
    block_on(kernel_cases::assert_relus_agree(&Device::flex()));
}
