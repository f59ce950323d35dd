//! The CPU's kernels beside Burn's own operations. The GPU's are held to the same in `web.rs`.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kernel_cases;

use burn::tensor::Device;
use pollster::block_on;

#[test]
fn convolutions_and_their_ways_back_are_those_of_burn() {
    block_on(kernel_cases::assert_convolutions_agree(
        &Device::flex(),
        160,
    ));
}

#[test]
fn pools_and_their_ways_back_are_those_of_burn() {
    block_on(kernel_cases::assert_pools_agree(&Device::flex(), 80));
}

#[test]
fn sigmoids_and_steps_of_adam_are_those_of_burn() {
    block_on(kernel_cases::assert_pointwise_agree(&Device::flex()));
}

#[test]
fn what_is_not_a_number_stays_none() {
    block_on(kernel_cases::assert_nan_stays(&Device::flex()));
}

#[test]
fn ways_back_through_relus_are_those_of_burn() {
    block_on(kernel_cases::assert_relus_agree(&Device::flex()));
}
