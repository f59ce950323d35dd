//! Properties that saliency methods promise; each test covers every method that has the property.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod golden;

use std::cell::RefCell;
use std::future::{Future, ready};
use std::pin::Pin;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::Error;
use deep_inside::class_model::{ClassModelRun, ClassModelSettings};
use deep_inside::device::{DeviceChoice, read_back};
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::gradient::{Target, score, score_gradient};
use deep_inside::image_input::decode_file;
use deep_inside::kernels::{Convolution, ConvolutionShape, PoolShape};
use deep_inside::networks::graph::{Graph, INPUT, Operation};
use deep_inside::networks::{LayerRef, NETWORKS, Network, ReluRule, Retain};
use deep_inside::preprocess::Crops;
use deep_inside::progress::{NoProgress, Progress};
use deep_inside::rng::Rng;
use deep_inside::saliency::{
    AttributionInput, GradCamSettings, IntegratedGradientsSettings, RuleComparison,
    SALIENCY_METHODS, Saliency, SaliencySettings, SmoothGradSettings, compare_rules,
    gauss_legendre, rank_correlation, saliency_map, saliency_method,
};
use pollster::block_on;

fn network() -> Network {
    Network::load(&NETWORKS[0], golden::WEIGHTS, &Device::flex()).unwrap()
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

#[test]
fn attributions_agree_with_captum() {
    block_on(golden::assert_attributions_agree(&network(), 1e-4));
}

#[test]
fn gradients_of_hidden_neurons_agree_with_pytorch() {
    block_on(golden::assert_neurons_agree(&network(), 1e-4));
}

/// The points at which a method evaluates the gradient, each with its weight, and the factor of the
/// weighted sum; `None` for methods whose attribution is not made of gradients.
fn as_gradients(
    method: &str,
    settings: &SaliencySettings,
    picture: &Tensor<4>,
) -> Option<(Vec<(Tensor<4>, f64)>, Tensor<4>)> {
    let ones = picture.ones_like();
    match method {
        "gradient" => Some((vec![(picture.clone(), 1.0)], ones)),
        "gradient_times_input" => Some((vec![(picture.clone(), 1.0)], picture.clone())),
        "smooth_grad" => {
            let smooth_grad = settings.smooth_grad;
            let noisy = |sample| {
                let mut rng = Rng::stream(smooth_grad.seed, sample as u64);
                let noise =
                    rng.normal_tensor(picture.dims(), smooth_grad.sigma * 255.0, &Device::flex());
                (picture.clone() + noise, 1.0 / smooth_grad.samples as f64)
            };
            Some(((0..smooth_grad.samples).map(noisy).collect(), ones))
        }
        "integrated_gradients" => {
            let point = |[coordinate, weight]: [f64; 2]| {
                (picture.clone().mul_scalar(coordinate as f32), weight)
            };
            Some((
                gauss_legendre(settings.integrated_gradients.steps)
                    .into_iter()
                    .map(point)
                    .collect(),
                picture.clone(),
            ))
        }
        "grad_cam" | "deconvnet" | "guided_backprop" | "guided_grad_cam" => None,
        _ => panic!("state here which gradients {method} is made of, or that it is not"),
    }
}

#[test]
fn gradient_methods_agree_with_central_differences() {
    let (side, step) = (67, 0.1);
    let mut compared = 0;
    for definition in NETWORKS {
        let network = Network::load(definition, golden::WEIGHTS, &Device::flex()).unwrap();
        // In noise, fewer units are near their kinks than in a smooth picture.
        let picture = Rng::new(9).normal_tensor([1, 3, side, side], 60.0, &Device::flex());
        for target in [Target::Class(76), neuron("features.6", 100, None)] {
            for method in SALIENCY_METHODS {
                let settings = SaliencySettings {
                    smooth_grad: samples(3),
                    integrated_gradients: IntegratedGradientsSettings { steps: 3 },
                    ..one_crop(target.clone(), method.id)
                };
                let Some((points, factor)) = as_gradients(method.id, &settings, &picture) else {
                    continue;
                };
                let input = AttributionInput {
                    network: &network,
                    settings: &settings,
                    pictures: picture.clone(),
                };
                let ours =
                    values((method.attribute)(&input, 0..(method.passes)(&settings)).unwrap());
                let factor = values(factor);
                let indices = (0..20).map(|k| k * 653 + 11);
                let difference = |index: usize| {
                    let mut change = vec![0.0; 3 * side * side];
                    change[index] = step;
                    let change = tensor(change, [1, 3, side, side]);
                    let rises = points.iter().map(|(point, weight)| {
                        let both = Tensor::cat(
                            vec![
                                point.clone() + change.clone(),
                                point.clone() - change.clone(),
                            ],
                            0,
                        );
                        let scores =
                            block_on(read_back(score(&network, both, &target).unwrap())).unwrap();
                        weight * (f64::from(scores[0]) - f64::from(scores[1]))
                    });
                    (rises.sum::<f64>() / f64::from(2.0 * step)) as f32 * factor[index]
                };
                let (differences, derivatives): (Vec<f32>, Vec<f32>) = indices
                    .map(|index| (difference(index), ours[index]))
                    .unzip();
                // The tolerance is for float32: the step is so small, to avoid kinks, that the last
                // bits of the scores matter. A third of the step and three times it are both worse.
                // Captum's goldens test the accuracy.
                let error = golden::relative_l2(&differences, &derivatives);
                assert!(
                    error <= 0.08,
                    "{} of {target:?}: relative error {error:.3}",
                    method.id
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 8 * NETWORKS.len());
}

#[test]
fn integrated_gradients_sum_to_the_rise_of_the_score() {
    for (name, _) in golden::PICTURES {
        let (engine, class) = engine_showing(name);
        let settings = SaliencySettings {
            integrated_gradients: IntegratedGradientsSettings { steps: 64 },
            ..one_crop(Target::Class(class), "integrated_gradients")
        };
        let gap = saliency(&engine, &settings).completeness_gap.unwrap();
        println!("{name}: {:.2} %", 100.0 * gap);
        assert!(
            gap <= 0.01,
            "{name}: relative error of the sum {:.2} %",
            100.0 * gap
        );
    }
}

#[test]
fn without_a_relu_the_deconvnet_is_the_gradient_bit_for_bit() {
    let mut rng = Rng::new(5);
    let mut convolution = |channels_in, channels_out, kernel, stride, padding| {
        let shape = ConvolutionShape {
            channels_in,
            channels_out,
            kernel,
            stride,
            padding,
        };
        let weight = rng.normal_values(channels_in * channels_out * kernel * kernel, 0.3);
        Operation::Convolution(Convolution::new(
            weight,
            Tensor::zeros([channels_out], &Device::flex()),
            shape,
        ))
    };
    let mut graph = Graph::default();
    let first = graph.push("first", convolution(3, 8, 3, 2, 0), &[INPUT]);
    let pool = graph.push(
        "pool",
        Operation::MaxPool(PoolShape {
            kernel: 3,
            stride: 2,
        }),
        &[first],
    );
    let left = graph.push("left", convolution(8, 6, 1, 1, 0), &[pool]);
    let right = graph.push("right", convolution(8, 6, 3, 1, 1), &[pool]);
    graph.push("both", Operation::Concatenate, &[left, right]);
    let (features, trace) = graph
        .forward(waves(41), graph.features(), Retain::Nothing)
        .unwrap();
    let signal = rng.normal_tensor(features.dims(), 1.0, &Device::flex());
    let backward = |rule| {
        values(
            graph
                .backward(&trace, signal.clone(), rule, INPUT, |_, _| ())
                .unwrap(),
        )
    };
    let gradient = backward(ReluRule::Gradient);
    assert!(gradient.iter().any(|&value| value != 0.0));
    for rule in [ReluRule::DeconvNet, ReluRule::Guided] {
        assert!(
            backward(rule)
                .iter()
                .zip(&gradient)
                .all(|(a, b)| a.to_bits() == b.to_bits()),
            "{rule:?}"
        );
    }
}

#[test]
fn gradient_and_deconvnet_differ_only_at_relus() {
    let (engine, class) = engine_showing("chelsea");
    let layers = block_on(engine.compare_rules(&Target::Class(class), &NoProgress)).unwrap();
    let network = engine.network().unwrap();
    assert_eq!(layers.len(), network.graph.layers().len());
    let (relus, others): (Vec<&RuleComparison>, Vec<_>) =
        layers.iter().partition(|layer| layer.kind == "relu");
    assert!(
        others.iter().all(|layer| layer.relative_difference == 0.0),
        "{others:?}"
    );
    assert!(
        relus
            .iter()
            .all(|layer| layer.relative_difference > 0.01 && layer.relative_difference <= 1.0),
        "{relus:?}"
    );
    let on_every_path = |name: &str| {
        layers
            .iter()
            .find(|layer| layer.layer == name)
            .unwrap()
            .on_every_path
    };
    assert!(
        [
            "features.12",
            "features.12.squeeze",
            "features.5",
            "features.0",
            "picture"
        ]
        .into_iter()
        .all(on_every_path)
    );
    assert!(
        !["features.12.expand1x1", "features.3.expand3x3_activation"]
            .into_iter()
            .any(on_every_path)
    );
    let (first, last) = (&layers[0], &layers[layers.len() - 1]);
    assert_eq!((first.kind, last.kind), ("concatenation", "picture"));
    assert!((first.cosine - 1.0).abs() < 1e-6, "{first:?}");
    assert!(last.cosine < 0.9, "{last:?}");
}

#[test]
fn at_the_picture_the_cosine_is_that_of_the_two_input_signals() {
    let (network, picture, target) = (network(), waves(95), Target::Class(340));
    let layers = block_on(compare_rules(
        &network,
        picture.clone(),
        &target,
        &NoProgress,
    ))
    .unwrap();
    let [gradient, deconvnet] = [ReluRule::Gradient, ReluRule::DeconvNet].map(|rule| {
        values(
            score_gradient(&network, picture.clone(), &target, rule)
                .unwrap()
                .gradients,
        )
    });
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let cosine = dot(&gradient, &deconvnet)
        / (dot(&gradient, &gradient) * dot(&deconvnet, &deconvnet)).sqrt();
    assert!(
        (f64::from(layers[layers.len() - 1].cosine) - cosine).abs() < 1e-4,
        "{cosine}"
    );
}

#[test]
fn a_comparison_for_a_hidden_neuron_has_the_layers_on_paths_to_it() {
    let network = network();
    for (layer, beside) in [
        ("features.3.expand3x3", "features.3.expand1x1"),
        ("features.3.expand1x1", "features.3.expand3x3"),
    ] {
        let layers = block_on(compare_rules(
            &network,
            waves(67),
            &neuron(layer, 5, None),
            &NoProgress,
        ))
        .unwrap();
        let names: Vec<&str> = layers.iter().map(|layer| layer.layer.as_str()).collect();
        assert_eq!((names[0], names[names.len() - 1]), (layer, "picture"));
        assert!(!names.contains(&beside), "{names:?}");
        let (relus, others): (Vec<&RuleComparison>, Vec<_>) =
            layers.iter().partition(|layer| layer.kind == "relu");
        assert!(
            others.iter().all(|layer| layer.relative_difference == 0.0),
            "{others:?}"
        );
        assert!(
            relus.iter().all(|layer| layer.relative_difference > 0.01),
            "{relus:?}"
        );
    }
}

/// The rank correlations, of signs and of magnitudes, between `method`'s maps of the trained
/// network and of one whose layers are all random, for one picture.
fn correlations_when_random(name: &str, method: &str) -> [f64; 2] {
    let (engine, class) = engine_showing(name);
    let settings = one_crop(Target::Class(class), method);
    let mut check = block_on(engine.sanity_check(settings, 1, &NoProgress)).unwrap();
    let layers = check.left();
    let mut randomised = Vec::new();
    while let Some(step) = block_on(check.step(&NoProgress)).unwrap() {
        randomised.push(step);
    }
    assert_eq!(
        (randomised.len(), randomised[0].layer.as_str()),
        (layers, "classifier.1")
    );
    let last = randomised.last().unwrap();
    assert_eq!((last.layer.as_str(), last.left), ("features.0", 0));
    for (what, of) in [("signs", 0), ("magnitudes", 1)] {
        let progress = randomised.iter().map(|step| {
            format!(
                "{:.2}",
                [step.correlation, step.magnitude_correlation][of].unwrap()
            )
        });
        println!(
            "{name}, {method}, {what}: {}",
            progress.collect::<Vec<_>>().join(" ")
        );
    }
    // Each correlation is of the values that its name says.
    let signed = &check.original().signed;
    assert_eq!(rank_correlation(&last.signed, signed), last.correlation);
    assert_eq!(
        rank_correlation(&last.map.values, &check.original().map.values),
        last.magnitude_correlation
    );
    [
        last.correlation.unwrap(),
        last.magnitude_correlation.unwrap(),
    ]
}

#[test]
fn full_randomisation_removes_the_gradients_signs_only_and_neither_of_guided_backprop() {
    for (name, _) in golden::PICTURES {
        let [gradient, guided] =
            ["gradient", "guided_backprop"].map(|method| correlations_when_random(name, method));
        println!("{name}: gradient {gradient:.3?}, guided_backprop {guided:.3?}");
        assert!(gradient[0].abs() < 0.2, "{name}: signs {:.3}", gradient[0]);
        assert!(
            (0.2..0.7).contains(&gradient[1]),
            "{name}: magnitudes {:.3}",
            gradient[1]
        );
        assert!(
            guided[0] > 0.2 && guided[1] > gradient[1],
            "{name}: guided_backprop {guided:.3?}, gradient {gradient:.3?}"
        );
    }
}

#[test]
fn randomisation_leaves_the_engines_network_unchanged() {
    let (engine, class) = engine_showing("coffee");
    let settings = one_crop(Target::Class(class), "gradient");
    let before = saliency(&engine, &settings);
    let mut check = block_on(engine.sanity_check(settings.clone(), 1, &NoProgress)).unwrap();
    assert_eq!(check.original(), &before);
    let step = block_on(check.step(&NoProgress)).unwrap().unwrap();
    assert_ne!(step.map, before.map);
    assert_eq!(
        rank_correlation(&step.map.values, &before.map.values),
        step.magnitude_correlation
    );
    assert!(step.correlation.is_some());
    assert_eq!(saliency(&engine, &settings), before);
}

#[test]
fn signed_values_are_the_gradients_sums_over_colours() {
    let (engine, class) = engine_showing("rocket");
    let planes = block_on(engine.input_gradient(&Target::Class(class))).unwrap();
    let saliency = saliency(&engine, &one_crop(Target::Class(class), "gradient"));
    let pixels = planes.len() / 3;
    let of = |pixel: usize| {
        [
            planes[pixel],
            planes[pixels + pixel],
            planes[2 * pixels + pixel],
        ]
    };
    let sums: Vec<f32> = (0..pixels).map(|pixel| of(pixel).iter().sum()).collect();
    let magnitudes: Vec<f32> = (0..pixels)
        .map(|pixel| of(pixel).iter().fold(0.0, |m, g| g.abs().max(m)))
        .collect();
    assert!(golden::relative_l2(&saliency.signed, &sums) < 1e-5);
    assert!(golden::relative_l2(&saliency.map.values, &magnitudes) < 1e-6);
}

#[test]
fn a_map_does_not_depend_on_how_its_passes_are_batched() {
    let network = network();
    let photo = decode_file(golden::PICTURES[0].1).unwrap();
    for (method, (crops, passes)) in SALIENCY_METHODS
        .iter()
        .flat_map(|method| [(Crops::One, 5), (Crops::Ten, 1)].map(|of| (method, of)))
    {
        let settings = SaliencySettings {
            method,
            crops,
            smooth_grad: samples(passes),
            integrated_gradients: IntegratedGradientsSettings { steps: passes },
            ..SaliencySettings::new(Target::Class(285))
        };
        let map = |batch| {
            block_on(saliency_map(
                &network,
                &photo,
                &settings,
                batch,
                &NoProgress,
            ))
            .unwrap()
        };
        let (one, four) = (map(1), map(4));
        for (one, four) in [
            (&one.map.values, &four.map.values),
            (&one.signed, &four.signed),
        ] {
            let difference = golden::relative_l2(four, one);
            assert!(difference < 1e-4, "{}: {difference:.1e}", method.id);
        }
        assert!(
            one.map
                .values
                .iter()
                .all(|value| value.is_finite() && *value >= 0.0),
            "{}",
            method.id
        );
        assert!(
            one.map.values.iter().any(|&value| value > 0.0),
            "{}",
            method.id
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_smooth_grad() {
    let (engine, class) = engine_showing("chelsea");
    let settings = |seed| SaliencySettings {
        smooth_grad: SmoothGradSettings { seed, ..samples(2) },
        ..one_crop(Target::Class(class), "smooth_grad")
    };
    let first = saliency(&engine, &settings(3));
    assert_eq!(saliency(&engine, &settings(3)), first);
    assert_ne!(saliency(&engine, &settings(4)), first);
}

#[test]
fn layers_are_listed_with_the_shapes_of_their_outputs() {
    let network = network();
    let layers = network.layers();
    let side = network.input.side;
    for layer in &layers {
        let target = Target::Neuron {
            layer: network.layer(&layer.name).unwrap(),
            channel: layer.channels - 1,
            position: Some([layer.rows - 1, layer.columns - 1]),
        };
        let probe = target.probe(&network, side).unwrap();
        let (activations, _) = network
            .graph
            .forward(waves(side), probe.layer, Retain::Nothing)
            .unwrap();
        let [_, channels, rows, columns] = activations.dims();
        assert_eq!(
            [rows, columns],
            [layer.rows, layer.columns],
            "{}",
            layer.name
        );
        if network.layer(&layer.name).unwrap() != LayerRef::Classifier {
            assert_eq!(channels, layer.channels, "{}", layer.name);
        }
    }
    let last = layers.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.channels, last.rows, last.columns),
        ("classifier.1", 1000, 14, 14)
    );
}

#[test]
fn a_class_score_is_the_mean_of_its_channel() {
    let (engine, class) = engine_showing("motorcycle");
    let of = |target: Target| saliency(&engine, &one_crop(target, "gradient"));
    let as_class = of(Target::Class(class));
    assert_eq!(of(neuron("classifier.1", class, None)), as_class);
    assert_ne!(of(neuron("classifier.1", class, Some([0, 0]))), as_class);
}

#[test]
fn a_hidden_neuron_has_a_class_model() {
    let settings = ClassModelSettings {
        seed: 1,
        side: Some(96),
        ..ClassModelSettings::new(neuron("features.6", 100, None))
    };
    let mut run = ClassModelRun::new(network().into(), &settings).unwrap();
    let start = block_on(run.step(0)).unwrap();
    let end = block_on(run.step(12)).unwrap();
    assert!(end.score > start.score + 1.0, "{start:?}, {end:?}");
    assert_eq!(end.probability, None);
}

#[test]
fn invalid_settings_are_coded_errors() {
    let (engine, class) = engine_showing("chelsea");
    let good = one_crop(Target::Class(class), "smooth_grad");
    let cam = |layer: &str, target| {
        let grad_cam = GradCamSettings {
            layer: Some(layer.to_owned()),
        };
        SaliencySettings {
            grad_cam,
            ..one_crop(target, "grad_cam")
        }
    };
    let about = |target| one_crop(target, "gradient");
    let of_layer = |id| Target::Neuron {
        layer: LayerRef::Hidden(id),
        channel: 0,
        position: None,
    };
    for name in ["features.99", "picture"] {
        let error = network().layer(name).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range", "{name}");
    }
    let sigmas = [f32::NAN, -0.1, 0.0, 1.1, f32::INFINITY, 1e30];
    let bad = sigmas
        .map(|sigma| SaliencySettings {
            smooth_grad: SmoothGradSettings {
                sigma,
                ..SmoothGradSettings::default()
            },
            ..good.clone()
        })
        .into_iter()
        .chain([0, 1001, usize::MAX].map(|count| SaliencySettings {
            smooth_grad: samples(count),
            ..good.clone()
        }))
        .chain([0, 1001, usize::MAX].map(|steps| SaliencySettings {
            integrated_gradients: IntegratedGradientsSettings { steps },
            ..good.clone()
        }))
        .chain([
            about(of_layer(INPUT)),
            about(of_layer(usize::MAX)),
            about(neuron("features.6", 256, None)),
            about(neuron("classifier.1", 1000, None)),
            about(neuron("features.6", 0, Some([28, 0]))),
            about(neuron("features.6", 0, Some([0, usize::MAX]))),
            cam("nowhere", Target::Class(class)),
            cam("features.12", neuron("features.6", 0, None)),
            cam("classifier.1", neuron("features.12", 0, None)),
        ]);
    for settings in bad {
        let error = block_on(engine.saliency(&settings, &NoProgress)).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range", "{settings:?}");
    }
    for settings in [
        about(Target::Class(1000)),
        cam("features.6", Target::Class(usize::MAX)),
    ] {
        let error = block_on(engine.saliency(&settings, &NoProgress)).unwrap_err();
        assert_eq!(error.code(), "class-out-of-range", "{settings:?}");
    }
}

#[test]
fn a_method_is_found_by_its_id_alone() {
    for method in SALIENCY_METHODS {
        assert_eq!(saliency_method(method.id).unwrap().title, method.title);
    }
    for id in ["magic", "", "Gradient"] {
        let error = saliency_method(id).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range", "{id}");
    }
}

/// Records the reports, and cancels at the report with the number `last`, from 1.
struct Recorder {
    reports: RefCell<Vec<(usize, usize)>>,
    last: usize,
}

impl Progress for Recorder {
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        let mut reports = self.reports.borrow_mut();
        reports.push((done, total));
        let answer = if reports.len() == self.last {
            Err(Error::Cancelled)
        } else {
            Ok(())
        };
        Box::pin(ready(answer))
    }
}

#[test]
fn locating_has_one_progress_for_map_and_cut_and_can_be_cancelled_in_both() {
    let (engine, class) = engine_showing("chelsea");
    let locate = |last| {
        let recorder = Recorder {
            reports: RefCell::default(),
            last,
        };
        let outcome = block_on(engine.locate(class, LocateMode::Best, &recorder)).map(drop);
        (outcome, recorder.reports.into_inner())
    };
    let (outcome, reports) = locate(usize::MAX);
    outcome.unwrap();
    let total = reports[0].1;
    assert!(
        reports.iter().all(|&(_, of)| of == total) && reports.is_sorted(),
        "{reports:?}"
    );
    let of_map = reports
        .iter()
        .position(|&(done, _)| done == total - 2)
        .unwrap();
    assert!(of_map > 0 && reports.len() > of_map + 1, "{reports:?}");
    for last in [1, reports.len()] {
        let (outcome, reports) = locate(last);
        assert_eq!((outcome, reports.len()), (Err(Error::Cancelled), last));
    }
}
