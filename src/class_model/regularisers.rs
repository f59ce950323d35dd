//! What keeps a class model from becoming a picture that no camera could take.

use burn::tensor::Tensor;

use super::parametrisation::ImageParametrisation;

/// The regularisers of a recipe; each is off at 0 or `false`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regularisers {
    /// lambda of the penalty `lambda * ||parameters||^2` (section 2 of the paper; there the
    /// parameters are the picture).
    pub l2: f32,
    /// Weight of the penalty `sum over neighbours of (I_p - I_q)^2`, total variation with exponent
    /// 2 (Mahendran & Vedaldi, *Understanding Deep Image Representations by Inverting Them*, arXiv
    /// 1412.0035), on what the network sees.
    pub total_variation: f32,
    /// After every so many steps the picture is blurred by [`blur`](Self::blur).
    pub blur_every: usize,
    /// Standard deviation in pixels.
    pub blur: f32,
    /// Whether each step ends with a picture in the range of pixel values.
    pub clip: bool,
    /// Whether every gradient is scaled to length 1.
    pub normalise: bool,
}

impl Regularisers {
    /// None at all.
    pub const NONE: Self = Self {
        l2: 0.0,
        total_variation: 0.0,
        blur_every: 0,
        blur: 0.0,
        clip: false,
        normalise: false,
    };

    /// The gradient with respect to the picture that was `seen`, `[1, 3, rows, columns]`, less the
    /// penalties on it.
    pub fn on_picture(&self, gradient: Tensor<4>, seen: &Tensor<4>) -> Tensor<4> {
        match self.total_variation {
            0.0 => gradient,
            weight => gradient - variation_gradient(seen).mul_scalar(weight),
        }
    }

    /// The gradient with respect to the parameters, less the penalties on them, and scaled.
    pub fn on_parameters(&self, gradient: Tensor<4>, parameters: &Tensor<4>) -> Tensor<4> {
        let gradient = match self.l2 {
            0.0 => gradient,
            lambda => gradient - parameters.clone().mul_scalar(2.0 * lambda),
        };
        if !self.normalise {
            return gradient;
        }
        let length = gradient
            .clone()
            .square()
            .sum()
            .sqrt()
            .add_scalar(f32::MIN_POSITIVE);
        gradient / length.reshape([1, 1, 1, 1])
    }

    /// What becomes of the parameters after step number `step` (the first is 1).
    pub fn after_step(
        &self,
        parameters: Tensor<4>,
        painter: &ImageParametrisation,
        step: usize,
    ) -> Tensor<4> {
        let due = self.blur_every != 0 && step.is_multiple_of(self.blur_every);
        let parameters = if due {
            painter.blurred(parameters, self.blur)
        } else {
            parameters
        };
        if self.clip {
            painter.clipped(parameters)
        } else {
            parameters
        }
    }
}

/// d / dI of `sum over vertical and horizontal neighbours of (I_p - I_q)^2`.
fn variation_gradient(picture: &Tensor<4>) -> Tensor<4> {
    let [_, _, rows, columns] = picture.dims();
    let along = |axis: usize, length: usize| {
        let [first, last] = [0, length - 1].map(|at| picture.clone().narrow(axis, at, 1));
        let differences = picture.clone().narrow(axis, 1, length - 1)
            - picture.clone().narrow(axis, 0, length - 1);
        let [none_before, none_after] = [first, last].map(|edge| edge.zeros_like());
        // Each pixel's difference from the one before it, less that of the one after it from
        // itself.
        (Tensor::cat(vec![none_before, differences.clone()], axis)
            - Tensor::cat(vec![differences, none_after], axis))
        .mul_scalar(2.0)
    };
    along(2, rows) + along(3, columns)
}
