//! Section 4 of the paper, measured: how far the gradient and the DeconvNet's signal are apart,
//! layer by layer.

use burn::tensor::{Device, Tensor};

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::Target;
use crate::networks::graph::{INPUT, LayerId};
use crate::networks::{Network, ReluRule, Retain};
use crate::progress::Progress;

/// What one layer does to the two signals.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleComparison {
    /// The layer's name; the last entry is the picture.
    pub layer: String,
    /// What kind of layer it is.
    pub kind: &'static str,
    /// Cosine of the angle between the two signals at the layer's result: 1 where they have the
    /// same direction, 0 where they have nothing in common. It gathers up what all the layers
    /// behind this one did.
    pub cosine: f32,
    /// How far this layer alone takes them apart: the two rules applied to one and the same signal,
    /// the gradient's, give a and b, which are `|a - b| / (|a| + |b|)` apart. 0 is identical, bit
    /// for bit; 1 is as far as can be. 0 for the picture, where nothing is applied.
    pub parted: f32,
    /// Whether all of the signal passes this layer, and not only a branch of it.
    pub trunk: bool,
}

/// The gradient of `target` and its DeconvNet signal at the normalised `picture`, `[1, 3, side,
/// side]`, compared at every layer, from the one that the target reads down to the picture.
/// `progress` is told before every eighth layer is compared.
///
/// # Errors
/// As [`Target::probe`]; `gpu-lost`; `cancelled` by `progress`.
pub async fn compare_rules(
    network: &Network,
    picture: Tensor<4>,
    target: &Target,
    progress: &dyn Progress,
) -> Result<Vec<RuleComparison>, Error> {
    let graph = &network.graph;
    let probe = target.probe(network, picture.dims()[2])?;
    let (results, trace) = graph.forward(picture, probe.layer, Retain::Everything)?;
    let start = probe.signal(results.dims());
    let [gradients, deconvnets] = [ReluRule::Gradient, ReluRule::DeconvNet].map(|rule| {
        let mut signals: Vec<(LayerId, Tensor<4>)> = Vec::new();
        let whole = graph.backward(&trace, start.clone(), rule, INPUT, |id, signal| {
            signals.push((id, signal.clone()))
        });
        whole.map(|_| signals)
    });
    let (gradients, deconvnets) = (gradients?, deconvnets?);
    let total = gradients.len();
    let (mut ids, mut products) = (Vec::new(), Vec::new());
    for ((id, gradient), (_, deconvnet)) in gradients.into_iter().zip(deconvnets) {
        // A turn of a browser's event loop takes as long as a layer.
        if ids.len() % 8 == 0 {
            progress.report(ids.len(), total).await?;
        }
        let through = |rule| match id {
            INPUT => Ok(Vec::new()),
            _ => graph.backward_through_layer(id, &trace, gradient.clone(), rule),
        };
        let (ours, theirs) = (through(ReluRule::Gradient)?, through(ReluRule::DeconvNet)?);
        let apart: Vec<_> = ours
            .iter()
            .zip(&theirs)
            .map(|(a, b)| a.clone() - b.clone())
            .collect();
        let (gradient, deconvnet) = ([gradient], [deconvnet]);
        for (a, b) in [
            (&gradient[..], &deconvnet[..]),
            (&gradient, &gradient),
            (&deconvnet, &deconvnet),
            (&apart, &apart),
            (&ours, &ours),
            (&theirs, &theirs),
        ] {
            products.push(dot(a, b, &network.device));
        }
        ids.push(id);
    }
    progress.report(total, total).await?;
    let products = read_back(Tensor::cat(products, 0)).await?;
    let described = ids
        .into_iter()
        .zip(products.chunks_exact(6))
        .map(|(id, products)| {
            let layer = &graph.layers()[id];
            let [both, gradient, deconvnet, apart, ours, theirs] =
                [0, 1, 2, 3, 4, 5].map(|k| products[k]);
            RuleComparison {
                layer: layer.name.clone(),
                kind: layer.operation.kind(),
                cosine: quotient(both, gradient.sqrt() * deconvnet.sqrt()),
                trunk: id == probe.layer || graph.is_articulation(id),
                parted: quotient(apart.sqrt(), ours.sqrt() + theirs.sqrt()),
            }
        });
    Ok(described.collect())
}

/// The sum of the products of all elements: `[1]`.
fn dot(one: &[Tensor<4>], other: &[Tensor<4>], device: &Device) -> Tensor<1> {
    let products = one
        .iter()
        .zip(other)
        .map(|(a, b)| (a.clone() * b.clone()).sum());
    products.fold(Tensor::zeros([1], device), |sum, product| sum + product)
}

/// 0 where there is nothing to divide.
fn quotient(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
