//! Compares the native backends with PyTorch; on the CPU also one class's score with all scores.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod golden;

use burn::tensor::{Tensor, TensorData};
use deep_inside::device::{DeviceChoice, read_back};
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::graph::ReluRule;
use deep_inside::networks::Network;
use pollster::block_on;

fn network() -> Network {
    Network::load(
        "squeezenet1_1",
        golden::WEIGHTS,
        &burn::tensor::Device::flex(),
    )
    .unwrap()
}

fn tensor(values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(
        TensorData::new(values, shape),
        &burn::tensor::Device::flex(),
    )
}

/// A normalised picture of smooth waves. No two neighbouring values are equal, so no max-pool has
/// ties.
fn waves(side: usize) -> Vec<f32> {
    (0..3 * side * side)
        .map(|k| 60.0 * ((k as f32 * 0.137).sin() + (k as f32 / side as f32 * 0.41).cos()))
        .collect()
}

#[test]
fn scores_agree_with_pytorch() {
    block_on(async {
        golden::assert_scores_agree(&mut golden::engine(DeviceChoice::Cpu, None).await).await
    });
}

#[test]
fn input_gradients_agree_with_pytorch() {
    block_on(async {
        golden::assert_gradients_agree(&mut golden::engine(DeviceChoice::Cpu, None).await).await
    });
}

#[test]
fn at_a_constant_picture_the_first_maximum_gets_the_gradient() {
    block_on(async {
        golden::assert_constant_picture_agrees(&golden::engine(DeviceChoice::Cpu, None).await).await
    });
}

#[test]
fn deconvnet_and_guided_backprop_agree_with_captum() {
    let (network, goldens) = (network(), golden::goldens());
    for (method, rule) in [
        ("deconvnet", ReluRule::DeconvNet),
        ("guided_backprop", ReluRule::Guided),
    ] {
        for (name, png) in golden::PICTURES {
            let prefix = format!("{name}.{method}.");
            let key = goldens.keys().find(|key| key.starts_with(&prefix)).unwrap();
            let class = key[prefix.len()..].parse().unwrap();
            let picture = deep_inside::image_input::decode_file(png).unwrap();
            let picture = tensor(
                network.input.planes_from_pixels(&picture.rgba()),
                [1, 3, 227, 227],
            );
            let signal = score_gradient(&network, picture, &Target::Class(class), rule)
                .unwrap()
                .gradients;
            let rgb = network
                .input
                .gradient_per_pixel_value(&block_on(read_back(signal)).unwrap());
            let sample: Vec<f32> = rgb.into_iter().step_by(golden::STRIDE).collect();
            let difference = golden::relative_l2(&sample, &goldens[key]);
            assert!(difference <= 1e-4, "{name}, {method}: {difference:.1e}");
        }
    }
}

#[test]
fn the_score_of_one_class_is_among_all_scores() {
    let network = network();
    let picture = tensor(waves(95), [1, 3, 95, 95]);
    let all = block_on(read_back(network.scores(picture.clone()).unwrap())).unwrap();
    for class in [0, 340, 999] {
        let one = score_gradient(
            &network,
            picture.clone(),
            &Target::Class(class),
            ReluRule::Gradient,
        )
        .unwrap()
        .scores;
        let one = block_on(read_back(one)).unwrap()[0];
        assert!(
            (one - all[class]).abs() <= 1e-4 * all[class].abs().max(1.0),
            "{one} against {}",
            all[class]
        );
    }
}

#[test]
fn a_class_outside_the_network_is_a_coded_error() {
    let picture = tensor(waves(67), [1, 3, 67, 67]);
    let error = score_gradient(
        &network(),
        picture,
        &Target::Class(1000),
        ReluRule::Gradient,
    )
    .err()
    .unwrap();
    assert_eq!(error.code(), "class-out-of-range");
}

#[test]
fn a_value_that_is_not_finite_is_an_error() {
    let network = network();
    for (value, from_picture) in [(f32::NAN, true), (f32::INFINITY, true), (f32::NAN, false)] {
        let mut planes = waves(95);
        let target = Target::Class(285);
        let result = if from_picture {
            planes[4000] = value;
            block_on(read_back(
                network.scores(tensor(planes, [1, 3, 95, 95])).unwrap(),
            ))
        } else {
            let of = score_gradient(
                &network,
                tensor(planes, [1, 3, 95, 95]),
                &target,
                ReluRule::Gradient,
            )
            .unwrap();
            block_on(read_back(of.gradients.mul_scalar(value)))
        };
        let error = result.unwrap_err();
        assert_eq!(error.code(), "internal");
        assert!(error.detail().contains("of"), "{}", error.detail());
    }
}

/// Without an adapter these tests fail, as in `kernels.rs`.
#[cfg(feature = "native-webgpu")]
mod native_webgpu {
    use deep_inside::device::native_adapter;
    use deep_inside::engine::Engine;

    use super::*;

    async fn on_webgpu() -> Engine {
        let engine = golden::engine(DeviceChoice::WebGpu, native_adapter().await).await;
        assert_eq!(engine.device.kind, "webgpu");
        engine
    }

    #[test]
    fn scores_agree_with_pytorch() {
        block_on(async { golden::assert_scores_agree(&mut on_webgpu().await).await });
    }

    #[test]
    fn input_gradients_agree_with_pytorch() {
        block_on(async { golden::assert_gradients_agree(&mut on_webgpu().await).await });
    }

    #[test]
    fn at_a_constant_picture_the_first_maximum_gets_the_gradient() {
        block_on(async { golden::assert_constant_picture_agrees(&on_webgpu().await).await });
    }

    #[test]
    fn every_method_and_hidden_neurons_agree_with_captum() {
        block_on(async {
            let engine = on_webgpu().await;
            golden::assert_attributions_agree(engine.network().unwrap(), 1e-3).await;
            golden::assert_neurons_agree(engine.network().unwrap(), 1e-3).await;
        });
    }
}
