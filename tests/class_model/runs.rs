//! Runs of recipes: scores, seeds, pauses and settings.

use std::rc::Rc;

use burn::tensor::Device;
use deep_inside::Picture;
use deep_inside::class_model::{
    CLASS_MODEL_RECIPES, ClassModelRecipe, ClassModelRun, ClassModelSettings, Initialisation,
    MAX_STEPS, Optimiser, PAPER, ROBUST, SHARP, class_model_recipe,
};
use deep_inside::error::Error;
use deep_inside::gradient::Target;
use deep_inside::networks::Network;
use pollster::block_on;

use crate::{network, run_steps, settings};

#[test]
fn the_score_rises() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        let (_, start) = run_steps(&network, &settings(recipe), &[0]);
        // 12 of 200 steps; a recipe with twice the steps needs twice as many to rise as far.
        let (_, end) = run_steps(&network, &settings(recipe), &[recipe.steps * 12 / 200]);
        assert!(
            end.score > start.score + 5.0,
            "{}: {} -> {}",
            recipe.id,
            start.score,
            end.score
        );
    }
}

/// At the mean image Lite0's gradient is a thousandth of SqueezeNet's.
#[test]
fn the_papers_score_rises_on_a_network_with_small_gradients() {
    let weights = std::fs::read("weights/efficientnet_lite0.onnx").unwrap();
    let network = Rc::new(Network::load("efficientnet_lite0", &weights, &Device::flex()).unwrap());
    let settings = ClassModelSettings {
        recipe: PAPER.clone(),
        side: None,
        ..settings(&PAPER)
    };
    let (_, start) = run_steps(&network, &settings, &[0]);
    let (_, end) = run_steps(&network, &settings, &[60]);
    assert!(
        end.score > start.score + 1.0,
        "{} -> {}",
        start.score,
        end.score
    );
}

#[test]
fn the_value_of_a_neuron_at_the_last_position_of_a_large_image_rises() {
    let network = network();
    let target = Target::Neuron {
        layer: network.layer("features.12.expand3x3").unwrap(),
        channel: 5,
        position: Some([15, 15]),
    };
    let settings = ClassModelSettings {
        target,
        side: Some(270),
        ..settings(&ROBUST)
    };
    let (start, end) = (
        run_steps(&network, &settings, &[0]).1,
        run_steps(&network, &settings, &[12]).1,
    );
    assert!(
        end.score > start.score + 1.0,
        "{} -> {}",
        start.score,
        end.score
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let network = network();
    let robust = settings(&ROBUST);
    let first = run_steps(&network, &robust, &[3]);
    assert!(first == run_steps(&network, &robust, &[3]));
    assert!(first.0 != run_steps(&network, &ClassModelSettings { seed: 8, ..robust }, &[3]).0);
}

#[test]
fn a_resumed_run_is_an_uninterrupted_one() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        assert!(
            run_steps(&network, &settings(recipe), &[2, 2])
                == run_steps(&network, &settings(recipe), &[4]),
            "{}",
            recipe.id
        );
    }
}

#[test]
fn the_papers_recipe_starts_from_the_mean_image() {
    let (picture, progress) = run_steps(&network(), &settings(&PAPER), &[0]);
    assert!(
        picture
            .rgba()
            .chunks_exact(4)
            .all(|pixel| pixel == [124, 117, 104, 255])
    );
    assert_eq!(progress.step, 0);
}

#[test]
fn ten_times_the_learning_rate_keeps_the_score_finite() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        let optimiser = match recipe.optimiser {
            Optimiser::Ascent { learning_rate } => Optimiser::Ascent {
                learning_rate: 10.0 * learning_rate,
            },
            Optimiser::Momentum { learning_rate } => Optimiser::Momentum {
                learning_rate: 10.0 * learning_rate,
            },
            Optimiser::Adam {
                learning_rate,
                weight_decay,
            } => Optimiser::Adam {
                learning_rate: 10.0 * learning_rate,
                weight_decay,
            },
        };
        let settings = settings(&ClassModelRecipe {
            optimiser,
            ..recipe.clone()
        });
        let mut run = ClassModelRun::new(network.clone(), &settings).unwrap();
        let progress = block_on(run.step(30)).unwrap();
        assert!(progress.score.is_finite(), "{}: {progress:?}", recipe.id);
        assert!(
            (0.0..=1.0).contains(&progress.probability.unwrap()),
            "{}: {progress:?}",
            recipe.id
        );
    }
}

#[test]
fn the_score_and_the_posterior_are_those_of_the_8_bit_picture() {
    let network = network();
    let (picture, progress) = run_steps(&network, &settings(&ROBUST), &[8]);
    let planes = network.upload(
        network.input.planes_from_pixels(&picture.rgba()),
        [1, 3, 96, 96],
    );
    let scores: Vec<f32> = network
        .scores(planes)
        .unwrap()
        .into_data()
        .try_into_vec()
        .unwrap();
    let sum: f64 = scores
        .iter()
        .map(|&score| f64::from(score - scores[130]).exp())
        .sum();
    assert!(
        (scores[130] - progress.score).abs() < 1e-3 * scores[130].abs(),
        "{} and {progress:?}",
        scores[130]
    );
    assert!(
        (1.0 / sum - f64::from(progress.probability.unwrap())).abs() < 1e-3,
        "{} and {progress:?}",
        1.0 / sum
    );
}

#[test]
fn after_60_steps_small_class_models_have_a_posterior_of_at_least_0_9() {
    let network = network();
    for recipe in [&ROBUST, &SHARP] {
        for class in [1, 130, 963] {
            let settings = ClassModelSettings {
                target: Target::Class(class),
                ..settings(recipe)
            };
            let (_, progress) = run_steps(&network, &settings, &[60]);
            let probability = progress.probability.unwrap();
            assert!(
                probability >= 0.9,
                "{}, class {class}: {progress:?}",
                recipe.id
            );
        }
    }
}

/// goldfish, tarantula, flamingo, tiger, zebra, balloon, strawberry, pizza, volcano, daisy
const TEN_CLASSES: [usize; 10] = [1, 76, 130, 292, 340, 417, 949, 963, 980, 985];

#[test]
#[ignore = "takes minutes: make test-class-models"]
fn nine_of_ten_finished_class_models_have_a_posterior_of_at_least_0_9() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        let mut confident = 0;
        for class in TEN_CLASSES {
            let settings = ClassModelSettings {
                target: Target::Class(class),
                side: None,
                ..settings(recipe)
            };
            let mut run = ClassModelRun::new(network.clone(), &settings).unwrap();
            let start = block_on(run.step(0)).unwrap();
            let end = block_on(run.step(recipe.steps)).unwrap();
            println!("{}, class {class}: {end:?}", recipe.id);
            assert!(
                end.score > start.score,
                "{}, class {class}: {start:?} to {end:?}",
                recipe.id
            );
            confident += usize::from(end.probability.unwrap() >= 0.9);
        }
        let is_for_people = [ROBUST.id, SHARP.id].contains(&recipe.id);
        assert!(
            confident >= 9 || !is_for_people,
            "{}: {confident} of 10",
            recipe.id
        );
    }
}

#[test]
fn bad_settings_are_refused_by_code() {
    let network = network();
    let good = settings(&ROBUST);
    for (bad, code) in [
        (
            ClassModelSettings {
                target: Target::Class(1000),
                ..good.clone()
            },
            "class-out-of-range",
        ),
        (
            ClassModelSettings {
                side: Some(63),
                ..good.clone()
            },
            "setting-out-of-range",
        ),
        (
            ClassModelSettings {
                side: Some(513),
                ..good.clone()
            },
            "setting-out-of-range",
        ),
    ] {
        assert_eq!(
            ClassModelRun::new(network.clone(), &bad)
                .err()
                .map(|error| error.code()),
            Some(code),
            "{bad:?}"
        );
    }

    let unknown = class_model_recipe("nonsense");
    assert_eq!(unknown.unwrap_err().code(), "setting-out-of-range");

    let mut run = ClassModelRun::new(network, &good).unwrap();
    for n in [MAX_STEPS + 1, usize::MAX] {
        let refused: Result<_, Error> = block_on(run.step(n));
        assert_eq!(refused.unwrap_err().code(), "setting-out-of-range");
    }
    assert_eq!(block_on(run.step(0)).unwrap().step, 0);
}

#[test]
fn a_run_from_a_picture_starts_as_that_picture() {
    let network = network();
    // Smooth, and neither black nor white: within what the Fourier parametrisation can represent.
    let pixels = (0..96 * 96)
        .flat_map(|i| [100 + (i % 96) as u8, 60 + (i / 96) as u8, 128, 255])
        .collect();
    let photo = Rc::new(Picture::from_rgba(pixels, 96, 96).unwrap());
    for recipe in CLASS_MODEL_RECIPES {
        let (start, _) = run_steps(
            &network,
            &ClassModelSettings {
                initialisation: Initialisation::Picture(photo.clone()),
                ..settings(recipe)
            },
            &[0],
        );
        let difference = start
            .rgb()
            .iter()
            .zip(photo.rgb())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(difference <= Some(2), "{}: {difference:?}", recipe.id);
    }
}

#[test]
fn a_run_from_zero_starts_grey_and_one_from_noise_depends_on_the_seed() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        let start = |initialisation: Initialisation, seed| {
            let settings = ClassModelSettings {
                initialisation,
                seed,
                ..settings(recipe)
            };
            run_steps(&network, &settings, &[0]).0
        };
        let zero = start(Initialisation::Zero, 1);
        assert!(
            zero.rgba()
                .chunks_exact(4)
                .all(|pixel| pixel == &zero.rgba()[..4]),
            "{}",
            recipe.id
        );
        let noise = |seed| start(Initialisation::Noise, seed);
        assert_ne!(noise(1), noise(2), "{}", recipe.id);
    }
}

#[test]
fn steps_may_be_requested_before_the_previous_future_resolves() {
    let network = network();
    let one_by_one = run_steps(&network, &settings(&ROBUST), &[2, 2]);
    let mut run = ClassModelRun::new(network, &settings(&ROBUST)).unwrap();
    let (first, second, pixels) = (run.step(2), run.step(2), run.pixels());
    assert_eq!(block_on(pixels).unwrap(), one_by_one.0);
    assert_eq!(block_on(second).unwrap(), one_by_one.1);
    assert_eq!(block_on(first).unwrap().step, 2);
}
