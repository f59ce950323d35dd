//! Grad-CAM: the sum of a layer's channels, weighted by their mean gradients.

use burn::tensor::Tensor;

use super::{AttributionInput, SaliencyMethod};
use crate::error::Error;
use crate::gradient::{ActivationGradient, Target, layer_gradient};
use crate::networks::{LayerRef, Network, Retain};

/// The setting of [`GRAD_CAM`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GradCamSettings {
    /// The layer whose channels are summed. `None` means the layer that the target reads: for a
    /// class, the last one before the classifier.
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
/// # let weights = std::fs::read("weights/squeezenet1_1.safetensors")?;
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
};

fn attribute(input: &AttributionInput) -> Result<Tensor<4>, Error> {
    let (network, target) = (input.network, &input.settings.target);
    let layer = input
        .settings
        .grad_cam
        .layer
        .as_deref()
        .map(|name| network.layer(name))
        .transpose()?;
    let id = match layer {
        None => target.probe(network, input.pictures.dims()[2])?.layer,
        Some(LayerRef::Hidden(id)) => id,
        Some(LayerRef::Classifier) => {
            return at_classifier(network, input.pictures.clone(), target);
        }
    };
    let ActivationGradient {
        activations,
        gradients,
    } = layer_gradient(network, input.pictures.clone(), target, id)?;
    let weights = gradients.mean_dim(2).mean_dim(3);
    Ok((activations * weights).sum_dim(1))
}

/// Grad-CAM at the classifier: only the target's own channel has a gradient, whose mean over the
/// positions is one divided by their number.
fn at_classifier(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
) -> Result<Tensor<4>, Error> {
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
