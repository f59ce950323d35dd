//! Compares the network of this crate with SqueezeNet 1.1 as an ordinary Burn module: from the same
//! weights file, the same scores and, by Burn's automatic differentiation, the same gradients.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod golden;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{AdaptiveAvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{PaddingConfig2d, Relu};
use burn::tensor::{Device, Tensor};
use burn_store::{HalfPrecisionAdapter, ModuleSnapshot, SafetensorsStore};
use deep_inside::device::read_back;
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::graph::ReluRule;
use deep_inside::networks::Network;
use deep_inside::onnx::parse_model;
use pollster::block_on;
use safetensors::tensor::{Dtype, TensorView, serialize};

/// The largest relative L2 difference on the CPU.
const TOLERANCE: f64 = 1e-5;

/// The file of [`module_values`], with which browser tests compare each device.
const VALUES_FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/burn_module.safetensors"
);

/// The bundled weights in the format that Burn's modules read.
fn bundled_weights() -> Vec<u8> {
    let model = parse_model(golden::WEIGHTS).unwrap();
    let tensors = model.graph.initializers.iter().map(|tensor| {
        let name = tensor.name.strip_suffix(".f16").unwrap();
        let shape = tensor.dims.iter().map(|&length| length as usize);
        let view = TensorView::new(Dtype::F16, shape.collect(), tensor.raw.unwrap());
        (name, view.unwrap())
    });
    serialize(tensors, None).unwrap()
}

/// SqueezeNet 1.1 without dropout, which is for training only. The indices in `features` are
/// torchvision's, as in the names of the stored weights.
#[derive(Module, Debug)]
struct SqueezeNet {
    features: Vec<Layer>,
    classifier: Conv2d,
}

/// One of the layers in `features`.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "there are thirteen of them")]
enum Layer {
    Convolution(Conv2d),
    Relu(Relu),
    MaxPool(MaxPool2d),
    Fire(Fire),
}

/// A 1x1 convolution that squeezes the channels, then a 1x1 and a 3x3 convolution side by side that
/// expand them.
#[derive(Module, Debug)]
struct Fire {
    squeeze: Conv2d,
    expand1x1: Conv2d,
    expand3x3: Conv2d,
    relu: Relu,
}

impl SqueezeNet {
    /// The network with its initial, random weights.
    fn new(device: &Device) -> Self {
        let fire = |channels, squeezed, expanded| {
            Layer::Fire(Fire::new(channels, squeezed, expanded, device))
        };
        let pool = || {
            Layer::MaxPool(
                MaxPool2dConfig::new([3, 3])
                    .with_strides([2, 2])
                    .with_ceil_mode(true)
                    .init(),
            )
        };
        let first = Conv2dConfig::new([3, 64], [3, 3])
            .with_stride([2, 2])
            .init(device);
        let features = vec![
            Layer::Convolution(first),
            Layer::Relu(Relu::new()),
            pool(),
            fire(64, 16, 64),
            fire(128, 16, 64),
            pool(),
            fire(128, 32, 128),
            fire(256, 32, 128),
            pool(),
            fire(256, 48, 192),
            fire(384, 48, 192),
            fire(384, 64, 256),
            fire(512, 64, 256),
        ];
        let classifier = Conv2dConfig::new([512, 1000], [1, 1]).init(device);
        Self {
            features,
            classifier,
        }
    }

    /// The network with the bundled weights. A missing or superfluous tensor is an error.
    fn load(device: &Device) -> Self {
        let mut network = Self::new(device);
        // Enumerations are not part of stored names; half precision is converted to single
        // precision.
        let mut store = SafetensorsStore::from_bytes(Some(bundled_weights()))
            .skip_enum_variants(true)
            .with_key_remapping(r"^classifier\.1\.", "classifier.")
            .with_from_adapter(HalfPrecisionAdapter::new());
        let loaded = network.load_from(&mut store).unwrap();
        assert!(
            loaded.missing.is_empty() && loaded.unused.is_empty(),
            "{loaded}"
        );
        network
    }

    /// The class scores of normalised pictures, `[batch, 3, rows, columns]`: `[batch, 1000]`,
    /// before the last ReLU.
    fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        let features = self
            .features
            .iter()
            .fold(pictures, |input, layer| match layer {
                Layer::Convolution(convolution) => convolution.forward(input),
                Layer::Relu(relu) => relu.forward(input),
                Layer::MaxPool(pool) => pool.forward(input),
                Layer::Fire(fire) => fire.forward(input),
            });
        AdaptiveAvgPool2dConfig::new([1, 1])
            .init()
            .forward(self.classifier.forward(features))
            .flatten(1, 3)
    }

    /// The gradient of the score of `class` with respect to a normalised picture, `[1, 3, rows,
    /// columns]`.
    fn gradient(&self, picture: Tensor<4>, class: usize) -> Tensor<4> {
        let picture = picture.autodiff().require_grad();
        let mut gradients = self
            .forward(picture.clone())
            .narrow(1, class, 1)
            .sum()
            .backward();
        picture.grad_remove(&mut gradients).unwrap()
    }
}

impl Fire {
    fn new(channels: usize, squeezed: usize, expanded: usize, device: &Device) -> Self {
        let padding = PaddingConfig2d::Explicit(1, 1, 1, 1);
        Self {
            squeeze: Conv2dConfig::new([channels, squeezed], [1, 1]).init(device),
            expand1x1: Conv2dConfig::new([squeezed, expanded], [1, 1]).init(device),
            expand3x3: Conv2dConfig::new([squeezed, expanded], [3, 3])
                .with_padding(padding)
                .init(device),
            relu: Relu::new(),
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let squeezed = self.relu.forward(self.squeeze.forward(input));
        let expanded = [&self.expand1x1, &self.expand3x3]
            .map(|expand| self.relu.forward(expand.forward(squeezed.clone())));
        Tensor::cat(expanded.to_vec(), 1)
    }
}

fn ours() -> Network {
    Network::load("squeezenet1_1", golden::WEIGHTS, &Device::flex()).unwrap()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    block_on(read_back(tensor)).unwrap()
}

/// Pictures of the network's own side and smaller ones, normalised.
fn pictures(network: &Network) -> Vec<(&'static str, Tensor<4>)> {
    let all = golden::PICTURES.into_iter().chain(golden::SMALL_PICTURES);
    all.map(|(name, png)| (name, golden::normalised_picture(network, png)))
        .collect()
}

fn most_likely(scores: &[f32]) -> usize {
    (0..scores.len())
        .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
        .unwrap()
}

#[test]
fn scores_agree_with_the_burn_module() {
    let (ours, module) = (ours(), SqueezeNet::load(&Device::flex()));
    for (name, picture) in pictures(&ours) {
        let expected = values(module.forward(picture.clone()));
        let difference = golden::relative_l2(&values(ours.scores(picture).unwrap()), &expected);
        println!("{name}: {difference:.1e}");
        assert!(
            difference <= TOLERANCE,
            "{name}: difference of scores {difference:.1e}"
        );
    }
}

#[test]
fn input_gradients_agree_with_automatic_differentiation() {
    let (ours, module) = (ours(), SqueezeNet::load(&Device::flex()));
    for (name, picture) in pictures(&ours) {
        // The most likely class and an unlikely one.
        for class in [most_likely(&values(module.forward(picture.clone()))), 340] {
            let expected = values(module.gradient(picture.clone(), class));
            let gradient = score_gradient(
                &ours,
                picture.clone(),
                &Target::Class(class),
                ReluRule::Gradient,
            )
            .unwrap()
            .gradients;
            let difference = golden::relative_l2(&values(gradient), &expected);
            println!("{name}, class {class}: {difference:.1e}");
            assert!(
                difference <= TOLERANCE,
                "{name}, class {class}: difference of gradients {difference:.1e}"
            );
        }
    }
}

/// The module's scores and gradients for the small pictures, by the keys in
/// `tests/golden/README.md`.
fn module_values() -> Vec<(String, Vec<f32>)> {
    let (ours, module) = (ours(), SqueezeNet::load(&Device::flex()));
    let mut all = Vec::new();
    for (name, png) in golden::SMALL_PICTURES {
        let picture = golden::normalised_picture(&ours, png);
        let scores = values(module.forward(picture.clone()));
        let class = most_likely(&scores);
        let gradient = values(module.gradient(picture, class));
        let norm = gradient
            .iter()
            .map(|&value| f64::from(value).powi(2))
            .sum::<f64>()
            .sqrt();
        all.push((format!("{name}.scores"), scores));
        all.push((
            format!("{name}.gradient.{class}"),
            gradient.into_iter().step_by(golden::STRIDE).collect(),
        ));
        all.push((format!("{name}.gradient.{class}_norm"), vec![norm as f32]));
    }
    all
}

#[test]
fn the_file_for_browser_tests_agrees_with_the_module() {
    let mut stored = golden::read_tensors(&std::fs::read(VALUES_FILE).unwrap());
    for (key, expected) in module_values() {
        let difference = golden::relative_l2(&stored.remove(&key).unwrap(), &expected);
        assert!(
            difference <= TOLERANCE,
            "{key}: difference {difference:.1e}"
        );
    }
    assert!(
        stored.is_empty(),
        "the module has no values for {:?}",
        stored.keys()
    );
}

/// Not a test: writes the file that browser tests read.
#[test]
#[ignore = "writes the golden file: cargo test --test burn_reference -- --ignored"]
fn write_the_modules_values() {
    let all: Vec<(String, usize, Vec<u8>)> = module_values()
        .into_iter()
        .map(|(key, values)| {
            (
                key,
                values.len(),
                values.into_iter().flat_map(f32::to_le_bytes).collect(),
            )
        })
        .collect();
    let views = all.iter().map(|(key, length, bytes)| {
        (
            key,
            TensorView::new(Dtype::F32, vec![*length], bytes).unwrap(),
        )
    });
    std::fs::write(VALUES_FILE, serialize(views, None).unwrap()).unwrap();
}
