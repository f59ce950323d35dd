//! The kernels beside Burn's own operations: the CPU's, and with the feature `native-webgpu` the
//! GPU's on Vulkan, Metal or Direct3D 12. In browsers `web.rs` holds both to the same.
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

/// A missing adapter fails these tests. `make test-gpu` has Mesa's lavapipe installed where there
/// is apt, which needs no GPU.
#[cfg(feature = "native-webgpu")]
mod native_webgpu {
    use deep_inside::device::{DeviceChoice, native_adapter};
    use deep_inside::engine::Engine;

    use super::*;

    fn gpu() -> Device {
        let device = block_on(async {
            Engine::open(DeviceChoice::WebGpu, native_adapter().await)
                .await
                .unwrap()
                .device
        });
        assert_eq!(device.kind, "webgpu");
        println!("on {}", device.adapter);
        device.tensors
    }

    #[test]
    fn convolutions_and_their_ways_back_are_those_of_burn() {
        block_on(kernel_cases::assert_convolutions_agree(&gpu(), 48));
    }

    #[test]
    fn pools_and_their_ways_back_are_those_of_burn() {
        block_on(kernel_cases::assert_pools_agree(&gpu(), 32));
    }

    #[test]
    fn sigmoids_and_steps_of_adam_are_those_of_burn() {
        block_on(kernel_cases::assert_pointwise_agree(&gpu()));
    }

    #[test]
    fn what_is_not_a_number_stays_none() {
        block_on(kernel_cases::assert_nan_stays(&gpu()));
    }

    #[test]
    fn ways_back_through_relus_are_those_of_burn() {
        block_on(kernel_cases::assert_relus_agree(&gpu()));
    }
}
