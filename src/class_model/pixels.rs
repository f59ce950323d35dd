//! The parametrisation by pixels: the parameters are the network's input.

use burn::tensor::{Device, Tensor, TensorData};

use super::parametrisation::Parametrisation;
use super::sampling::SamplingOperator;
use super::transformations::SamplingGrid;
use crate::kernels::Matrix;
use crate::preprocess::InputSpec;
use crate::rng::Rng;

/// Parameters `X`, `[1, channels, side, side]`: the image itself, minus the mean.
///
/// A grid samples the image by bilinear interpolation, `R X C^T`; the image is extended by
/// reflection. A shift by whole pixels is cyclic instead, and needs no matrix product. Shears are
/// ignored.
pub struct Pixels {
    side: usize,
    /// The mean of the training images, `[1, channels, 1, 1]`.
    mean: Tensor<4>,
    /// The largest pixel value.
    range: f32,
    device: Device,
}

impl Pixels {
    /// For images of `side` x `side` pixels that a network with this `input` reads, which is not
    /// divided by any standard deviation.
    pub fn new(side: usize, input: &InputSpec, device: &Device) -> Self {
        let mean = TensorData::new(input.mean.clone(), [1, input.mean.len(), 1, 1]);
        Self {
            side,
            mean: Tensor::from_data(mean, device),
            range: input.range,
            device: device.clone(),
        }
    }

    /// The shape of the parameters.
    fn shape(&self) -> [usize; 4] {
        let [_, channels, ..] = self.mean.dims();
        [1, channels, self.side, self.side]
    }

    /// The weights of linear interpolation at each coordinate, times `gain`: `[coordinates, side]`.
    fn interpolation(&self, coordinates: &[f32], gain: f32) -> Matrix {
        let last = (self.side - 1) as f32;
        let mut values = Vec::with_capacity(coordinates.len() * self.side);
        for coordinate in coordinates {
            // Triangle wave of period 2: reflection at both edges.
            let reflected = 1.0 - (coordinate.rem_euclid(2.0) - 1.0).abs();
            let position = (reflected * self.side as f32 - 0.5).clamp(0.0, last);
            values.extend(
                (0..self.side).map(|pixel| gain * (1.0 - (position - pixel as f32).abs()).max(0.0)),
            );
        }
        Matrix::new(values, [coordinates.len(), self.side], &self.device)
    }
}

impl Parametrisation for Pixels {
    fn zero(&self) -> Tensor<4> {
        Tensor::zeros(self.shape(), &self.device)
    }

    fn normal(&self, deviation: f32, rng: &mut Rng) -> Tensor<4> {
        rng.normal_tensor(self.shape(), deviation, &self.device)
    }

    fn encode(&self, image: Tensor<4>) -> Tensor<4> {
        image
    }

    fn sampling_operator(&self, grid: &SamplingGrid) -> SamplingOperator {
        if let Some(shift) = grid.shift(self.side) {
            return SamplingOperator::CyclicShift(shift);
        }
        SamplingOperator::Separable {
            rows: self.interpolation(&grid.rows, grid.gain),
            columns: self.interpolation(&grid.columns, 1.0),
        }
    }

    fn decode(&self, parameters: Tensor<4>, operator: &SamplingOperator) -> Tensor<4> {
        operator.sample(parameters)
    }

    fn vjp(
        &self,
        gradient: Tensor<4>,
        _image: Tensor<4>,
        operator: &SamplingOperator,
    ) -> Tensor<4> {
        operator.adjoint(gradient)
    }

    fn blurred(&self, parameters: Tensor<4>, deviation: f32) -> Tensor<4> {
        let mut values = Vec::with_capacity(self.side * self.side);
        for row in 0..self.side {
            let weight =
                |column: usize| (-((row as f32 - column as f32) / deviation).powi(2) / 2.0).exp();
            let sum: f32 = (0..self.side).map(weight).sum();
            values.extend((0..self.side).map(|column| weight(column) / sum));
        }
        let gaussian = Matrix::new(values, [self.side, self.side], &self.device);
        let blur = SamplingOperator::Separable {
            rows: gaussian.clone(),
            columns: gaussian,
        };
        blur.sample(parameters)
    }

    fn clipped(&self, parameters: Tensor<4>) -> Tensor<4> {
        (parameters + self.mean.clone()).clamp(0.0, self.range) - self.mean.clone()
    }
}
