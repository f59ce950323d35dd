//! Guided back-propagation, weighted by the activations of the target's own channel.

use burn::tensor::{Device, Tensor, TensorData};

use super::grad_cam::{default_layer, weighted_sum};
use super::{AttributionInput, SaliencyMethod, largest_over_channels};
use crate::error::Error;
use crate::gradient::{ScoreGradient, score_gradient};
use crate::graph::ReluRule;
use crate::imaging::interpolation_weights;

/// `a = R * max(0, L)`: R is the signal of guided back-propagation, and L is Grad-CAM at the layer
/// whose channel is the target (conv10 for a class), interpolated linearly to the input's grid. In
/// that layer only the target's own channel has a gradient, so L is that channel's activation
/// divided by its number of positions. Where the target reads a vector, L is Grad-CAM at the last
/// feature map before it.
///
/// Selvaraju et al. 2016, section 3.2 ([arXiv 1610.02391](https://arxiv.org/abs/1610.02391)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{GUIDED_GRAD_CAM, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &GUIDED_GRAD_CAM,
///     crops: Crops::One,
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const GUIDED_GRAD_CAM: SaliencyMethod = SaliencyMethod {
    id: "guided_grad_cam",
    title: "Guided Grad-CAM",
    formula: "a = R · max(0, L), with R the signal of guided backprop and L Grad-CAM at the \
              target's channel",
    reading: "Bright pixels are edges in regions where the class's own channel is active, which \
              locates objects better than guided back-propagation or Grad-CAM alone. As in guided \
              back-propagation, the edges say little about what the network has learnt.",
    reference: "Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2016, Grad-CAM, section 3.2 \
              (arXiv 1610.02391)",
    passes: |_| 1,
    attribute: |input, _| attribute(input),
    magnitude: largest_over_channels,
    complete: false,
    needs_relus: true,
};

fn attribute(input: &AttributionInput) -> Result<Tensor<4>, Error> {
    let (network, target) = (input.network, &input.settings.target);
    let ScoreGradient {
        plane, gradients, ..
    } = score_gradient(network, input.pictures.clone(), target, ReluRule::Guided)?;
    let [_, _, height, width] = gradients.dims();
    let [_, _, rows, columns] = plane.dims();
    // Where the target reads a vector, its own channel has no positions.
    let map = if rows * columns > 1 {
        plane.div_scalar((rows * columns) as f32)
    } else {
        let node = target.probe(network, [height, width])?.node;
        weighted_sum(input, default_layer(network, node))?
    };
    let [_, _, rows, columns] = map.dims();
    let device = &network.device;
    let (vertical, horizontal) = (
        interpolation(rows, height, device),
        interpolation(columns, width, device),
    );
    let active = map.clamp_min(0.0);
    Ok(gradients * vertical.matmul(active).matmul(horizontal.swap_dims(2, 3)))
}

/// Linear interpolation along one axis as a matrix, `[1, 1, size, grid]`: its product with `grid`
/// values is their interpolation at `size` pixels.
fn interpolation(grid: usize, size: usize, device: &Device) -> Tensor<4> {
    let mut matrix = vec![0.0; size * grid];
    let rows = matrix.chunks_exact_mut(grid);
    for (row, (left, right, weight)) in rows.zip(interpolation_weights(grid, size)) {
        row[left] += 1.0 - weight;
        row[right] += weight;
    }
    Tensor::from_data(TensorData::new(matrix, [1, 1, size, grid]), device)
}
