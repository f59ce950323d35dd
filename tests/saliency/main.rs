//! Properties that saliency methods promise; each test covers every method that has the property.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../golden/mod.rs"]
mod golden;

mod attributions;
mod inputs;
mod maps;
mod randomisation;
mod rule_comparison;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::device::{DeviceChoice, read_back};
use deep_inside::engine::Engine;
use deep_inside::gradient::Target;
use deep_inside::image_input::decode_file;
use deep_inside::networks::Network;
use deep_inside::preprocess::Crops;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::{Saliency, SaliencySettings, SmoothGradSettings, saliency_method};
use pollster::block_on;

fn network() -> Network {
    Network::load("squeezenet1_1", golden::WEIGHTS, &Device::flex()).unwrap()
}

/// An engine on the CPU with the golden picture `name`, and the picture's most likely class.
fn engine_showing(name: &str) -> (Engine, usize) {
    let mut engine = block_on(golden::engine(DeviceChoice::Cpu, None));
    let (_, png) = golden::PICTURES
        .iter()
        .find(|(golden, _)| *golden == name)
        .unwrap();
    engine.set_picture(decode_file(png).unwrap());
    let scores = block_on(engine.classify()).unwrap();
    let class = (0..scores.len())
        .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
        .unwrap();
    (engine, class)
}

fn one_crop(target: Target, method: &str) -> SaliencySettings {
    SaliencySettings {
        method: saliency_method(method).unwrap(),
        crops: Crops::One,
        ..SaliencySettings::new(target)
    }
}

fn samples(samples: usize) -> SmoothGradSettings {
    SmoothGradSettings {
        samples,
        ..SmoothGradSettings::default()
    }
}

fn saliency(engine: &Engine, settings: &SaliencySettings) -> Saliency {
    block_on(engine.saliency(settings, &NoProgress)).unwrap()
}

fn tensor(values: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    block_on(read_back(tensor)).unwrap()
}

/// A normalised picture of smooth waves. No two neighbouring values are equal, so no max-pool has
/// ties.
fn waves(side: usize) -> Tensor<4> {
    let wave = |k| 60.0 * ((k as f32 * 0.137).sin() + (k as f32 / side as f32 * 0.41).cos());
    tensor((0..3 * side * side).map(wave).collect(), [1, 3, side, side])
}

/// A hidden neuron of the first network.
fn neuron(layer: &str, channel: usize, position: Option<[usize; 2]>) -> Target {
    Target::Neuron {
        layer: network().layer(layer).unwrap(),
        channel,
        position,
    }
}
