//! Grad-CAM: the sum of a layer's channels, weighted by their mean gradients.

use burn::tensor::Tensor;

use super::{AttributionInput, SaliencyMethod};
use crate::error::Error;
use crate::gradient::{ActivationGradient, layer_gradient};
use crate::graph::{INPUT, NodeId};
use crate::networks::Network;

/// The setting of [`GRAD_CAM`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GradCamSettings {
    /// The layer whose channels are summed. `None` means the last feature map that the target
    /// reads: for a class, the last one before the classifier.
    pub layer: Option<String>,
}

/// `L = max(0, sum over channels k of alpha_k A_k)`, where A are the activations of a layer and
/// `alpha_k` is the mean of `dS_c/dA_k` over its positions. The map is interpolated linearly to the
/// photo's grid. The signed values are the sum before the maximum.
///
/// Selvaraju et al. 2016 ([arXiv 1610.02391](https://arxiv.org/abs/1610.02391)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{GRAD_CAM, GradCamSettings, SaliencySettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &GRAD_CAM,
///     crops: Crops::One,
///     grad_cam: GradCamSettings { layer: Some("features.12".to_owned()) },
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// assert!(saliency.map.values.iter().all(|&value| value >= 0.0));
/// # Ok(()) }) }
/// ```
pub const GRAD_CAM: SaliencyMethod = SaliencyMethod {
    id: "grad_cam",
    title: "Grad-CAM",
    formula: "L = max(0, Σₖ αₖAₖ), with αₖ the mean of ∂S/∂Aₖ over the layer's positions",
    reading: "In bright regions, those channels of a layer are active that raise the score. The \
              map is as coarse as the layer's grid, and each cell depends on a far larger part of \
              the photo than the one it is drawn on.",
    reference: "Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2016, Grad-CAM (arXiv \
              1610.02391)",
    passes: |_| 1,
    attribute: |input, _| attribute(input),
    magnitude: |sum| sum.clamp_min(0.0),
    complete: false,
    needs_relus: false,
};

/// The last feature map that leads to `node`: itself, or before layers of vectors.
pub(super) fn default_layer(network: &Network, mut node: NodeId) -> NodeId {
    let graph = &network.graph;
    let has_positions = |node: NodeId| {
        let [_, rows, columns] = graph[node].shape.planes();
        graph[node].shape.feature_map().is_some() && rows * columns > 1
    };
    while !has_positions(node)
        && let Some(&input) = graph[node].inputs.first()
        && input != INPUT
    {
        node = input;
    }
    node
}

fn attribute(input: &AttributionInput) -> Result<Tensor<4>, Error> {
    let (network, target) = (input.network, &input.settings.target);
    let layer = match &input.settings.grad_cam.layer {
        Some(name) => network.layer(name)?,
        None => {
            let [_, _, rows, columns] = input.pictures.dims();
            default_layer(network, target.probe(network, [rows, columns])?.node)
        }
    };
    weighted_sum(input, layer)
}

/// The sum of a layer's channels, weighted by their mean gradients.
pub(super) fn weighted_sum(input: &AttributionInput, layer: NodeId) -> Result<Tensor<4>, Error> {
    let target = &input.settings.target;
    let ActivationGradient {
        activations,
        gradients,
    } = layer_gradient(input.network, input.pictures.clone(), target, layer)?;
    let weights = gradients.mean_dim(2).mean_dim(3);
    Ok((activations * weights).sum_dim(1))
}
