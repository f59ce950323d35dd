//! Attributions against Captum, PyTorch and finite differences.

use burn::tensor::{Device, Tensor};
use deep_inside::device::read_back;
use deep_inside::gradient::{Target, score};
use deep_inside::rng::Rng;
use deep_inside::saliency::{
    AttributionInput, IntegratedGradientsSettings, SALIENCY_METHODS, SaliencySettings,
    gauss_legendre,
};
use pollster::block_on;

use crate::{engine_showing, golden, network, neuron, one_crop, saliency, samples, tensor, values};

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
    let network = network();
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
            let ours = values((method.attribute)(&input, 0..(method.passes)(&settings)).unwrap());
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
    assert_eq!(compared, 8);
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
fn a_class_score_is_the_mean_of_its_channel() {
    let (engine, class) = engine_showing("motorcycle");
    let of = |target: Target| saliency(&engine, &one_crop(target, "gradient"));
    let as_class = of(Target::Class(class));
    assert_eq!(of(neuron("classifier.1", class, None)), as_class);
    assert_ne!(of(neuron("classifier.1", class, Some([0, 0]))), as_class);
}
