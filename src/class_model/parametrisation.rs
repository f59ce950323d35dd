//! Image parametrisations: differentiable maps from the optimised parameters to the network's
//! input.

use burn::tensor::Tensor;

use super::sampling::SamplingOperator;
use super::transformations::SamplingGrid;
use crate::rng::Rng;

/// A map from parameters `[1, channels, n, n]` to an image of `side` x `side` pixels, or to that
/// image resampled on a [`SamplingGrid`]. Images have the network's channels, in pixel values of 0
/// to 255 minus the mean
/// ([`InputSpec::in_pixel_values`](crate::preprocess::InputSpec::in_pixel_values)).
pub trait Parametrisation {
    /// Parameters that are all 0.
    fn zero(&self) -> Tensor<4>;

    /// Independent normal parameters with mean 0 and standard deviation `deviation`.
    fn normal(&self, deviation: f32, rng: &mut Rng) -> Tensor<4>;

    /// The parameters of `image`, `[1, channels, side, side]`, or of the closest image that has
    /// any.
    fn encode(&self, image: Tensor<4>) -> Tensor<4>;

    /// The operator that samples this parametrisation's basis on `grid`.
    fn sampling_operator(&self, grid: &SamplingGrid) -> SamplingOperator;

    /// The image on the operator's grid: `[1, channels, rows, columns]`.
    fn decode(&self, parameters: Tensor<4>, operator: &SamplingOperator) -> Tensor<4>;

    /// Vector-Jacobian product of [`decode`](Parametrisation::decode), at the parameters that gave
    /// `image`: from the `gradient` with respect to the image to that with respect to the
    /// parameters.
    fn vjp(&self, gradient: Tensor<4>, image: Tensor<4>, operator: &SamplingOperator) -> Tensor<4>;

    /// The parameters after a Gaussian blur of standard deviation `deviation`, in pixels.
    fn blurred(&self, parameters: Tensor<4>, deviation: f32) -> Tensor<4>;

    /// The parameters of the image clipped to the range of pixel values.
    fn clipped(&self, parameters: Tensor<4>) -> Tensor<4>;
}
