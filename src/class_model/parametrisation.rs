//! What is optimised, and how it becomes the picture that the network sees.

use std::f32::consts::{PI, SQRT_2};

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};

use super::transformations::View;
use crate::dice::Dice;
use crate::preprocess::{ChannelOrder, InputSpec};

/// How parameters stand for a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parametrisation {
    /// The parameters are the network's input itself, starting from zero: the mean picture.
    Pixels,
    /// The parameters are the amplitudes of cosine waves in three decorrelated colours, starting from faint noise; a sigmoid
    /// takes their sum to the range of pixel values.
    Cosines {
        /// The finest wave, in cycles per pixel; a half is all that pixels can hold.
        finest: f32,
        /// Waves are weighted by `frequency^-falloff`: 1 is the spectrum of natural pictures, more favours large shapes.
        falloff: f32,
        /// Standard deviation of the parameters at the start.
        noise: f32,
        /// How much a unit of amplitude contributes to the picture before the sigmoid.
        contrast: f32,
    },
}

/// The square root of the covariance of R, G, B over ImageNet's pixels, one row a colour, one column an independent hue (from
/// tensorflow/lucid, `misc/color.py`, Apache-2.0); a unit step in each column is equally likely in photos.
const COLOURS: [[f32; 3]; 3] = [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]];

/// Paints a network's input from parameters, and takes gradients back to them.
///
/// With `A` the parameters, `[1, 3, waves, waves]`, weighted by frequency and mixed into the network's channels, a view with the
/// basis matrices `R` and `C` (each wave at each of the view's rows and columns) is `range * sigmoid(R A C^T) - mean`. Because the
/// waves are evaluated where the view looks, moving, scaling and mirroring cost nothing, need no interpolation and have an exact
/// adjoint; and beyond its edges the picture goes on as its own reflection.
///
/// [`Pixels`](Parametrisation::Pixels) has no waves: its basis is linear interpolation between pixels, and the picture is
/// `R A C^T`.
pub struct Painter {
    side: usize,
    /// Values per axis and channel.
    atoms: usize,
    ink: Option<Ink>,
    device: Device,
}

/// What stands between wave amplitudes and a network's planes.
struct Ink {
    noise: f32,
    /// `[1, 1, waves, waves]`.
    weight: Tensor<4>,
    /// `[3 channels of the network, 3 independent hues]`.
    colours: Tensor<2>,
    /// `[1, 3, 1, 1]`.
    mean: Tensor<4>,
    range: f32,
}

/// A [`View`] in a painter's basis: `[1, 1, seen, atoms]` for rows and for columns, or nothing where it is the picture as it is.
pub struct Lens(Option<[Tensor<4>; 2]>);

impl Painter {
    /// For pictures of `side` x `side` pixels that a network with this `input` reads.
    pub fn new(parametrisation: Parametrisation, side: usize, input: &InputSpec, device: &Device) -> Self {
        let device = device.clone();
        match parametrisation {
            Parametrisation::Pixels => Self { side, atoms: side, ink: None, device },
            Parametrisation::Cosines { finest, falloff, noise, contrast } => {
                let waves = ((2.0 * finest * side as f32).round() as usize).clamp(2, side);
                let ink = Ink {
                    noise,
                    weight: Tensor::from_data(
                        TensorData::new(weights(waves, side, falloff, contrast), [1, 1, waves, waves]),
                        &device,
                    ),
                    colours: Tensor::from_data(TensorData::new(colours(input.channels), [3, 3]), &device),
                    mean: Tensor::from_data(TensorData::new(input.mean.to_vec(), [1, 3, 1, 1]), &device),
                    range: input.range,
                };
                Self { side, atoms: waves, ink: Some(ink), device }
            }
        }
    }

    /// The parameters before the first step: `[1, 3, atoms, atoms]`.
    pub fn start(&self, dice: &mut Dice) -> Tensor<4> {
        let shape = [1, 3, self.atoms, self.atoms];
        match &self.ink {
            None => Tensor::zeros(shape, &self.device),
            Some(ink) => dice.normal_tensor(shape, ink.noise, &self.device),
        }
    }

    /// Brings a view into this painter's basis.
    pub fn look(&self, view: &View) -> Lens {
        if self.ink.is_none() && *view == View::whole(self.side) {
            return Lens(None);
        }
        Lens(Some([&view.rows, &view.columns].map(|places| {
            let basis = places.iter().flat_map(|&place| self.basis(place)).collect();
            Tensor::from_data(TensorData::new(basis, [1, 1, places.len(), self.atoms]), &self.device)
        })))
    }

    /// What the network sees: normalised planes, `[1, 3, rows, columns]` of the view.
    pub fn paint(&self, parameters: Tensor<4>, lens: &Lens) -> Tensor<4> {
        let Some(ink) = &self.ink else { return lens.through(parameters) };
        let amplitudes = ink.mix(parameters * ink.weight.clone(), ink.colours.clone());
        sigmoid(lens.through(amplitudes)).mul_scalar(ink.range) - ink.mean.clone()
    }

    /// The adjoint of [`paint`](Painter::paint)'s derivative at the parameters that gave `painted`: from the gradient with respect
    /// to what the network saw to the gradient with respect to the parameters.
    pub fn pull_back(&self, gradient: Tensor<4>, painted: Tensor<4>, lens: &Lens) -> Tensor<4> {
        let Some(ink) = &self.ink else { return lens.back(gradient) };
        // range * sigmoid' = value * (1 - value / range), for value = range * sigmoid.
        let value = painted + ink.mean.clone();
        let slope = value.clone() * value.div_scalar(-ink.range).add_scalar(1.0);
        ink.mix(lens.back(gradient * slope), ink.colours.clone().transpose()) * ink.weight.clone()
    }

    /// Each atom's value at `place`, where the picture reaches from 0 to 1: orthonormal over the places of its pixels.
    fn basis(&self, place: f32) -> Vec<f32> {
        if self.ink.is_some() {
            let height = 1.0 / (self.side as f32).sqrt();
            let wave = |k| if k == 0 { height } else { height * SQRT_2 * (PI * k as f32 * place).cos() };
            return (0..self.atoms).map(wave).collect();
        }
        // Reflected at the edges, then between the centres of the two nearest pixels.
        let inside = 1.0 - (place.rem_euclid(2.0) - 1.0).abs();
        let centre = (inside * self.side as f32 - 0.5).clamp(0.0, (self.side - 1) as f32);
        (0..self.atoms).map(|k| (1.0 - (centre - k as f32).abs()).max(0.0)).collect()
    }
}

impl Ink {
    /// Multiplies the channel axis by `colours`.
    fn mix(&self, planes: Tensor<4>, colours: Tensor<2>) -> Tensor<4> {
        let shape = planes.dims();
        colours.matmul(planes.reshape([3, shape[2] * shape[3]])).reshape(shape)
    }
}

impl Lens {
    fn through(&self, atoms: Tensor<4>) -> Tensor<4> {
        let Some([rows, columns]) = &self.0 else { return atoms };
        rows.clone().matmul(atoms).matmul(columns.clone().swap_dims(2, 3))
    }

    fn back(&self, planes: Tensor<4>) -> Tensor<4> {
        let Some([rows, columns]) = &self.0 else { return planes };
        rows.clone().swap_dims(2, 3).matmul(planes).matmul(columns.clone())
    }
}

/// `contrast * max(frequency, 1/side)^-falloff`, frequency in cycles per pixel, scaled to be `contrast * side` at `1/side` whatever the
/// falloff.
fn weights(waves: usize, side: usize, falloff: f32, contrast: f32) -> Vec<f32> {
    let side = side as f32;
    let weight = |row: usize, column: usize| {
        let cycles = (row as f32).hypot(column as f32) / 2.0;
        contrast * side * cycles.max(1.0).powf(-falloff)
    };
    (0..waves).flat_map(|row| (0..waves).map(move |column| weight(row, column))).collect()
}

/// [`COLOURS`] in the order of the network's channels, its largest column scaled to length 1 as in lucid.
fn colours(order: ChannelOrder) -> Vec<f32> {
    let length = |hue: usize| COLOURS.iter().map(|row| row[hue] * row[hue]).sum::<f32>().sqrt();
    let longest = (0..3).map(length).fold(0.0, f32::max);
    let mut rows = COLOURS;
    if order == ChannelOrder::Bgr {
        rows.reverse();
    }
    rows.into_iter().flatten().map(|value| value / longest).collect()
}
