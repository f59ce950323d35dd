//! The gradient, integrated along the straight way from the mean picture to the photo.

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::{Look, SaliencyMethod, largest_over_channels};
use crate::error::Error;
use crate::networks::ReluRule;

/// `a = (I - I') * integral over t from 0 to 1 of dS_c/dI (I' + t (I - I'))`, I' the mean picture, which is the normalised input 0; the
/// integral as the mean at the midpoints `t_k = (k + 1/2) / steps`. In units of the score: the attributions' sum comes to S_c(I) - S_c(I')
/// ("completeness"), but for what the finite steps miss.
pub const INTEGRATED_GRADIENTS: SaliencyMethod = SaliencyMethod {
    id: "integrated_gradients",
    title: "Integrated gradients",
    formula: "a = (I − I′) · ∫ ∂S/∂I (I′ + t (I − I′)) dt, with I′ the mean picture",
    reading: "A pixel's value is its share in the rise of the score from the mean picture to this photo, and all shares add up to that \
              rise. They depend on where the way starts: what looks like the mean picture gets no share.",
    reference: "Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks (arXiv 1703.01365)",
    passes: |settings| settings.steps,
    attribute,
    magnitude: largest_over_channels,
    complete: true,
};

fn attribute(look: &Look, passes: Range<usize>) -> Result<Tensor<4>, Error> {
    let steps = look.settings.steps as f32;
    let midpoints: Vec<f32> = passes.map(|step| (step as f32 + 0.5) / steps).collect();
    let shape = [midpoints.len(), 1, 1, 1];
    let midpoints = Tensor::<4>::from_data(TensorData::new(midpoints, shape), &look.network.device);
    let gradients = look.signal(midpoints * look.pictures.clone(), ReluRule::Gradient)?;
    Ok(gradients.sum_dim(0) * look.pictures.clone().div_scalar(steps))
}
