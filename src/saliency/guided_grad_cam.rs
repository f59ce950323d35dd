//! Guided back-propagation's fine drawing, kept where the target's own plane is active.

use burn::tensor::{Device, Tensor, TensorData};

use super::{AttributionInput, SaliencyMethod, largest_over_channels};
use crate::error::Error;
use crate::gradient::{ScoreGradient, score_gradient};
use crate::imaging::interpolation_weights;
use crate::networks::ReluRule;

/// `a = R * max(0, L)`, R guided back-propagation's signal and L Grad-CAM at the layer whose
/// channel the target is (conv10 for a class): that channel's own plane divided by its positions,
/// brought to the picture's grid by linear interpolation.
pub const GUIDED_GRAD_CAM: SaliencyMethod = SaliencyMethod {
    id: "guided_grad_cam",
    title: "Guided Grad-CAM",
    formula: "a = R · max(0, L), R the guided signal, L Grad-CAM in the target's own channel",
    reading: "Bright pixels are edges in those regions where the class's own channel is active, which finds objects better than either \
              does alone. The edges are the photo's: like guided back-propagation, they say little of what the network has learnt.",
    reference: "Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2016, Grad-CAM, section 3.2 (arXiv 1610.02391)",
    passes: |_| 1,
    attribute: |input, _| attribute(input),
    magnitude: largest_over_channels,
    complete: false,
};

fn attribute(input: &AttributionInput) -> Result<Tensor<4>, Error> {
    let ScoreGradient {
        plane, gradients, ..
    } = score_gradient(
        input.network,
        input.pictures.clone(),
        &input.settings.target,
        ReluRule::Guided,
    )?;
    let ([_, _, rows, columns], [_, _, height, width]) = (plane.dims(), gradients.dims());
    let device = &input.network.device;
    let (down, across) = (
        interpolation(rows, height, device),
        interpolation(columns, width, device),
    );
    let active = plane.clamp_min(0.0).div_scalar((rows * columns) as f32);
    Ok(gradients * down.matmul(active).matmul(across.swap_dims(2, 3)))
}

/// Linear interpolation along one axis as a matrix, `[1, 1, frame, grid]`: its product with values
/// on the grid is their interpolation in the frame.
fn interpolation(grid: usize, frame: usize, device: &Device) -> Tensor<4> {
    let mut matrix = vec![0.0; frame * grid];
    let rows = matrix.chunks_exact_mut(grid);
    for (row, (left, right, weight)) in rows.zip(interpolation_weights(grid, frame)) {
        row[left] += 1.0 - weight;
        row[right] += weight;
    }
    Tensor::from_data(TensorData::new(matrix, [1, 1, frame, grid]), device)
}
