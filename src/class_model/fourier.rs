//! The Fourier parametrisation: amplitudes of cosines in decorrelated colours.

use std::f32::consts::{PI, SQRT_2};

use burn::tensor::{Device, Tensor, TensorData};

use super::parametrisation::Parametrisation;
use super::sampling::{SamplingOperator, ShearedOperator, transposed};
use super::transformations::{SamplingGrid, Shear};
use crate::kernels::{Matrix, scaled_sigmoid, scaled_sigmoid_backward};
use crate::matrix3;
use crate::preprocess::{ChannelOrder, InputSpec};
use crate::rng::Rng;

/// Square root of the covariance of R, G, B over ImageNet's pixels, a row for each colour, a column
/// for each decorrelated one: a unit step along any column is equally likely in photos. From
/// tensorflow/lucid, `misc/color.py` (Apache-2.0).
const COLOUR_COVARIANCE_ROOT: [[f32; 3]; 3] =
    [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]];

/// The basis and its weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FourierSettings {
    /// Band limit of the basis, in cycles per pixel; pixels can represent at most 0.5.
    pub max_frequency: f32,
    /// Amplitudes are weighted by `frequency^-decay_power`. 1 is the amplitude spectrum of natural
    /// images; larger powers favour large shapes.
    pub decay_power: f32,
    /// Factor of all amplitudes.
    pub gain: f32,
}

impl FourierSettings {
    /// `gain * max(frequency, 1 / side)^-decay_power`, frequency in cycles per pixel, normalised to
    /// `gain * side` at frequency `1 / side` for every decay power.
    fn spectrum(&self, frequencies: usize, side: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(frequencies * frequencies);
        for vertical in 0..frequencies {
            for horizontal in 0..frequencies {
                let cycles = (vertical as f32).hypot(horizontal as f32) / 2.0; // per image
                let decay = cycles.max(1.0).powf(-self.decay_power);
                values.push(self.gain * side as f32 * decay);
            }
        }
        values
    }
}

/// Parameters `A^T`, `[1, channels, horizontal frequencies, vertical frequencies]`: amplitudes of a
/// two-dimensional cosine basis (Olah, Mordvintsev & Schubert 2017, *Feature Visualization*).
///
/// ```text
/// A' = colours (spectrum * A)                 weighted by frequency, mixed into the channels
/// image = range * sigmoid(R A' C^T) - mean
/// ```
///
/// R and C are the basis functions evaluated at the grid's rows and columns. Evaluating them where
/// the grid samples needs no interpolation, has an exact adjoint, and extends the image by
/// reflection. The parameters are stored transposed because the product by C comes first.
///
/// A sheared grid has columns that depend on the row, `cos(w (c + s)) = cos(w c) cos(w s) -
/// sin(w c) sin(w s)`: two products instead of one, of amplitudes that are weighted by row.
///
/// A zoomed-out grid cannot resolve the highest frequencies. They are left out, which avoids
/// aliasing and makes the matrix products smaller.
pub struct Fourier {
    side: usize,
    /// Basis functions per axis.
    frequencies: usize,
    /// `[1, 1, frequencies, frequencies]`.
    spectrum: Tensor<4>,
    /// From decorrelated colours to the network's channels: `[channels, channels]`.
    colours: Matrix,
    /// The inverse of `colours`.
    decorrelation: Matrix,
    /// The mean of the training images, `[1, channels, 1, 1]`.
    mean: Tensor<4>,
    /// The largest pixel value.
    range: f32,
    device: Device,
}

impl Fourier {
    /// For images of `side` x `side` pixels that a network with this `input` reads, which is not
    /// divided by any standard deviation.
    pub fn new(settings: FourierSettings, side: usize, input: &InputSpec, device: &Device) -> Self {
        let cycles = settings.max_frequency * side as f32; // per image
        let frequencies = ((2.0 * cycles).round() as usize).clamp(2, side);
        let tensor = |values: Vec<f32>, shape: [usize; 4]| {
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let channels = input.mean.len();
        let matrix = |values: Vec<f32>| Matrix::new(values, [channels, channels], device);
        let [colours, decorrelation] = match colour_basis(input.channels) {
            Some(basis) => [basis, matrix3::inverse(basis)].map(|m| m.as_flattened().to_vec()),
            None => [vec![1.0], vec![1.0]],
        };
        Self {
            side,
            frequencies,
            spectrum: tensor(
                settings.spectrum(frequencies, side),
                [1, 1, frequencies, frequencies],
            ),
            colours: matrix(colours),
            decorrelation: matrix(decorrelation),
            mean: tensor(input.mean.clone(), [1, channels, 1, 1]),
            range: input.range,
            device: device.clone(),
        }
    }

    /// The shape of the parameters.
    fn shape(&self) -> [usize; 4] {
        let [_, channels, ..] = self.mean.dims();
        [1, channels, self.frequencies, self.frequencies]
    }

    /// How many basis functions the samples at `coordinates` resolve: at most half a cycle per
    /// sample.
    fn band_limit(&self, coordinates: &[f32]) -> usize {
        let extent = coordinates[coordinates.len() - 1] - coordinates[0];
        let spacing = extent.abs() / (coordinates.len() - 1) as f32;
        // The added half keeps rounding from dropping the highest frequency of the identity grid.
        ((spacing.recip() + 0.5) as usize).clamp(1, self.frequencies)
    }

    /// The orthonormal basis functions from cosines, or sines, of amplitude 1: a constant first.
    fn normalised(&self, harmonics: &[f32]) -> Vec<f32> {
        let constant = (self.side as f32).sqrt().recip();
        let amplitude = |k: usize| if k == 0 { constant } else { SQRT_2 * constant };
        let values = harmonics.iter().enumerate();
        values.map(|(k, value)| amplitude(k) * value).collect()
    }

    /// The resolved basis functions at each coordinate, times `gain`: `[coordinates, frequencies]`.
    fn cosines(&self, coordinates: &[f32], gain: f32) -> Matrix {
        let count = self.band_limit(coordinates);
        let mut values = Vec::with_capacity(coordinates.len() * count);
        for &coordinate in coordinates {
            let [cosines, _] = harmonics(coordinate, count);
            values.extend(self.normalised(&cosines).iter().map(|value| gain * value));
        }
        Matrix::new(values, [coordinates.len(), count], &self.device)
    }

    /// The same with sines for cosines.
    fn sines(&self, coordinates: &[f32]) -> Matrix {
        let count = self.band_limit(coordinates);
        let mut values = Vec::with_capacity(coordinates.len() * count);
        for &coordinate in coordinates {
            let [_, sines] = harmonics(coordinate, count);
            values.extend(self.normalised(&sines));
        }
        Matrix::new(values, [coordinates.len(), count], &self.device)
    }

    /// The operator of a grid whose `columns` move by `slope` times a row's distance from the
    /// centre; with rows and columns in each other's place where `exchanged`.
    fn sheared(
        &self,
        rows: &[f32],
        columns: &[f32],
        slope: f32,
        gain: f32,
        exchanged: bool,
    ) -> SamplingOperator {
        let count = self.band_limit(columns);
        let (mut cosines, mut sines) = (Vec::new(), Vec::new());
        for row in rows {
            let [row_cosines, row_sines] = harmonics(slope * (row - 0.5), count);
            cosines.extend(row_cosines);
            sines.extend(row_sines);
        }
        let phases = [cosines, sines].map(|values| {
            Tensor::from_data(
                TensorData::new(values, [1, 1, rows.len(), count]),
                &self.device,
            )
        });
        SamplingOperator::Sheared(ShearedOperator {
            rows: self.cosines(rows, gain),
            columns: [self.cosines(columns, 1.0), self.sines(columns)],
            phases,
            exchanged,
        })
    }

    /// The amplitudes with 0 for the frequencies that a grid does not resolve.
    fn zero_padded(&self, amplitudes: Tensor<4>) -> Tensor<4> {
        let [_, _, horizontal, vertical] = amplitudes.dims();
        let missing = [horizontal, vertical].map(|resolved| (0, self.frequencies - resolved));
        if missing == [(0, 0); 2] {
            amplitudes
        } else {
            amplitudes.pad(missing, 0.0)
        }
    }
}

impl Parametrisation for Fourier {
    fn zero(&self) -> Tensor<4> {
        Tensor::zeros(self.shape(), &self.device)
    }

    fn normal(&self, deviation: f32, rng: &mut Rng) -> Tensor<4> {
        transposed(rng.normal_tensor(self.shape(), deviation, &self.device))
    }

    fn encode(&self, image: Tensor<4>) -> Tensor<4> {
        // The inverse sigmoid of black and white is infinite.
        let fraction = ((image + self.mean.clone()).div_scalar(self.range)).clamp(0.02, 0.98);
        let logit = (fraction.clone() / (fraction.neg() + 1.0)).log();
        // The basis is orthonormal on the identity grid, so the adjoint is the inverse.
        let amplitudes = self
            .sampling_operator(&SamplingGrid::identity(self.side))
            .adjoint(logit);
        let decorrelated = over_channels(transposed(amplitudes), |planes| {
            self.decorrelation.times(planes)
        });
        decorrelated / self.spectrum.clone()
    }

    fn sampling_operator(&self, grid: &SamplingGrid) -> SamplingOperator {
        let SamplingGrid {
            rows,
            columns,
            shear,
            gain,
        } = grid;
        match *shear {
            Shear::None => SamplingOperator::Separable {
                rows: self.cosines(rows, *gain),
                columns: self.cosines(columns, 1.0),
            },
            Shear::Columns(slope) => self.sheared(rows, columns, slope, *gain, false),
            Shear::Rows(slope) => self.sheared(columns, rows, slope, *gain, true),
        }
    }

    fn decode(&self, parameters: Tensor<4>, operator: &SamplingOperator) -> Tensor<4> {
        let resolved = operator.band_limited(parameters * self.spectrum.clone());
        let amplitudes = over_channels(resolved, |planes| self.colours.times(planes));
        let logit = operator.sample(transposed(amplitudes));
        scaled_sigmoid(logit, &self.mean, self.range)
    }

    fn vjp(&self, gradient: Tensor<4>, image: Tensor<4>, operator: &SamplingOperator) -> Tensor<4> {
        let logit_gradient = scaled_sigmoid_backward(gradient, image, &self.mean, self.range);
        let resolved = over_channels(transposed(operator.adjoint(logit_gradient)), |planes| {
            self.colours.transposed_times(planes)
        });
        self.zero_padded(resolved) * self.spectrum.clone()
    }

    /// The blur is applied before the sigmoid.
    fn blurred(&self, parameters: Tensor<4>, deviation: f32) -> Tensor<4> {
        // The transfer function of a Gaussian blur is a Gaussian.
        let transfer: Vec<f32> = (0..self.frequencies)
            .map(|k| (-(PI * k as f32 / self.side as f32 * deviation).powi(2) / 2.0).exp())
            .collect();
        let along = |shape: [usize; 4]| {
            Tensor::from_data(TensorData::new(transfer.clone(), shape), &self.device)
        };
        parameters * along([1, 1, self.frequencies, 1]) * along([1, 1, 1, self.frequencies])
    }

    /// The sigmoid keeps every image in range.
    fn clipped(&self, parameters: Tensor<4>) -> Tensor<4> {
        parameters
    }
}

/// `[cos(pi k x), sin(pi k x)]` for k = 0, 1, ..., by the angle addition formula in f64: calls of
/// `cos` would take a tenth of a step's time.
fn harmonics(x: f32, count: usize) -> [Vec<f32>; 2] {
    let (sine, cosine) = (std::f64::consts::PI * f64::from(x)).sin_cos();
    let mut harmonic = [1.0, 0.0];
    let (mut cosines, mut sines) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        let [c, s] = harmonic;
        cosines.push(c as f32);
        sines.push(s as f32);
        harmonic = [c * cosine - s * sine, s * cosine + c * sine];
    }
    [cosines, sines]
}

/// A product along the channel axis.
fn over_channels(planes: Tensor<4>, product: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
    let shape = planes.dims();
    product(planes.reshape([1, 1, shape[1], shape[2] * shape[3]])).reshape(shape)
}

/// [`COLOUR_COVARIANCE_ROOT`] with its rows in the order of the network's channels, scaled so that
/// its longest column has length 1, as lucid does; `None` for grey, which has no colours.
fn colour_basis(order: ChannelOrder) -> Option<[[f32; 3]; 3]> {
    let mut rows = COLOUR_COVARIANCE_ROOT;
    let length = |column: usize| {
        let squares = rows.iter().map(|row| row[column] * row[column]);
        squares.sum::<f32>().sqrt()
    };
    let longest = (0..3).map(length).fold(0.0, f32::max);
    match order {
        ChannelOrder::Rgb => {}
        ChannelOrder::Bgr => rows.reverse(),
        ChannelOrder::Grey => return None,
    }
    Some(rows.map(|row| row.map(|value| value / longest)))
}
