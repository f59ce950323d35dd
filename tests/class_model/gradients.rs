//! The gradients of objectives, and regularisation.

use burn::tensor::{Device, Tensor};
use deep_inside::class_model::{Objective, Regularisers};
use deep_inside::gradient::Target;
use deep_inside::graph::operators::Linear;
use deep_inside::graph::{ReluRule, Retain};
use deep_inside::networks::Network;

use crate::parametrisations::{PIXELS, parametrisation};
use crate::{dot, network, noise};

/// Compares `objective`'s gradient with central differences of `value`, times `factor`.
fn assert_derivative(
    objective: Objective,
    value: impl Fn(&Network, Tensor<4>) -> f64,
    factor: impl Fn(&Network, Tensor<4>) -> f64,
) {
    let network = network();
    let (picture, direction) = (
        noise([1, 3, 64, 64], 5).mul_scalar(40.0),
        noise([1, 3, 64, 64], 6),
    );
    let gradient = objective
        .gradient(
            &network,
            picture.clone(),
            &Target::Class(130),
            ReluRule::Gradient,
        )
        .unwrap();
    let step = 0.01;
    let [ahead, behind] = [step, -step].map(|step| {
        value(
            &network,
            picture.clone() + direction.clone().mul_scalar(step),
        )
    });
    let (differences, derivative) = (
        (ahead - behind) / (2.0 * step) * factor(&network, picture),
        dot(gradient, direction),
    );
    assert!(
        (differences - derivative).abs() < 0.02 * derivative.abs(),
        "{differences} and {derivative}"
    );
}

#[test]
fn the_gradient_of_the_log_posterior_is_its_derivative() {
    let log_posterior = |network: &Network, picture| {
        let scores: Vec<f32> = network
            .scores(picture)
            .unwrap()
            .into_data()
            .try_into_vec()
            .unwrap();
        -scores
            .iter()
            .map(|score| f64::from(score - scores[130]).exp())
            .sum::<f64>()
            .ln()
    };
    assert_derivative(Objective::LogPosterior, log_posterior, |_, _| 1.0);
}

#[test]
fn the_gradient_of_the_alignment_is_its_scaled_derivative() {
    // The dot product of the mean activations and the class's weights, and the cosine of their
    // angle.
    let products = |network: &Network, picture| {
        let (features, _) = network
            .graph
            .forward(
                picture,
                network.head.as_ref().unwrap().features,
                Retain::Nothing,
            )
            .unwrap();
        let linear = &network.graph[network.head.as_ref().unwrap().linear].operator;
        let weights = linear.downcast::<Linear>().unwrap().row(130);
        let (features, weights) = (
            features.planes().mean_dim(3).mean_dim(2),
            weights.unsqueeze_dims(&[2, 3]),
        );
        let squares = [&features, &weights].map(|vector| dot(vector.clone(), vector.clone()));
        let product = dot(features, weights);
        [product, product / (squares[0] * squares[1]).sqrt()]
    };
    let alignment = |network: &Network, picture| {
        let [product, cosine] = products(network, picture);
        product * cosine.powi(3)
    };
    let scale = |network: &Network, picture| 1.0 / (4.0 * products(network, picture)[1].powi(3));
    assert_derivative(Objective::Alignment { power: 3.0 }, alignment, scale);
}

#[test]
fn the_total_variation_penalty_is_subtracted_with_its_gradient() {
    let picture = noise([1, 3, 6, 5], 1);
    let variation = |picture: &Tensor<4>| {
        let down = picture.clone().narrow(2, 1, 5) - picture.clone().narrow(2, 0, 5);
        let across = picture.clone().narrow(3, 1, 4) - picture.clone().narrow(3, 0, 4);
        dot(down.clone(), down) + dot(across.clone(), across)
    };
    let regularisers = Regularisers {
        total_variation: 0.5,
        ..Regularisers::NONE
    };
    let (gradient, direction) = (
        regularisers.on_input(picture.zeros_like(), &picture),
        noise([1, 3, 6, 5], 2),
    );
    let [ahead, behind] = [0.1f32, -0.1]
        .map(|step| variation(&(picture.clone() + direction.clone().mul_scalar(step))));
    let derivative = dot(gradient, direction);
    assert!(
        (derivative + 0.5 * (ahead - behind) / 0.2).abs() < 1e-3 * derivative.abs(),
        "{derivative}"
    );
}

#[test]
fn gradients_are_normalised_and_images_clipped_and_blurred() {
    let pixels = parametrisation(PIXELS);
    let out_of_range = noise([1, 3, 20, 20], 1).mul_scalar(500.0);
    let regularisers = Regularisers {
        blur_every: 2,
        blur: 3.0,
        clip: true,
        normalise: true,
        ..Regularisers::NONE
    };
    let unit = regularisers.on_parameters(out_of_range.clone(), &out_of_range);
    assert!((dot(unit.clone(), unit) - 1.0).abs() < 1e-4);

    let clipped = regularisers.after_step(out_of_range.clone(), &*pixels, 1);
    let means = network().input.mean.clone();
    for (channel, mean) in means.into_iter().enumerate() {
        let plane = clipped.clone().narrow(1, channel, 1);
        let (low, high) = (
            plane.clone().min().into_scalar::<f32>(),
            plane.max().into_scalar::<f32>(),
        );
        assert!(
            (low + mean).abs() < 1e-3 && (high + mean - 255.0).abs() < 1e-3,
            "{low} to {high} around {mean}"
        );
    }
    let blurred = regularisers.after_step(out_of_range, &*pixels, 2);
    assert!(dot(blurred.clone(), blurred) < 0.3 * dot(clipped.clone(), clipped));

    let flat = pixels.blurred(Tensor::ones([1, 3, 20, 20], &Device::flex()), 2.0);
    assert!((flat.clone().max() - flat.min()).into_scalar::<f32>() < 1e-5);
}

#[test]
fn only_gradients_below_the_least_are_scaled_up_to_it() {
    let regularisers = Regularisers {
        least_gradient: 0.5,
        ..Regularisers::NONE
    };
    let ones = noise([1, 3, 20, 20], 1);
    let bits = |values: Tensor<4>| values.into_data().try_into_vec::<f32>().unwrap();
    let kept = regularisers.on_input(ones.clone(), &ones);
    assert!(bits(kept) == bits(ones.clone()));

    let raised = regularisers.on_input(ones.clone().mul_scalar(1e-5), &ones);
    assert!((dot(raised.clone(), raised.clone()) / 1200.0 - 0.25).abs() < 1e-5);
    let scale = (0.25 * 1200.0 / dot(ones.clone(), ones.clone())).sqrt();
    let difference = raised - ones.clone().mul_scalar(scale as f32);
    assert!(dot(difference.clone(), difference) < 1e-8);

    let nothing = ones.zeros_like();
    let stays = regularisers.on_input(nothing, &ones);
    assert!(bits(stays).iter().all(|&value| value == 0.0));
}
