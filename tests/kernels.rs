//! Compares the kernels with Burn's own operations: on the CPU, and with the feature
//! `native-webgpu` on a GPU by Vulkan, Metal or Direct3D 12. `web.rs` does the same in browsers.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kernel_cases;

use burn::tensor::Device;
use kernel_cases::general;
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
fn convolutions_of_every_kind_agree_with_plain_loops() {
    block_on(general::assert_convolutions_agree(&Device::flex(), 240));
}

#[test]
fn max_pools_of_every_kind_agree_with_plain_loops() {
    block_on(general::assert_max_pools_agree(&Device::flex(), 240));
}

#[test]
fn average_pools_agree_with_plain_loops() {
    block_on(general::assert_average_pools_agree(&Device::flex(), 160));
}

#[test]
fn clips_agree_with_plain_loops() {
    block_on(general::assert_clips_agree(&Device::flex()));
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

/// Without an adapter these tests fail. `make test-gpu` installs Mesa's software adapter, lavapipe,
/// where there is apt.
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
    fn convolutions_agree_with_burn_forward_and_backward() {
        block_on(kernel_cases::assert_convolutions_agree(&gpu(), 48));
    }

    #[test]
    fn max_pools_agree_with_burn_forward_and_backward() {
        block_on(kernel_cases::assert_pools_agree(&gpu(), 32));
    }

    #[test]
    fn convolutions_of_every_kind_agree_with_plain_loops() {
        block_on(general::assert_convolutions_agree(&gpu(), 96));
    }

    #[test]
    fn max_pools_of_every_kind_agree_with_plain_loops() {
        block_on(general::assert_max_pools_agree(&gpu(), 96));
    }

    #[test]
    fn average_pools_agree_with_plain_loops() {
        block_on(general::assert_average_pools_agree(&gpu(), 64));
    }

    #[test]
    fn clips_agree_with_plain_loops() {
        block_on(general::assert_clips_agree(&gpu()));
    }

    #[test]
    fn sigmoids_and_adam_agree_with_burn() {
        block_on(kernel_cases::assert_pointwise_agree(&gpu()));
    }

    #[test]
    fn a_nan_stays_a_nan() {
        block_on(kernel_cases::assert_nan_stays(&gpu()));
    }

    #[test]
    fn relu_rules_agree_with_burn() {
        block_on(kernel_cases::assert_relus_agree(&gpu()));
    }
}
