//! What is optimised, and how it becomes the picture that the network sees.

use std::f32::consts::{PI, SQRT_2};

use burn::tensor::{Device, Tensor, TensorData};

use super::transformations::{SamplingGrid, Shear};
use crate::kernels::{Matrix, scaled_sigmoid, scaled_sigmoid_backward};
use crate::preprocess::{ChannelOrder, InputSpec};
use crate::rng::Rng;

/// How parameters stand for a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parametrisation {
    /// The parameters are the network's input itself, starting from noise around the mean picture,
    /// or from that itself.
    Pixels {
        /// Standard deviation of the parameters at the start, in units of the input.
        noise: f32,
    },
    /// The parameters are the amplitudes of cosine waves in three decorrelated colours, starting
    /// from faint noise; a sigmoid takes their sum to the range of pixel values.
    Cosines {
        /// The finest wave, in cycles per pixel; a half is all that pixels can hold.
        max_frequency: f32,
        /// Waves are weighted by `frequency^-falloff`: 1 is the spectrum of natural pictures, more
        /// favours large shapes.
        falloff: f32,
        /// Standard deviation of the parameters at the start.
        noise: f32,
        /// How much a unit of amplitude contributes to the picture before the sigmoid.
        contrast: f32,
    },
}

/// The square root of the covariance of R, G, B over ImageNet's pixels, one row a colour, one
/// column an independent hue (from tensorflow/lucid, `misc/color.py`, Apache-2.0); a unit step in
/// each column is equally likely in photos.
const COLOURS: [[f32; 3]; 3] = [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]];

/// Paints a network's input from parameters, and takes gradients back to them.
///
/// With `A^T` the parameters, `[1, 3, waves across, waves down]`, weighted by frequency and mixed
/// into the network's channels, a view with the basis matrices `R` and `C` (each wave at each of
/// the view's rows and columns) is `range * sigmoid(R A C^T) - mean`. (Transposed, as the product
/// by `C` comes first and reads them so.) Because the waves are evaluated where the view looks,
/// moving, scaling and mirroring cost nothing, need no interpolation and have an exact adjoint; and
/// beyond its edges the picture goes on as its own reflection.
///
/// A tilted view has columns that depend on the row, `cos(w (c + s)) = cos(w c) cos(w s) - sin(w c)
/// sin(w s)`: two products by columns, of amplitudes that are weighted row by row, in place of one.
///
/// A view from far away has too few pixels for the finest waves: it is painted without those, as a
/// camera would blur them, and with the smaller products that it then takes.
///
/// [`Pixels`](Parametrisation::Pixels) has no waves: its basis is linear interpolation between
/// pixels, and the picture is `R A C^T`. A view that is only moved by whole pixels needs no
/// product: those that leave it come in again on the other side.
pub struct ImageParametrisation {
    side: usize,
    /// Values per axis and channel.
    atoms: usize,
    /// Standard deviation of the parameters at the start.
    noise: f32,
    ink: Option<Ink>,
    /// The mean of the training pictures, `[1, 3, 1, 1]`.
    mean: Tensor<4>,
    /// The largest pixel value.
    range: f32,
    device: Device,
}

/// What stands between wave amplitudes and a network's planes.
struct Ink {
    /// `[1, 1, waves, waves]`.
    weight: Tensor<4>,
    /// `[3 channels of the network, 3 independent hues]`.
    colours: Matrix,
    /// Its inverse.
    hues: Matrix,
}

/// A [`SamplingGrid`] in a painter's basis.
#[allow(clippy::large_enum_variant)] // there are two at a time
pub enum SamplingOperator {
    /// Pixels as they are, moved down and right by so many, round and round.
    Rolled([i32; 2]),
    /// Rows and columns, each `[seen, atoms that the view holds]`.
    Straight([Matrix; 2]),
    /// With columns that move with the row, or with both axes exchanged.
    Tilted {
        /// `[seen, atoms that the view holds]`, as the following.
        rows: Matrix,
        /// The waves at each column, and their quarter-period shifts: `[seen, atoms]`.
        columns: [Matrix; 2],
        /// Cosine and sine of each wave's phase in each row: `[1, 1, rows seen, atoms]`.
        phases: [Tensor<4>; 2],
        /// Whether rows and columns are exchanged.
        exchanged: bool,
    },
}

impl ImageParametrisation {
    /// For pictures of `side` x `side` pixels that a network with this `input` reads.
    pub fn new(
        parametrisation: Parametrisation,
        side: usize,
        input: &InputSpec,
        device: &Device,
    ) -> Self {
        let tensor = |values: Vec<f32>, shape: [usize; 4]| {
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let matrix = |values: [f32; 9]| Matrix::new(values.to_vec(), [3, 3], device);
        let (atoms, noise, ink) = match parametrisation {
            Parametrisation::Pixels { noise } => (side, noise, None),
            Parametrisation::Cosines {
                max_frequency,
                falloff,
                noise,
                contrast,
            } => {
                let waves = ((2.0 * max_frequency * side as f32).round() as usize).clamp(2, side);
                let colours = colours(input.channels);
                let ink = Ink {
                    weight: tensor(
                        weights(waves, side, falloff, contrast),
                        [1, 1, waves, waves],
                    ),
                    colours: matrix(colours),
                    hues: matrix(inverse(colours)),
                };
                (waves, noise, Some(ink))
            }
        };
        Self {
            side,
            atoms,
            noise,
            ink,
            mean: tensor(input.mean.to_vec(), [1, 3, 1, 1]),
            range: input.range,
            device: device.clone(),
        }
    }

    /// The parameters before the first step, as the parametrisation has them: `[1, 3, atoms,
    /// atoms]`.
    pub fn start(&self, rng: &mut Rng) -> Tensor<4> {
        if self.noise == 0.0 {
            self.zero()
        } else {
            self.noise(rng)
        }
    }

    /// Parameters that are all 0.
    pub fn zero(&self) -> Tensor<4> {
        Tensor::zeros([1, 3, self.atoms, self.atoms], &self.device)
    }

    /// Noise as the parametrisation has it at the start, or where it has none, of a tenth of the
    /// pixel values' range.
    pub fn noise(&self, rng: &mut Rng) -> Tensor<4> {
        let deviation = if self.noise == 0.0 {
            self.range / 10.0
        } else {
            self.noise
        };
        let noise = rng.normal_tensor([1, 3, self.atoms, self.atoms], deviation, &self.device);
        if self.ink.is_some() {
            transposed(noise)
        } else {
            noise
        } // drawn row by row of the picture in both
    }

    /// The parameters of the picture with these normalised planes, `[1, 3, side, side]`; of the
    /// closest one that the waves can make.
    pub fn trace(&self, planes: Tensor<4>) -> Tensor<4> {
        let Some(ink) = &self.ink else { return planes };
        // Black and white are infinitely far from a sigmoid's middle.
        let share = ((planes + self.mean.clone()).div_scalar(self.range)).clamp(0.02, 0.98);
        let amplitudes = self
            .look(&SamplingGrid::whole(self.side))
            .back((share.clone() / (share.neg() + 1.0)).log());
        mixed(transposed(amplitudes), |planes| ink.hues.times(planes)) / ink.weight.clone()
    }

    /// Brings a view into this painter's basis.
    pub fn look(&self, view: &SamplingGrid) -> SamplingOperator {
        if self.ink.is_none()
            && let Some(shifts) = view.shifts(self.side)
        {
            return SamplingOperator::Rolled(shifts);
        }
        let atoms = |place: f32, count: usize| self.atoms(place, count);
        // One of the two factors carries the contrast, there and back.
        let contrasted = |place: f32, count: usize| {
            atoms(place, count)
                .into_iter()
                .map(|value| view.contrast * value)
                .collect()
        };
        let matrix = |places: &[f32], row: &dyn Fn(f32, usize) -> Vec<f32>| {
            let count = self.held(places);
            let values = places.iter().flat_map(|&place| row(place, count)).collect();
            Matrix::new(values, [places.len(), count], &self.device)
        };
        let (rows, columns, slope, exchanged) = match view.shear {
            Shear::Columns(slope) if self.ink.is_some() => {
                (&view.rows, &view.columns, slope, false)
            }
            Shear::Rows(slope) if self.ink.is_some() => (&view.columns, &view.rows, slope, true),
            _ => {
                return SamplingOperator::Straight([
                    matrix(&view.rows, &contrasted),
                    matrix(&view.columns, &atoms),
                ]);
            }
        };
        let waves = self.held(columns);
        let shape = [1, 1, rows.len(), waves];
        let [cosines, sines] = [0, 1].map(|part: usize| {
            let values = rows.iter().flat_map(|place| {
                std::mem::take(&mut multiples(slope * (place - 0.5), waves)[part])
            });
            Tensor::from_data(TensorData::new(values.collect(), shape), &self.device)
        });
        SamplingOperator::Tilted {
            rows: matrix(rows, &contrasted),
            columns: [
                matrix(columns, &atoms),
                matrix(columns, &|place, count| {
                    self.weighted(&multiples(place, count)[1])
                }),
            ],
            phases: [cosines, sines],
            exchanged,
        }
    }

    /// How many atoms, from the first on, a view of these places along an axis shows: the waves of
    /// at most half a cycle a place, or all pixels.
    fn held(&self, places: &[f32]) -> usize {
        if self.ink.is_none() {
            return self.atoms;
        }
        let between = (places[places.len() - 1] - places[0]).abs() / (places.len() - 1) as f32;
        // Half a wave is left over, so that rounding does not cost the finest of the picture seen
        // pixel by pixel.
        ((between.recip() + 0.5) as usize).clamp(1, self.atoms)
    }

    /// What the network sees: normalised planes, `[1, 3, rows, columns]` of the view.
    pub fn decode(&self, parameters: Tensor<4>, lens: &SamplingOperator) -> Tensor<4> {
        let Some(ink) = &self.ink else {
            return lens.through(parameters);
        };
        let amplitudes = mixed(lens.held(parameters * ink.weight.clone()), |planes| {
            ink.colours.times(planes)
        });
        scaled_sigmoid(lens.through(transposed(amplitudes)), &self.mean, self.range)
    }

    /// The adjoint of [`decode`](ImageParametrisation::decode)'s derivative at the parameters that
    /// gave `painted`: from the gradient with respect to what the network saw to the gradient with
    /// respect to the parameters.
    pub fn vjp(
        &self,
        gradient: Tensor<4>,
        painted: Tensor<4>,
        lens: &SamplingOperator,
    ) -> Tensor<4> {
        let Some(ink) = &self.ink else {
            return lens.back(gradient);
        };
        let planes = scaled_sigmoid_backward(gradient, painted, &self.mean, self.range);
        let amplitudes = mixed(transposed(lens.back(planes)), |planes| {
            ink.colours.transposed_times(planes)
        });
        self.among_all(amplitudes) * ink.weight.clone()
    }

    /// The amplitudes of a view's waves, with 0 for those that it does not show.
    fn among_all(&self, amplitudes: Tensor<4>) -> Tensor<4> {
        let [_, _, across, down] = amplitudes.dims();
        let missing = [across, down].map(|held| (0, self.atoms - held));
        if missing == [(0, 0); 2] {
            amplitudes
        } else {
            amplitudes.pad(missing, 0.0)
        }
    }

    /// The parameters of the picture blurred by a Gaussian of so many pixels; with waves, of what
    /// the sigmoid is taken of.
    pub fn blurred(&self, parameters: Tensor<4>, deviation: f32) -> Tensor<4> {
        let atoms = self.atoms;
        let tensor = |values: Vec<f32>, shape: [usize; 4]| {
            Tensor::from_data(TensorData::new(values, shape), &self.device)
        };
        if self.ink.is_some() {
            // A Gaussian's transform is a Gaussian: the finer a wave, the less of it is left.
            let left: Vec<f32> = (0..atoms)
                .map(|k| (-(PI * k as f32 / self.side as f32 * deviation).powi(2) / 2.0).exp())
                .collect();
            return parameters
                * tensor(left.clone(), [1, 1, atoms, 1])
                * tensor(left, [1, 1, 1, atoms]);
        }
        let kernel = (0..atoms).flat_map(|row| {
            let weight = move |column: usize| {
                (-((row as f32 - column as f32) / deviation).powi(2) / 2.0).exp()
            };
            let sum: f32 = (0..atoms).map(weight).sum();
            (0..atoms).map(move |column| weight(column) / sum)
        });
        let kernel = Matrix::new(kernel.collect(), [atoms, atoms], &self.device);
        SamplingOperator::Straight([kernel.clone(), kernel]).through(parameters)
    }

    /// The parameters of the nearest picture in the range of pixel values, where they can leave it.
    pub fn clipped(&self, parameters: Tensor<4>) -> Tensor<4> {
        if self.ink.is_some() {
            return parameters;
        }
        (parameters + self.mean.clone()).clamp(0.0, self.range) - self.mean.clone()
    }

    /// The values at `place` of the first `count` atoms, where the picture reaches from 0 to 1:
    /// orthonormal over the places of its pixels.
    fn atoms(&self, place: f32, count: usize) -> Vec<f32> {
        if self.ink.is_some() {
            return self.weighted(&multiples(place, count)[0]);
        }
        // Reflected at the edges, then between the centres of the two nearest pixels.
        let inside = 1.0 - (place.rem_euclid(2.0) - 1.0).abs();
        let centre = (inside * self.side as f32 - 0.5).clamp(0.0, (self.side - 1) as f32);
        (0..count)
            .map(|k| (1.0 - (centre - k as f32).abs()).max(0.0))
            .collect()
    }

    /// Waves of amplitude 1, from the constant one on, at the amplitudes that make them
    /// orthonormal.
    fn weighted(&self, waves: &[f32]) -> Vec<f32> {
        let constant = (self.side as f32).sqrt().recip();
        waves
            .iter()
            .enumerate()
            .map(|(k, wave)| if k == 0 { constant } else { SQRT_2 * constant } * wave)
            .collect()
    }
}

/// `cos(pi k place)` and `sin(pi k place)` for k from 0 on, each from the one before it: a step
/// draws a view of its own, and so many cosines would take a tenth of its time.
fn multiples(place: f32, count: usize) -> [Vec<f32>; 2] {
    let (sine, cosine) = (std::f64::consts::PI * f64::from(place)).sin_cos();
    let mut turned = [1.0, 0.0];
    let (cosines, sines) = (0..count)
        .map(|_| {
            let [across, up] = turned;
            turned = [across * cosine - up * sine, up * cosine + across * sine];
            (across as f32, up as f32)
        })
        .unzip();
    [cosines, sines]
}

/// A product along the channel axis.
fn mixed(planes: Tensor<4>, product: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
    let shape = planes.dims();
    product(planes.reshape([1, 1, 3, shape[2] * shape[3]])).reshape(shape)
}

impl SamplingOperator {
    /// Of the amplitudes of all waves, `[1, channels, waves across, waves down]`, those that the
    /// view shows.
    fn held(&self, amplitudes: Tensor<4>) -> Tensor<4> {
        let [across, down] = match self {
            SamplingOperator::Rolled(_) => return amplitudes,
            SamplingOperator::Straight([rows, columns])
            | SamplingOperator::Tilted {
                rows,
                columns: [columns, _],
                exchanged: false,
                ..
            } => [columns, rows],
            SamplingOperator::Tilted {
                rows,
                columns: [columns, _],
                exchanged: true,
                ..
            } => [rows, columns],
        }
        .map(Matrix::columns);
        let [_, _, all, _] = amplitudes.dims();
        if [across, down] == [all; 2] {
            amplitudes
        } else {
            amplitudes.narrow(2, 0, across).narrow(3, 0, down)
        }
    }

    fn through(&self, atoms: Tensor<4>) -> Tensor<4> {
        match self {
            SamplingOperator::Rolled([down, right]) => atoms.roll(&[*down, *right], &[2, 3]),
            SamplingOperator::Straight([rows, columns]) => {
                rows.times(transposed(columns.times(transposed(atoms))))
            }
            SamplingOperator::Tilted {
                rows,
                columns,
                phases,
                exchanged,
            } => {
                let atoms = rows.times(turned(atoms, *exchanged));
                let [cosines, sines] = [0, 1].map(|part: usize| {
                    transposed(
                        columns[part].times(transposed(atoms.clone() * phases[part].clone())),
                    )
                });
                turned(cosines - sines, *exchanged)
            }
        }
    }

    /// The adjoint of [`through`](SamplingOperator::through).
    fn back(&self, planes: Tensor<4>) -> Tensor<4> {
        match self {
            SamplingOperator::Rolled([down, right]) => planes.roll(&[-down, -right], &[2, 3]),
            SamplingOperator::Straight([rows, columns]) => {
                transposed(columns.transposed_times(transposed(rows.transposed_times(planes))))
            }
            SamplingOperator::Tilted {
                rows,
                columns,
                phases,
                exchanged,
            } => {
                let planes = transposed(turned(planes, *exchanged));
                let [cosines, sines] = [0, 1].map(|part: usize| {
                    transposed(columns[part].transposed_times(planes.clone()))
                        * phases[part].clone()
                });
                turned(rows.transposed_times(cosines - sines), *exchanged)
            }
        }
    }
}

fn transposed(planes: Tensor<4>) -> Tensor<4> {
    planes.swap_dims(2, 3)
}

fn turned(planes: Tensor<4>, exchanged: bool) -> Tensor<4> {
    if exchanged {
        transposed(planes)
    } else {
        planes
    }
}

/// `contrast * max(frequency, 1/side)^-falloff`, frequency in cycles per pixel, scaled to be
/// `contrast * side` at `1/side` whatever the falloff.
fn weights(waves: usize, side: usize, falloff: f32, contrast: f32) -> Vec<f32> {
    let side = side as f32;
    let weight = |row: usize, column: usize| {
        let cycles = (row as f32).hypot(column as f32) / 2.0;
        contrast * side * cycles.max(1.0).powf(-falloff)
    };
    (0..waves)
        .flat_map(|row| (0..waves).map(move |column| weight(row, column)))
        .collect()
}

/// [`COLOURS`] in the order of the network's channels, its largest column scaled to length 1 as in
/// lucid.
fn colours(order: ChannelOrder) -> [f32; 9] {
    let length = |hue: usize| {
        COLOURS
            .iter()
            .map(|row| row[hue] * row[hue])
            .sum::<f32>()
            .sqrt()
    };
    let longest = (0..3).map(length).fold(0.0, f32::max);
    let mut rows = COLOURS;
    if order == ChannelOrder::Bgr {
        rows.reverse();
    }
    std::array::from_fn(|place| rows[place / 3][place % 3] / longest)
}

/// The inverse of a 3 x 3 matrix, row-major.
fn inverse(m: [f32; 9]) -> [f32; 9] {
    let cofactor = |row: usize, column: usize| {
        let at = |down: usize, right: usize| m[(row + down) % 3 * 3 + (column + right) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let determinant: f32 = (0..3).map(|column| m[column] * cofactor(0, column)).sum();
    std::array::from_fn(|place| cofactor(place % 3, place / 3) / determinant)
}
