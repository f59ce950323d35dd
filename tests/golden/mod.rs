//! Compares an engine with the reference values of PyTorch and Captum. Native and web tests share
//! it, so every backend has to meet the same tolerance.
#![allow(dead_code, reason = "each test file uses its own part of it")]

mod tensors;

use burn::tensor::{Tensor, TensorData};
use deep_inside::device::{Adapter, DeviceChoice, read_back};
use deep_inside::engine::Engine;
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::graph::ReluRule;
use deep_inside::image_input::decode_file;
use deep_inside::networks::Network;
use deep_inside::preprocess::Crops;
use deep_inside::saliency::{
    AttributionInput, GradCamSettings, IntegratedGradientsSettings, SALIENCY_METHODS,
    SaliencyMethod, SaliencySettings, SmoothGradSettings, smooth_grad,
};

pub use tensors::{Tensors, read_tensors};

/// Pictures of the network's own side, so that nothing is resampled.
pub const PICTURES: [(&str, &[u8]); 4] = [
    ("chelsea", include_bytes!("chelsea.png")),
    ("coffee", include_bytes!("coffee.png")),
    ("motorcycle", include_bytes!("motorcycle.png")),
    ("rocket", include_bytes!("rocket.png")),
];

/// Smaller pictures, for tests of many passes: the network is convolutional and takes any side.
pub const SMALL_PICTURES: [(&str, &[u8]); 6] = [
    ("chelsea", include_bytes!("side114/chelsea.png")),
    ("coffee", include_bytes!("side114/coffee.png")),
    ("macaw", include_bytes!("side114/macaw.png")),
    ("red-panda", include_bytes!("side114/red-panda.png")),
    ("crab", include_bytes!("side114/crab.png")),
    ("castle", include_bytes!("side114/castle.png")),
];

/// Layers at which Grad-CAM has a golden.
const CAM_LAYERS: [&str; 3] = ["features.12", "features.7.squeeze", "classifier.1"];

/// Hidden neurons whose gradients have goldens: layer, channel, and the position of the single
/// unit.
const NEURONS: [(&str, usize, [usize; 2]); 4] = [
    ("features.0", 5, [3, 2]),
    ("features.3.squeeze_activation", 7, [3, 2]),
    ("features.6", 17, [3, 2]),
    ("features.9.expand3x3", 33, [3, 2]),
];

/// The bundled weights' file.
pub const WEIGHTS: &[u8] = include_bytes!("../../weights/squeezenet1_1.onnx");

/// Gradients are kept at every 37th of their values.
pub const STRIDE: usize = 37;

/// The largest relative L2 difference from PyTorch for every backend.
const TOLERANCE: f64 = 1e-4;

/// An engine on `device` with the bundled network.
pub async fn engine(choice: DeviceChoice, adapter: Option<Adapter>) -> Engine {
    let mut engine = Engine::open(choice, adapter).await.unwrap();
    engine.load_network("squeezenet1_1", WEIGHTS).unwrap();
    engine
}

/// The golden tensors; `README.md` beside this file explains the keys.
pub fn goldens() -> Tensors {
    read_tensors(include_bytes!("squeezenet1_1.safetensors"))
}

/// `|ours - theirs| / |theirs|` in the L2 norm.
pub fn relative_l2(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let distance = norm(&mut ours.iter().zip(theirs).map(|(a, b)| f64::from(a - b)));
    distance / norm(&mut theirs.iter().map(|&b| f64::from(b)))
}

/// Compares an engine's scores of every picture with PyTorch's.
pub async fn assert_scores_agree(engine: &mut Engine) {
    let goldens = goldens();
    for (name, png) in PICTURES {
        engine.set_picture(decode_file(png).unwrap());
        let difference = relative_l2(
            &engine.classify().await.unwrap(),
            &goldens[&format!("{name}.logits")],
        );
        assert!(
            difference <= TOLERANCE,
            "{name}: difference of scores {difference:.1e}"
        );
    }
}

/// Compares an engine's input gradients of every picture and golden class with PyTorch's.
pub async fn assert_gradients_agree(engine: &mut Engine) {
    let goldens = goldens();
    for (name, png) in PICTURES {
        engine.set_picture(decode_file(png).unwrap());
        let prefix = format!("{name}.gradient.");
        let classes: Vec<usize> = goldens
            .keys()
            .filter_map(|key| key.strip_prefix(&prefix))
            .map(|class| class.parse().unwrap())
            .collect();
        assert_eq!(classes.len(), 3);
        for class in classes {
            let gradient = engine.input_gradient(&Target::Class(class)).await.unwrap();
            let sample: Vec<f32> = gradient.iter().copied().step_by(STRIDE).collect();
            let difference = relative_l2(&sample, &goldens[&format!("{prefix}{class}")]);
            assert!(
                difference <= TOLERANCE,
                "{name}, class {class}: difference of gradients {difference:.1e}"
            );
            let norm = gradient
                .iter()
                .map(|&g| f64::from(g).powi(2))
                .sum::<f64>()
                .sqrt();
            let expected = f64::from(goldens[&format!("{name}.gradient_norm.{class}")][0]);
            assert!(
                (norm / expected - 1.0).abs() <= TOLERANCE,
                "{name}, class {class}: norm {norm}, not {expected}"
            );
        }
    }
}

/// Compares an engine's input gradients with PyTorch's at the constant picture, where every pool
/// window is a tie and the first maximum gets the gradient.
pub async fn assert_constant_picture_agrees(engine: &Engine) {
    let goldens = goldens();
    let network = engine.network().unwrap();
    for class in goldens
        .keys()
        .filter_map(|key| key.strip_prefix("constant.gradient."))
    {
        let dims = network.input.dims(1);
        let picture = network.upload(vec![0.0; dims.iter().product()], dims);
        let gradients = score_gradient(
            network,
            picture,
            &Target::Class(class.parse().unwrap()),
            ReluRule::Gradient,
        )
        .unwrap()
        .gradients;
        let rgb = network
            .input
            .gradient_per_pixel_value(&read_back(gradients).await.unwrap());
        let sample: Vec<f32> = rgb.into_iter().step_by(STRIDE).collect();
        let difference = relative_l2(&sample, &goldens[&format!("constant.gradient.{class}")]);
        assert!(
            difference <= TOLERANCE,
            "class {class} on {}: difference {difference:.1e}",
            engine.device.kind
        );
    }
}

/// The golden tensors of the small pictures.
fn attribution_goldens() -> Tensors {
    read_tensors(include_bytes!("attributions.safetensors"))
}

/// A square picture as the network reads it: `[1, 3, side, side]`.
pub fn normalised_picture(network: &Network, png: &[u8]) -> Tensor<4> {
    let picture = decode_file(png).unwrap();
    let side = picture.width() as usize;
    network.upload(
        network.input.planes_from_pixels(&picture.rgba()),
        [1, 3, side, side],
    )
}

/// The attribution of the first small picture for one class, with few samples and steps.
pub async fn small_attribution(network: &Network, method: &SaliencyMethod) -> Vec<f32> {
    let settings = SaliencySettings {
        smooth_grad: SmoothGradSettings {
            samples: 2,
            ..SmoothGradSettings::default()
        },
        integrated_gradients: IntegratedGradientsSettings { steps: 2 },
        ..SaliencySettings::new(Target::Class(285))
    };
    let input = AttributionInput {
        network,
        settings: &settings,
        pictures: normalised_picture(network, SMALL_PICTURES[0].1),
    };
    read_back((method.attribute)(&input, 0..(method.passes)(&settings)).unwrap())
        .await
        .unwrap()
}

/// Compares the sample and the norm of a `[1, 3, side, side]` tensor with those of the golden
/// `key`.
async fn assert_sample_agrees(ours: Tensor<4>, goldens: &Tensors, key: &str, tolerance: f64) {
    let ours = read_back(ours).await.unwrap();
    let sample: Vec<f32> = ours.iter().copied().step_by(STRIDE).collect();
    let difference = relative_l2(&sample, &goldens[key]);
    assert!(
        difference <= tolerance,
        "{key}: difference {difference:.1e}"
    );
    let norm = ours
        .iter()
        .map(|&value| f64::from(value).powi(2))
        .sum::<f64>()
        .sqrt();
    let expected = f64::from(goldens[&format!("{key}_norm")][0]);
    assert!(
        (norm / expected - 1.0).abs() <= tolerance,
        "{key}: norm {norm}, not {expected}"
    );
}

/// Compares every saliency method's attribution of every small picture and golden class with
/// Captum's.
pub async fn assert_attributions_agree(network: &Network, tolerance: f64) {
    let goldens = attribution_goldens();
    let noise = &goldens["smooth_grad.noise"];
    for (name, png) in SMALL_PICTURES {
        let pictures = normalised_picture(network, png);
        let shape = pictures.dims();
        let classes: Vec<usize> = goldens
            .keys()
            .filter_map(|key| {
                key.strip_prefix(name)?
                    .strip_prefix('.')?
                    .strip_suffix(".score")?
                    .parse()
                    .ok()
            })
            .collect();
        assert_eq!(classes.len(), 3);
        for class in classes {
            for method in SALIENCY_METHODS {
                let settings = |cam_layer: Option<&str>| SaliencySettings {
                    method,
                    crops: Crops::One,
                    integrated_gradients: IntegratedGradientsSettings { steps: 5 },
                    grad_cam: GradCamSettings {
                        layer: cam_layer.map(str::to_owned),
                    },
                    ..SaliencySettings::new(Target::Class(class))
                };
                let attribution = |settings: &SaliencySettings| {
                    let input = AttributionInput {
                        network,
                        settings,
                        pictures: pictures.clone(),
                    };
                    (method.attribute)(&input, 0..(method.passes)(settings)).unwrap()
                };
                let key = format!("{name}.{class}.{}", method.id);
                match method.id {
                    "grad_cam" => {
                        for layer in CAM_LAYERS {
                            let ours = read_back(attribution(&settings(Some(layer))))
                                .await
                                .unwrap();
                            let difference =
                                relative_l2(&ours, &goldens[&format!("{key}.{layer}")]);
                            assert!(
                                difference <= tolerance,
                                "{key}.{layer}: difference {difference:.1e}"
                            );
                        }
                    }
                    "smooth_grad" => {
                        // Captum was given the same noise: one tensor, flattened and rolled by 0,
                        // 4999 and 9998 positions.
                        let samples = (0..3).flat_map(|sample| {
                            let mut rolled = noise.clone();
                            rolled.rotate_right(sample * 4999);
                            rolled
                        });
                        let noise = TensorData::new(
                            samples.collect::<Vec<f32>>(),
                            [3, shape[1], shape[2], shape[3]],
                        );
                        let input = AttributionInput {
                            network,
                            settings: &settings(None),
                            pictures: pictures.clone(),
                        };
                        let sum =
                            smooth_grad(&input, Tensor::from_data(noise, &network.device)).unwrap();
                        assert_sample_agrees(sum.div_scalar(3.0), &goldens, &key, tolerance).await;
                    }
                    _ => {
                        assert_sample_agrees(
                            attribution(&settings(None)),
                            &goldens,
                            &key,
                            tolerance,
                        )
                        .await
                    }
                }
            }
        }
    }
}

/// Compares values and gradients of hidden channels, and of single units, on every small picture
/// with PyTorch's and Captum's.
pub async fn assert_neurons_agree(network: &Network, tolerance: f64) {
    let goldens = attribution_goldens();
    for (name, png) in SMALL_PICTURES {
        for (layer, channel, [row, column]) in NEURONS {
            let mean = format!("{name}.neuron.{layer}.{channel}");
            for (position, key) in [
                (None, mean.clone()),
                (Some([row, column]), format!("{mean}.{row}.{column}")),
            ] {
                let target = Target::Neuron {
                    layer: network.layer(layer).unwrap(),
                    channel,
                    position,
                };
                let of = score_gradient(
                    network,
                    normalised_picture(network, png),
                    &target,
                    ReluRule::Gradient,
                )
                .unwrap();
                let value = read_back(of.scores).await.unwrap();
                let difference = relative_l2(&value, &goldens[&format!("{key}.value")]);
                assert!(
                    difference <= tolerance,
                    "{key}: difference of values {difference:.1e}"
                );
                assert_sample_agrees(of.gradients, &goldens, &key, tolerance).await;
            }
        }
    }
}

/// Compares a network's scores and input gradients of every small picture with those of the Burn
/// module of `tests/burn_reference.rs`.
pub async fn assert_burn_module_agrees(network: &Network, tolerance: f64) {
    let module = read_tensors(include_bytes!("burn_module.safetensors"));
    for (name, png) in SMALL_PICTURES {
        let picture = normalised_picture(network, png);
        let scores = read_back(network.scores(picture.clone()).unwrap())
            .await
            .unwrap();
        let difference = relative_l2(&scores, &module[&format!("{name}.scores")]);
        assert!(
            difference <= tolerance,
            "{name}: difference of scores {difference:.1e}"
        );
        let prefix = format!("{name}.gradient.");
        let class = module
            .keys()
            .find_map(|key| key.strip_prefix(&prefix)?.parse().ok())
            .unwrap();
        let gradients = score_gradient(network, picture, &Target::Class(class), ReluRule::Gradient)
            .unwrap()
            .gradients;
        assert_sample_agrees(gradients, &module, &format!("{prefix}{class}"), tolerance).await;
    }
}
