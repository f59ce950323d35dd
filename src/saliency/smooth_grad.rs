//! The gradient, averaged over noisy copies of the photo.

use std::ops::Range;

use burn::tensor::Tensor;

use super::{AttributionInput, SaliencyMethod, largest_over_channels};
use crate::error::Error;
use crate::networks::ReluRule;
use crate::rng::Rng;

/// `w = 1/n * sum over k of dS_c/dI (I + e_k)`, `e_k` normal with deviation sigma; per unit of a
/// 0..255 pixel value.
pub const SMOOTH_GRAD: SaliencyMethod = SaliencyMethod {
    id: "smooth_grad",
    title: "SmoothGrad",
    formula: "w = mean over n noisy copies of ∂S/∂I (I + noise of deviation σ)",
    reading: "Bright pixels are those whose change moves the score in most noisy copies of the photo: what single kinks of the network add \
              to the gradient averages out. The more noise, the smoother the map, and the further from this very photo.",
    reference: "Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, SmoothGrad (arXiv 1706.03825)",
    passes: |settings| settings.samples,
    attribute,
    magnitude: largest_over_channels,
    complete: false,
};

fn attribute(input: &AttributionInput, passes: Range<usize>) -> Result<Tensor<4>, Error> {
    let [_, channels, rows, columns] = input.pictures.dims();
    let (settings, range) = (input.settings, input.network.input.range);
    // Each sample has its own sequence, so that its noise does not depend on how samples are
    // batched.
    let noise = passes.map(|sample| {
        let mut rng = Rng::stream(settings.seed, sample as u64);
        rng.normal_tensor(
            [1, channels, rows, columns],
            settings.sigma * range,
            &input.network.device,
        )
    });
    let gradients = smooth_grad(input, Tensor::cat(noise.collect(), 0))?;
    Ok(gradients.mul_scalar(range / 255.0 / settings.samples as f32))
}

/// The sum of the gradients at a look's one picture plus each row of `noise`, `[samples, 3, side,
/// side]`, both in units of the network's normalised input: `[1, 3, side, side]`, per such unit.
///
/// # Errors
/// As [`score_gradient`](crate::gradient::score_gradient).
pub fn smooth_grad(input: &AttributionInput, noise: Tensor<4>) -> Result<Tensor<4>, Error> {
    Ok(input
        .signal(noise + input.pictures.clone(), ReluRule::Gradient)?
        .sum_dim(0))
}
