//! A layer's channels, each weighed by the mean gradient that reaches it.

use burn::tensor::Tensor;

use super::{AttributionInput, SaliencyMethod};
use crate::error::Error;
use crate::gradient::{ActivationGradient, Target, layer_gradient};
use crate::networks::{LayerRef, Network, Retain};

/// `L = max(0, sum over channels k of alpha_k A_k)`, `alpha_k` the mean over positions of
/// `dS_c/dA_k`, with A a layer's results; brought to the photo's grid by linear interpolation. The
/// signed values are the sum itself.
pub const GRAD_CAM: SaliencyMethod = SaliencyMethod {
    id: "grad_cam",
    title: "Grad-CAM",
    formula: "L = max(0, Σₖ αₖAₖ), αₖ the mean of ∂S/∂Aₖ over the layer's positions",
    reading: "Bright regions are those where a layer's channels that speak for the class are active. The map is as coarse as the layer's \
              grid, and each cell sees far more of the photo than the spot that it is drawn on.",
    reference: "Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra 2016, Grad-CAM (arXiv 1610.02391)",
    passes: |_| 1,
    attribute: |input, _| attribute(input),
    magnitude: |sum| sum.clamp_min(0.0),
    complete: false,
};

fn attribute(input: &AttributionInput) -> Result<Tensor<4>, Error> {
    let (network, target) = (input.network, &input.settings.target);
    let layer = input
        .settings
        .cam_layer
        .as_deref()
        .map(|name| network.layer(name))
        .transpose()?;
    let id = match layer {
        None => target.probe(network, input.pictures.dims()[2])?.layer,
        Some(LayerRef::Hidden(id)) => id,
        Some(LayerRef::Classifier) => return own_plane(network, input.pictures.clone(), target),
    };
    let ActivationGradient {
        activations,
        gradients,
    } = layer_gradient(network, input.pictures.clone(), target, id)?;
    let weights = gradients.mean_dim(2).mean_dim(3);
    Ok((activations * weights).sum_dim(1))
}

/// Grad-CAM at the head itself, where only the target's own channel has a gradient, whose mean over
/// the positions is one divided by their number.
fn own_plane(network: &Network, pictures: Tensor<4>, target: &Target) -> Result<Tensor<4>, Error> {
    let probe = target.probe(network, pictures.dims()[2])?;
    if !probe.in_classifier {
        return Err(Error::SettingOutOfRange(format!(
            "{} does not feed the target",
            network.layer_name(LayerRef::Classifier)
        )));
    }
    let (features, _) = network
        .graph
        .forward(pictures, probe.layer, Retain::Nothing)?;
    let [_, _, rows, columns] = features.dims();
    Ok(probe.plane(features).div_scalar((rows * columns) as f32))
}
