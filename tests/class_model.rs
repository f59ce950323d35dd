//! What class models promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::rc::Rc;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::Picture;
use deep_inside::class_model::{
    CLASS_MODEL_RECIPES, ClassModelProgress, ClassModelRecipe, ClassModelRun, ClassModelSettings,
    FourierSettings, Initialisation, MAX_STEPS, Objective, Optimiser, PAPER, Parametrisation,
    ParametrisationSettings, ROBUST, Regularisers, SHARP, SamplingGrid, Shear, Transformations,
    class_model_recipe,
};
use deep_inside::error::Error;
use deep_inside::gradient::Target;
use deep_inside::networks::{NETWORKS, Network, ReluRule, Retain};
use deep_inside::rng::Rng;
use pollster::block_on;

fn network() -> Rc<Network> {
    let weights = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/weights/squeezenet1_1.safetensors"
    ))
    .unwrap();
    Rc::new(Network::load(&NETWORKS[0], &weights, &Device::flex()).unwrap())
}

/// Small and quick: a flamingo of 96 x 96 pixels.
fn settings(recipe: &ClassModelRecipe) -> ClassModelSettings {
    ClassModelSettings {
        recipe: recipe.clone(),
        seed: 7,
        side: Some(96),
        ..ClassModelSettings::new(Target::Class(130))
    }
}

fn run_steps(
    network: &Rc<Network>,
    settings: &ClassModelSettings,
    calls: &[usize],
) -> (Picture, ClassModelProgress) {
    let mut run = ClassModelRun::new(network.clone(), settings).unwrap();
    let progress = calls
        .iter()
        .map(|&n| block_on(run.step(n)).unwrap())
        .last()
        .unwrap();
    (block_on(run.pixels()).unwrap(), progress)
}

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

const PIXELS: ParametrisationSettings = ParametrisationSettings::Pixels;
const FOURIER: ParametrisationSettings = ParametrisationSettings::Fourier(FourierSettings {
    max_frequency: 0.4,
    decay_power: 1.0,
    gain: 0.25,
});

/// Of images of 20 x 20 pixels.
fn parametrisation(settings: ParametrisationSettings) -> Box<dyn Parametrisation> {
    settings.build(20, &network().input, &Device::flex())
}

/// Normal parameters of a size that suits the parametrisation.
fn random_parameters(settings: ParametrisationSettings) -> Tensor<4> {
    let deviation = if settings == PIXELS { 5.0 } else { 0.3 };
    parametrisation(settings).normal(deviation, &mut Rng::new(1))
}

fn decode(
    parametrisation: &dyn Parametrisation,
    parameters: &Tensor<4>,
    grid: &SamplingGrid,
) -> Tensor<4> {
    let operator = parametrisation.sampling_operator(grid);
    parametrisation.decode(parameters.clone(), &operator)
}

/// A grid on 20 x 20 pixels that is shifted by whole pixels.
fn shifted_grid() -> SamplingGrid {
    let ranges = Transformations {
        jitter: 0.4,
        ..Transformations::NONE
    };
    let mut rng = Rng::new(5);
    (0..)
        .map(|_| ranges.draw(20, &mut rng))
        .find(|grid| grid.rows != grid.columns)
        .unwrap()
}

/// A grid that is off centre, magnified, mirrored and of another aspect ratio.
fn transformed_grid() -> SamplingGrid {
    let ranges = Transformations {
        jitter: 0.2,
        scale: [0.7, 0.8],
        aspect_jitter: 0.2,
        mirror: true,
        gain: [0.6, 0.6],
        ..Transformations::NONE
    };
    let mut rng = Rng::new(3);
    (0..)
        .map(|_| ranges.draw(24, &mut rng))
        .find(|grid| grid.columns[0] > grid.columns[1])
        .unwrap()
}

fn noise(shape: [usize; 4], seed: u64) -> Tensor<4> {
    let mut rng = Rng::new(seed);
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| rng.standard_normal())
        .collect();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

fn dot(a: Tensor<4>, b: Tensor<4>) -> f64 {
    let [a, b] = [a, b].map(|tensor| tensor.into_data().try_into_vec::<f32>().unwrap());
    a.iter()
        .zip(&b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

/// `<decode'(x) dx, g> = <dx, vjp(g)>`, the derivative by central differences.
#[test]
fn the_vjp_is_the_adjoint_of_the_derivative_of_decode() {
    let reduced = SamplingGrid {
        rows: SamplingGrid::identity(9).rows,
        ..SamplingGrid::identity(7)
    };
    let sheared = |shear, grid: &SamplingGrid| SamplingGrid {
        shear,
        ..grid.clone()
    };
    let grids = [
        SamplingGrid::identity(20),
        SamplingGrid::identity(24),
        shifted_grid(),
        transformed_grid(),
        sheared(Shear::Columns(0.3), &transformed_grid()),
        sheared(Shear::Rows(-0.2), &transformed_grid()),
        sheared(Shear::Rows(0.2), &reduced),
        reduced,
    ];
    for settings in [PIXELS, FOURIER] {
        let parametrisation = parametrisation(settings);
        let parameters = random_parameters(settings);
        let direction = noise(parameters.dims(), 2);
        for grid in &grids {
            let operator = parametrisation.sampling_operator(grid);
            let image = parametrisation.decode(parameters.clone(), &operator);
            let gradient = noise(image.dims(), 4);

            let step = 1e-2;
            let [ahead, behind] = [step, -step].map(|step| {
                let moved = parameters.clone() + direction.clone().mul_scalar(step);
                dot(parametrisation.decode(moved, &operator), gradient.clone())
            });
            let derivative = (ahead - behind) / (2.0 * step);
            let product = dot(
                parametrisation.vjp(gradient, image, &operator),
                direction.clone(),
            );
            assert!(
                (derivative - product).abs() < 2e-3 * derivative.abs().max(10.0),
                "{derivative} and {product}"
            );
        }
    }
}

#[test]
fn pixels_on_the_identity_grid_are_the_parameters() {
    let parameters = noise([1, 3, 20, 20], 1);
    let image = decode(
        &*parametrisation(PIXELS),
        &parameters,
        &SamplingGrid::identity(20),
    );
    image.into_data().assert_eq(&parameters.into_data(), true);
}

/// As CS231n's `jitter` does it.
#[test]
fn a_shift_of_pixels_is_cyclic() {
    let parameters = noise([1, 3, 20, 20], 1);
    let grid = shifted_grid();
    let [down, right] = grid.shift(20).unwrap();
    assert!(
        down != 0 && right != 0 && down != right,
        "{down} and {right}"
    );
    let values = |tensor: Tensor<4>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let image = values(decode(&*parametrisation(PIXELS), &parameters, &grid));
    let pixels = values(parameters);
    for (index, value) in image.iter().enumerate() {
        let [channel, row, column] = [index / 400, index / 20 % 20, index % 20];
        let source =
            |position: usize, shift: i32| (position as i32 - shift).rem_euclid(20) as usize;
        assert_eq!(
            *value,
            pixels[channel * 400 + source(row, down) * 20 + source(column, right)]
        );
    }
}

#[test]
fn a_grid_shows_no_frequency_that_it_cannot_resolve() {
    let parametrisation = parametrisation(FOURIER);
    let zero = parametrisation.zero();
    let noise_in_band = |band: std::ops::Range<usize>| {
        let shape = [1, 3, band.len(), band.len()];
        let parameters = zero.clone();
        parameters.slice_assign([0..1, 0..3, band.clone(), band], noise(shape, 1))
    };
    let distance_from_grey = |parameters: &Tensor<4>, side| {
        let [image, grey] = [parameters, &zero]
            .map(|parameters| decode(&*parametrisation, parameters, &SamplingGrid::identity(side)));
        dot(image.clone() - grey.clone(), image - grey)
    };
    // On an image of 20 pixels; a grid of 8 resolves 8 basis functions.
    let [low, high] = [noise_in_band(0..8), noise_in_band(8..16)];
    assert!(distance_from_grey(&high, 20) > 100.0);
    assert_eq!(distance_from_grey(&high, 8), 0.0);
    assert!(distance_from_grey(&low, 8) > 100.0);
}

#[test]
fn grids_on_a_large_image_range_from_the_whole_image_to_one_sample_per_pixel() {
    let ranges = Transformations {
        resolution: 100,
        scale: [0.5, 1.0],
        ..Transformations::NONE
    };
    let mut rng = Rng::new(1);
    let grids: Vec<SamplingGrid> = (0..1000).map(|_| ranges.draw(400, &mut rng)).collect();
    assert!(
        grids
            .iter()
            .all(|grid| grid.rows.len() == 100 && grid.columns.len() == 100)
    );
    let pixels_per_sample = |grid: &SamplingGrid| (grid.rows[1] - grid.rows[0]) * 400.0;
    let range = |values: &mut dyn Iterator<Item = f32>| {
        values.fold((f32::MAX, f32::MIN), |(min, max), value| {
            (min.min(value), max.max(value))
        })
    };
    let (min, max) = range(&mut grids.iter().map(pixels_per_sample));
    assert!(
        (0.99..1.1).contains(&min) && (6.0..8.1).contains(&max),
        "{min} to {max}"
    );
    // Grids that show less than the whole image lie inside it and reach both edges.
    let inside: Vec<&SamplingGrid> = grids
        .iter()
        .filter(|grid| pixels_per_sample(grid) < 4.0)
        .collect();
    let (first, _) = range(&mut inside.iter().map(|grid| grid.rows[0]));
    let (_, last) = range(&mut inside.iter().map(|grid| grid.rows[99]));
    assert!(
        (0.0..0.02).contains(&first) && (0.98..1.0).contains(&last),
        "{first} to {last}"
    );
}

#[test]
fn half_the_gain_is_half_the_parameters() {
    for settings in [PIXELS, FOURIER] {
        let parametrisation = parametrisation(settings);
        let parameters = random_parameters(settings);
        for shear in [Shear::None, Shear::Rows(0.2)] {
            let full = SamplingGrid {
                shear,
                gain: 1.0,
                ..transformed_grid()
            };
            let half = SamplingGrid {
                gain: 0.5,
                ..full.clone()
            };
            let halved = parameters.clone().mul_scalar(0.5);
            let difference = decode(&*parametrisation, &parameters, &half)
                - decode(&*parametrisation, &halved, &full);
            assert!(dot(difference.clone(), difference) < 1e-3);
        }
    }
}

#[test]
fn a_mirrored_grid_gives_the_mirrored_fourier_image() {
    let parametrisation = parametrisation(FOURIER);
    let parameters = random_parameters(FOURIER);
    let identity = SamplingGrid::identity(20);
    let mut mirrored = identity.clone();
    mirrored.columns.reverse();
    let difference = decode(&*parametrisation, &parameters, &identity).flip([3])
        - decode(&*parametrisation, &parameters, &mirrored);
    assert!(dot(difference.clone(), difference) < 1e-3);
}

/// One pixel of the sheared image, from an unsheared grid whose columns are where the shear moves
/// that pixel's row.
#[test]
fn a_shear_moves_each_row_of_a_fourier_image_by_its_distance_from_the_centre() {
    let parametrisation = parametrisation(FOURIER);
    let parameters = random_parameters(FOURIER);
    let pixel = |grid: &SamplingGrid, row, column| {
        decode(&*parametrisation, &parameters, grid)
            .slice([0..1, 1..2, row..row + 1, column..column + 1])
            .into_scalar::<f32>()
    };
    let identity = SamplingGrid::identity(20);
    let centres = &identity.rows;
    let with_shear = |shear| SamplingGrid {
        shear,
        ..identity.clone()
    };
    for (row, column) in [(0, 3), (7, 19), (19, 0)] {
        let moved: Vec<f32> = centres
            .iter()
            .map(|centre| centre + 0.3 * (centres[row] - 0.5))
            .collect();
        let moved_columns = SamplingGrid {
            columns: moved.clone(),
            ..identity.clone()
        };
        let expected = pixel(&moved_columns, row, column);
        let sheared = pixel(&with_shear(Shear::Columns(0.3)), row, column);
        assert!((sheared - expected).abs() < 1e-2);

        let moved_rows = SamplingGrid {
            rows: moved,
            ..identity.clone()
        };
        let expected = pixel(&moved_rows, column, row);
        let sheared = pixel(&with_shear(Shear::Rows(0.3)), column, row);
        assert!((sheared - expected).abs() < 1e-2);
    }
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
            .forward(picture, network.graph.features(), Retain::Nothing)
            .unwrap();
        let (features, weights) = (
            features.mean_dim(3).mean_dim(2),
            network.classifier.class_row(130)[0].clone(),
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
    let means = network().input.mean;
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

/// The variances of Gaussian blurs add up.
#[test]
fn two_blurs_of_a_fourier_image_are_one_wider_blur() {
    let fourier = parametrisation(FOURIER);
    let parameters = random_parameters(FOURIER);
    let twice = fourier.blurred(fourier.blurred(parameters.clone(), 1.5), 2.0);
    let difference = twice.clone() - fourier.blurred(parameters.clone(), 2.5);
    let energy = dot(twice.clone(), twice);
    assert!(dot(difference.clone(), difference) < 1e-6 * energy);
    assert!(energy < 0.5 * dot(parameters.clone(), parameters));
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
