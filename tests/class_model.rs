//! What class models promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::rc::Rc;

use burn::tensor::{Device, Tensor, TensorData};
use deep_inside::Picture;
use deep_inside::class_model::{
    CLASS_MODEL_RECIPES, ClassModelProgress, ClassModelRecipe, ClassModelRun, ClassModelSettings,
    ImageParametrisation, MAX_STEPS, Objective, Optimiser, Parametrisation, Regularisers,
    SamplingGrid, Shear, Start, Transformations, class_model_recipe,
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
fn settings(recipe: &str) -> ClassModelSettings {
    ClassModelSettings {
        recipe: recipe.to_owned(),
        seed: 7,
        side: Some(96),
        ..ClassModelSettings::new(Target::Class(130))
    }
}

fn grown(
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
        let (_, start) = grown(&network, &settings(recipe.id), &[0]);
        // 12 of 200 steps: the first of a recipe that takes twice as many are as much slower.
        let (_, end) = grown(&network, &settings(recipe.id), &[recipe.steps * 12 / 200]);
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
fn the_value_of_a_neuron_at_the_far_end_of_a_large_picture_rises() {
    let target = Target::Neuron {
        layer: "features.12.expand3x3".to_owned(),
        channel: 5,
        position: Some([15, 15]),
    };
    let network = network();
    let settings = ClassModelSettings {
        target,
        side: Some(270),
        ..settings("robust")
    };
    let (start, end) = (
        grown(&network, &settings, &[0]).1,
        grown(&network, &settings, &[12]).1,
    );
    assert!(
        end.score > start.score + 1.0,
        "{} -> {}",
        start.score,
        end.score
    );
}

#[test]
fn a_seed_repeats_its_bytes_and_another_seed_does_not() {
    let network = network();
    let robust = settings("robust");
    let first = grown(&network, &robust, &[3]);
    assert!(first == grown(&network, &robust, &[3]));
    assert!(first.0 != grown(&network, &ClassModelSettings { seed: 8, ..robust }, &[3]).0);
}

#[test]
fn a_resumed_run_is_an_uninterrupted_one() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        assert!(
            grown(&network, &settings(recipe.id), &[2, 2])
                == grown(&network, &settings(recipe.id), &[4]),
            "{}",
            recipe.id
        );
    }
}

#[test]
fn the_papers_recipe_starts_from_the_mean_picture() {
    let (picture, progress) = grown(&network(), &settings("paper"), &[0]);
    assert!(
        picture
            .rgba()
            .chunks_exact(4)
            .all(|pixel| pixel == [124, 117, 104, 255])
    );
    assert_eq!(progress.step, 0);
}

#[test]
fn ten_times_the_step_size_stays_finite() {
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
                decay,
            } => Optimiser::Adam {
                learning_rate: 10.0 * learning_rate,
                decay,
            },
        };
        let giant = ClassModelRecipe {
            optimiser,
            ..recipe.clone()
        };
        let mut run =
            ClassModelRun::with_recipe(network.clone(), giant, &settings(recipe.id)).unwrap();
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
fn the_posterior_is_that_of_the_picture_that_the_visitor_keeps() {
    let network = network();
    let (picture, progress) = grown(&network, &settings("robust"), &[8]);
    let planes = network.upload(
        network.input.planes_from_pixels(picture.rgba()),
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

/// Of how many of `classes` the recipe's finished picture, as a visitor would keep it, has a
/// posterior of at least 0.9. Their scores have to rise.
fn sure(recipe: &str, classes: &[usize]) -> usize {
    let network = network();
    let recipe = class_model_recipe(recipe).unwrap();
    let is_sure = |&&class: &&usize| {
        let settings = ClassModelSettings {
            target: Target::Class(class),
            side: None,
            ..settings(recipe.id)
        };
        let mut run = ClassModelRun::new(network.clone(), &settings).unwrap();
        let start = block_on(run.step(0)).unwrap();
        let end = block_on(run.step(recipe.steps)).unwrap();
        assert!(
            end.score > start.score,
            "{}, class {class}: {start:?} to {end:?}",
            recipe.id
        );
        println!("{}, class {class}: {end:?}", recipe.id);
        end.probability.unwrap() >= 0.9
    };
    classes.iter().filter(is_sure).count()
}

#[test]
fn finished_class_models_are_their_class() {
    for recipe in ["robust", "sharp"] {
        assert_eq!(sure(recipe, &[1, 130, 963]), 3, "{recipe}");
    }
}

/// goldfish, tarantula, flamingo, tiger, zebra, balloon, strawberry, pizza, volcano, daisy
const TEN: [usize; 10] = [1, 76, 130, 292, 340, 417, 949, 963, 980, 985];

#[test]
#[ignore = "takes ten minutes: make test-class-models"]
fn nine_of_ten_finished_class_models_are_their_class() {
    for recipe in CLASS_MODEL_RECIPES {
        let sure = sure(recipe.id, &TEN);
        assert!(
            sure >= 9 || !["robust", "sharp"].contains(&recipe.id),
            "{}: {sure} of 10",
            recipe.id
        );
    }
}

#[test]
fn bad_settings_are_refused_by_code() {
    let network = network();
    let good = settings("robust");
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
                recipe: "nonsense".to_owned(),
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

    let mut run = ClassModelRun::new(network, &good).unwrap();
    for n in [MAX_STEPS + 1, usize::MAX] {
        let refused: Result<_, Error> = block_on(run.step(n));
        assert_eq!(refused.unwrap_err().code(), "setting-out-of-range");
    }
    assert_eq!(block_on(run.step(0)).unwrap().step, 0);
}

const PIXELS: Parametrisation = Parametrisation::Pixels { noise: 5.0 };
const COSINES: Parametrisation = Parametrisation::Cosines {
    max_frequency: 0.4,
    falloff: 1.0,
    noise: 0.3,
    contrast: 0.25,
};

/// A view of a picture of 20 x 20 pixels moved by whole pixels.
fn moved() -> SamplingGrid {
    let ranges = Transformations {
        jitter: 0.4,
        ..Transformations::NONE
    };
    let mut rng = Rng::new(5);
    (0..)
        .map(|_| ranges.draw(20, &mut rng))
        .find(|view| view.rows != view.columns)
        .unwrap()
}

/// A view that is off centre, magnified, stretched and mirrored.
fn askew() -> SamplingGrid {
    let ranges = Transformations {
        jitter: 0.2,
        scale: [0.7, 0.8],
        stretch: 0.2,
        mirror: true,
        contrast: [0.6, 0.6],
        ..Transformations::NONE
    };
    let mut rng = Rng::new(3);
    (0..)
        .map(|_| ranges.draw(24, &mut rng))
        .find(|view| view.columns[0] > view.columns[1])
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
fn pulling_back_is_the_adjoint_of_painting() {
    let input = &network().input;
    for parametrisation in [PIXELS, COSINES] {
        let tilted =
            [Shear::Columns(0.3), Shear::Rows(-0.2)].map(|shear| SamplingGrid { shear, ..askew() });
        let far = SamplingGrid {
            rows: SamplingGrid::whole(9).rows,
            ..SamplingGrid::whole(7)
        };
        let far_and_tilted = SamplingGrid {
            shear: Shear::Rows(0.2),
            ..far.clone()
        };
        let views = [
            SamplingGrid::whole(20),
            SamplingGrid::whole(24),
            moved(),
            far,
            far_and_tilted,
            askew(),
        ];
        for view in views.into_iter().chain(tilted) {
            let painter = ImageParametrisation::new(parametrisation, 20, input, &Device::flex());
            let lens = painter.look(&view);
            let parameters = painter.start(&mut Rng::new(1));
            let direction = noise(parameters.dims(), 2);
            let painted = painter.decode(parameters.clone(), &lens);
            let gradient = noise(painted.dims(), 4);

            let step = 1e-2;
            let [ahead, behind] = [step, -step].map(|step| {
                let moved = parameters.clone() + direction.clone().mul_scalar(step);
                dot(painter.decode(moved, &lens), gradient.clone())
            });
            let derivative = (ahead - behind) / (2.0 * step);
            let pulled = dot(painter.vjp(gradient, painted, &lens), direction);
            assert!(
                (derivative - pulled).abs() < 2e-3 * derivative.abs().max(10.0),
                "{derivative} and {pulled}"
            );
        }
    }
}

#[test]
fn pixels_seen_straight_on_are_the_parameters_themselves() {
    let painter = ImageParametrisation::new(PIXELS, 20, &network().input, &Device::flex());
    let parameters = noise([1, 3, 20, 20], 1);
    let painted = painter.decode(parameters.clone(), &painter.look(&SamplingGrid::whole(20)));
    painted.into_data().assert_eq(&parameters.into_data(), true);
}

/// As CS231n's `jitter` has it.
#[test]
fn pixels_that_leave_a_moved_view_come_in_again_on_the_other_side() {
    let painter = ImageParametrisation::new(PIXELS, 20, &network().input, &Device::flex());
    let parameters = noise([1, 3, 20, 20], 1);
    let view = moved();
    let [down, right] = view.shifts(20).unwrap();
    assert!(
        down != 0 && right != 0 && down != right,
        "{down} and {right}"
    );
    let values = |tensor: Tensor<4>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let (seen, pixels) = (
        values(painter.decode(parameters.clone(), &painter.look(&view))),
        values(parameters),
    );
    for (at, value) in seen.iter().enumerate() {
        let [channel, row, column] = [at / 400, at / 20 % 20, at % 20];
        let from = |place: usize, shift: i32| (place as i32 - shift).rem_euclid(20) as usize;
        assert_eq!(
            *value,
            pixels[channel * 400 + from(row, down) * 20 + from(column, right)]
        );
    }
}

#[test]
fn a_view_shows_no_wave_that_is_finer_than_its_pixels() {
    let painter = ImageParametrisation::new(COSINES, 20, &network().input, &Device::flex());
    let half = |range: std::ops::Range<usize>| {
        let grey = painter.zero();
        let shape = [1, 3, range.len(), range.len()];
        grey.slice_assign([0..1, 0..3, range.clone(), range], noise(shape, 1))
    };
    let painted = |parameters: &Tensor<4>, side| {
        painter.decode(
            parameters.clone(),
            &painter.look(&SamplingGrid::whole(side)),
        )
    };
    let from_grey = |parameters: &Tensor<4>, side| {
        let difference = painted(parameters, side) - painted(&painter.zero(), side);
        dot(difference.clone(), difference)
    };
    let [coarse, fine] = [half(0..8), half(8..16)]; // in a picture of 20 pixels; 8 pixels show 8 waves
    assert!(from_grey(&fine, 20) > 100.0);
    assert_eq!(from_grey(&fine, 8), 0.0);
    assert!(from_grey(&coarse, 8) > 100.0);
}

#[test]
fn a_step_sees_a_large_picture_at_its_resolution_from_the_whole_of_it_to_its_pixels() {
    let ranges = Transformations {
        resolution: 100,
        scale: [0.5, 1.0],
        ..Transformations::NONE
    };
    let mut rng = Rng::new(1);
    let views: Vec<SamplingGrid> = (0..1000).map(|_| ranges.draw(400, &mut rng)).collect();
    assert!(
        views
            .iter()
            .all(|view| view.rows.len() == 100 && view.columns.len() == 100)
    );
    let pixels_between = |view: &SamplingGrid| (view.rows[1] - view.rows[0]) * 400.0;
    let (least, most) = views
        .iter()
        .map(pixels_between)
        .fold((f32::MAX, 0.0f32), |(least, most), next| {
            (least.min(next), most.max(next))
        });
    assert!(
        (0.99..1.1).contains(&least) && (6.0..8.1).contains(&most),
        "{least} to {most}"
    );
    // Those that show less than the whole stay inside, and reach both ends.
    let inside = views.iter().filter(|view| pixels_between(view) < 4.0);
    let (first, last) = inside
        .map(|view| (view.rows[0], view.rows[99]))
        .fold((1.0f32, 0.0f32), |(first, last), (a, b)| {
            (first.min(a), last.max(b))
        });
    assert!(
        (0.0..0.02).contains(&first) && (0.98..1.0).contains(&last),
        "{first} to {last}"
    );
}

#[test]
fn a_view_of_half_the_contrast_is_that_of_half_the_parameters() {
    for parametrisation in [PIXELS, COSINES] {
        let painter =
            ImageParametrisation::new(parametrisation, 20, &network().input, &Device::flex());
        let parameters = painter.start(&mut Rng::new(1));
        for shear in [Shear::None, Shear::Rows(0.2)] {
            let full = SamplingGrid {
                shear,
                contrast: 1.0,
                ..askew()
            };
            let half = painter.decode(
                parameters.clone(),
                &painter.look(&SamplingGrid {
                    contrast: 0.5,
                    ..full.clone()
                }),
            );
            let difference =
                half - painter.decode(parameters.clone().mul_scalar(0.5), &painter.look(&full));
            assert!(dot(difference.clone(), difference) < 1e-3);
        }
    }
}

#[test]
fn a_mirrored_view_of_waves_is_the_mirrored_picture() {
    let painter = ImageParametrisation::new(COSINES, 20, &network().input, &Device::flex());
    let parameters = painter.start(&mut Rng::new(1));
    let mut mirrored = SamplingGrid::whole(20);
    mirrored.columns.reverse();
    let [whole, mirrored] = [SamplingGrid::whole(20), mirrored]
        .map(|view| painter.decode(parameters.clone(), &painter.look(&view)));
    let difference = whole.flip([3]) - mirrored;
    assert!(dot(difference.clone(), difference) < 1e-3);
}

/// The tilted view's value at a row and a column, from the untilted view whose columns are where
/// the tilt has moved them.
#[test]
fn a_tilted_view_of_waves_moves_each_row_along() {
    let painter = ImageParametrisation::new(COSINES, 20, &network().input, &Device::flex());
    let parameters = painter.start(&mut Rng::new(1));
    let pixel = |view: &SamplingGrid, row, column| {
        let painted = painter.decode(parameters.clone(), &painter.look(view));
        painted
            .slice([0..1, 1..2, row..row + 1, column..column + 1])
            .into_scalar::<f32>()
    };
    let whole = SamplingGrid::whole(20);
    for (row, column) in [(0, 3), (7, 19), (19, 0)] {
        let places = &whole.rows;
        let moved = SamplingGrid {
            columns: places
                .iter()
                .map(|place| place + 0.3 * (places[row] - 0.5))
                .collect(),
            ..whole.clone()
        };
        let tilted = SamplingGrid {
            shear: Shear::Columns(0.3),
            ..whole.clone()
        };
        assert!((pixel(&tilted, row, column) - pixel(&moved, row, column)).abs() < 1e-2);
        let turned = SamplingGrid {
            rows: moved.columns,
            ..whole.clone()
        };
        let tilted = SamplingGrid {
            shear: Shear::Rows(0.3),
            ..whole.clone()
        };
        assert!((pixel(&tilted, column, row) - pixel(&turned, column, row)).abs() < 1e-2);
    }
}

#[test]
fn a_run_from_a_picture_starts_as_that_picture() {
    let network = network();
    // Smooth, and away from black and white, so that waves can make it.
    let pixels = (0..96 * 96)
        .flat_map(|at| [100 + (at % 96) as u8, 60 + (at / 96) as u8, 128, 255])
        .collect();
    let photo = Rc::new(Picture::from_rgba(pixels, 96, 96).unwrap());
    for recipe in CLASS_MODEL_RECIPES {
        let (start, _) = grown(
            &network,
            &ClassModelSettings {
                start: Start::Picture(photo.clone()),
                ..settings(recipe.id)
            },
            &[0],
        );
        let apart = start
            .rgba()
            .iter()
            .zip(photo.rgba())
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(apart <= Some(2), "{}: {apart:?}", recipe.id);
    }
}

#[test]
fn a_run_from_zero_starts_grey_and_one_from_noise_depends_on_the_seed() {
    let network = network();
    for recipe in CLASS_MODEL_RECIPES {
        let start = |start: Start, seed| {
            grown(
                &network,
                &ClassModelSettings {
                    start,
                    seed,
                    ..settings(recipe.id)
                },
                &[0],
            )
            .0
        };
        let zero = start(Start::Zero, 1);
        assert!(
            zero.rgba()
                .chunks_exact(4)
                .all(|pixel| pixel == &zero.rgba()[..4]),
            "{}",
            recipe.id
        );
        assert_ne!(
            start(Start::Noise, 1),
            start(Start::Noise, 2),
            "{}",
            recipe.id
        );
    }
}

/// By central differences of what the network itself says.
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
fn the_posterior_s_gradient_is_the_derivative_of_its_logarithm() {
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
fn the_alignment_s_gradient_is_its_derivative_by_its_own_scale() {
    // The mean features times the class's weights, and the cosine of their angle.
    let products = |network: &Network, picture| {
        let (features, _) = network
            .graph
            .forward(picture, network.graph.features(), Retain::Nothing)
            .unwrap();
        let (features, weights) = (
            features.mean_dim(3).mean_dim(2),
            network.head.class_row(130)[0].clone(),
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
fn total_variation_is_a_penalty_on_differences_of_neighbours() {
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
        regularisers.on_picture(picture.zeros_like(), &picture),
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
fn the_other_regularisers_do_what_their_names_say() {
    let painter = ImageParametrisation::new(PIXELS, 20, &network().input, &Device::flex());
    let far = noise([1, 3, 20, 20], 1).mul_scalar(500.0);
    let on = Regularisers {
        blur_every: 2,
        blur: 3.0,
        clip: true,
        normalise: true,
        ..Regularisers::NONE
    };
    let length = dot(
        on.on_parameters(far.clone(), &far),
        on.on_parameters(far.clone(), &far),
    );
    assert!((length - 1.0).abs() < 1e-4);

    let clipped = on.after_step(far.clone(), &painter, 1);
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
    let blurred = on.after_step(far.clone(), &painter, 2);
    assert!(dot(blurred.clone(), blurred) < 0.3 * dot(clipped.clone(), clipped));

    // Of waves too, blurs add up as Gaussians do.
    let waves = ImageParametrisation::new(COSINES, 20, &network().input, &Device::flex());
    let amplitudes = waves.start(&mut Rng::new(1));
    let twice = waves.blurred(waves.blurred(amplitudes.clone(), 1.5), 2.0);
    let apart = twice.clone() - waves.blurred(amplitudes.clone(), 2.5);
    assert!(dot(apart.clone(), apart) < 1e-6 * dot(twice.clone(), twice.clone()));
    assert!(dot(twice.clone(), twice) < 0.5 * dot(amplitudes.clone(), amplitudes));

    let flat = painter.blurred(Tensor::ones([1, 3, 20, 20], &Device::flex()), 2.0);
    assert!((flat.clone().max() - flat.min()).into_scalar::<f32>() < 1e-5);
}

#[test]
fn steps_may_be_asked_for_before_the_last_answer_has_come() {
    let network = network();
    let one_by_one = grown(&network, &settings("robust"), &[2, 2]);
    let mut run = ClassModelRun::new(network, &settings("robust")).unwrap();
    let (first, second, pixels) = (run.step(2), run.step(2), run.pixels());
    assert_eq!(block_on(pixels).unwrap(), one_by_one.0);
    assert_eq!(block_on(second).unwrap(), one_by_one.1);
    assert_eq!(block_on(first).unwrap().step, 2);
}
