//! The parametrisations, and the sampling grids that they are decoded on.

use burn::tensor::{Device, Tensor};
use deep_inside::class_model::{
    FourierSettings, Parametrisation, ParametrisationSettings, SamplingGrid, Shear, Transformations,
};
use deep_inside::rng::Rng;

use crate::{dot, network, noise};

pub const PIXELS: ParametrisationSettings = ParametrisationSettings::Pixels;
const FOURIER: ParametrisationSettings = ParametrisationSettings::Fourier(FourierSettings {
    max_frequency: 0.4,
    decay_power: 1.0,
    gain: 0.25,
});

/// A parametrisation of images of 20 x 20 pixels.
pub fn parametrisation(settings: ParametrisationSettings) -> Box<dyn Parametrisation> {
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
