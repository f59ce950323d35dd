//! Penalties and constraints that keep a class model close to natural images.

use burn::tensor::Tensor;

use super::parametrisation::Parametrisation;

/// The regularisers of a recipe; each is off at 0 or `false`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regularisers {
    /// lambda of the penalty `lambda * ||parameters||^2` (section 2 of the paper, where the
    /// parameters are the image).
    pub l2: f32,
    /// Weight of the penalty `sum over neighbours of (I_p - I_q)^2` on the network's input: total
    /// variation with exponent 2 (Mahendran & Vedaldi, arXiv 1412.0035).
    pub total_variation: f32,
    /// The image is blurred after every `blur_every` steps.
    pub blur_every: usize,
    /// Standard deviation of that blur in pixels.
    pub blur: f32,
    /// Whether each step clips the image to the range of pixel values.
    pub clip: bool,
    /// Whether each gradient is scaled to length 1.
    pub normalise: bool,
    /// Root of the mean square, over pixels and channels, that the objective's gradient with respect
    /// to pixel values is scaled up to where it is smaller.
    pub least_gradient: f32,
}

impl Regularisers {
    /// No regularisers.
    pub const NONE: Self = Self {
        l2: 0.0,
        total_variation: 0.0,
        blur_every: 0,
        blur: 0.0,
        clip: false,
        normalise: false,
        least_gradient: 0.0,
    };

    /// `gradient` with respect to the image `input`, `[1, channels, rows, columns]`, scaled up to
    /// `least_gradient`, minus that of the penalties on the input.
    pub fn on_input(&self, gradient: Tensor<4>, input: &Tensor<4>) -> Tensor<4> {
        let gradient = match self.least_gradient {
            0.0 => gradient,
            least => scaled_up(gradient, least),
        };
        match self.total_variation {
            0.0 => gradient,
            weight => gradient - total_variation_gradient(input).mul_scalar(weight),
        }
    }

    /// `gradient` with respect to the `parameters`, minus that of the penalties on them, scaled
    /// where `normalise`.
    pub fn on_parameters(&self, gradient: Tensor<4>, parameters: &Tensor<4>) -> Tensor<4> {
        let gradient = match self.l2 {
            0.0 => gradient,
            lambda => gradient - parameters.clone().mul_scalar(2.0 * lambda),
        };
        if !self.normalise {
            return gradient;
        }
        let length = norm(&gradient).add_scalar(f32::MIN_POSITIVE);
        gradient / length.reshape([1, 1, 1, 1])
    }

    /// The parameters blurred and clipped after step number `step` (the first is 1).
    pub fn after_step(
        &self,
        parameters: Tensor<4>,
        parametrisation: &dyn Parametrisation,
        step: usize,
    ) -> Tensor<4> {
        let blurs = self.blur_every != 0 && step.is_multiple_of(self.blur_every);
        let parameters = if blurs {
            parametrisation.blurred(parameters, self.blur)
        } else {
            parameters
        };
        if self.clip {
            parametrisation.clipped(parameters)
        } else {
            parameters
        }
    }
}

/// Norms below this are taken for it, so that no quotient overflows.
const SMALLEST_NORM: f32 = 1e-30;

/// The Euclidean norm.
fn norm(values: &Tensor<4>) -> Tensor<1> {
    values.clone().square().sum().sqrt()
}

/// `gradient`, multiplied so that the root of its mean square is at least `least`. One that is large
/// enough keeps its bits, and one of zeros stays.
fn scaled_up(gradient: Tensor<4>, least: f32) -> Tensor<4> {
    let norm = norm(&gradient);
    let least_norm = least * (gradient.shape().num_elements() as f32).sqrt();
    // Where the norm is large enough, the quotient of two equal numbers: 1.
    let factor = norm.full_like(least_norm) / norm.clamp(SMALLEST_NORM, least_norm);
    gradient * factor.reshape([1, 1, 1, 1])
}

/// Gradient of `sum over vertical and horizontal neighbours of (I_p - I_q)^2` with respect to I.
fn total_variation_gradient(image: &Tensor<4>) -> Tensor<4> {
    let along = |axis: usize| {
        let length = image.dims()[axis];
        let differences =
            image.clone().narrow(axis, 1, length - 1) - image.clone().narrow(axis, 0, length - 1);
        let edge = image.clone().narrow(axis, 0, 1).zeros_like();
        // Each pixel's difference from the one before it minus that of the one after it.
        let from_previous = Tensor::cat(vec![edge.clone(), differences.clone()], axis);
        let to_next = Tensor::cat(vec![differences, edge], axis);
        (from_previous - to_next).mul_scalar(2.0)
    };
    along(2) + along(3)
}
