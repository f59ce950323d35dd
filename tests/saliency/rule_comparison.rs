//! The comparison of the gradient with the DeconvNet signal.

use burn::tensor::{Device, Tensor};
use deep_inside::gradient::{Target, score_gradient};
use deep_inside::graph::operators::{Concatenation, Convolutions, MaxPool};
use deep_inside::graph::{Graph, INPUT, ReluRule, Retain, Shape};
use deep_inside::kernels::{Convolution, ConvolutionShape, PoolShape};
use deep_inside::progress::NoProgress;
use deep_inside::rng::Rng;
use deep_inside::saliency::{RuleComparison, compare_rules};
use pollster::block_on;

use crate::{engine_showing, network, neuron, values, waves};

#[test]
fn without_a_relu_the_deconvnet_is_the_gradient_bit_for_bit() {
    let mut rng = Rng::new(5);
    let mut convolution = |channels_in, channels_out, kernel, stride, padding| {
        let shape = ConvolutionShape::square(channels_in, channels_out, kernel, stride, padding);
        let weight = rng.normal_values(channels_out * shape.fan_in(), 0.3);
        Convolutions::from(Convolution::new(
            weight,
            Tensor::zeros([channels_out], &Device::flex()),
            shape,
        ))
    };
    let mut graph = Graph::new(Shape::new([3, 41, 41]));
    let first = convolution(3, 8, 3, 2, 0);
    let first = graph.add("first", first, &[INPUT]).unwrap();
    let pool = MaxPool(PoolShape::square(3, 2));
    let pool = graph.add("pool", pool, &[first]).unwrap();
    let left = convolution(8, 6, 1, 1, 0);
    let left = graph.add("left", left, &[pool]).unwrap();
    let right = convolution(8, 6, 3, 1, 1);
    let right = graph.add("right", right, &[pool]).unwrap();
    graph
        .add("both", Concatenation::CHANNELS, &[left, right])
        .unwrap();
    let (features, trace) = graph
        .forward(waves(41), graph.output(), Retain::Nothing)
        .unwrap();
    let signal = rng.normal_tensor(features.planes().dims(), 1.0, &Device::flex());
    let backward = |rule| {
        let gradient = graph.backward(&trace, signal.clone(), rule, INPUT, |_, _| ());
        values(gradient.unwrap().planes())
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
    assert_eq!(layers.len(), network.layers().len());
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
