//! Section 4 of the paper, measured: how much the gradient and the DeconvNet signal differ at each
//! layer.

use burn::tensor::{Device, Tensor};

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::Target;
use crate::graph::{INPUT, NodeId, ReluRule, Retain, Value};
use crate::networks::Network;
use crate::progress::Progress;

/// The two signals at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleComparison {
    /// The layer's name; the last entry is the picture.
    pub layer: String,
    /// What kind of layer it is.
    pub kind: &'static str,
    /// Cosine of the angle between the two signals at the layer's output: 1 for the same direction,
    /// 0 for orthogonal signals. It accumulates the differences of all layers from here to the
    /// target.
    pub cosine: f32,
    /// The difference that this layer alone makes: from one and the same signal, the gradient, the
    /// two rules compute a and b, and this is `|a - b| / (|a| + |b|)`. 0 means identical bits, 1 is
    /// the maximum. 0 for the picture, which has no backward pass.
    pub relative_difference: f32,
    /// Whether every path from the input to the target passes through this layer.
    pub on_every_path: bool,
}

/// Compares the gradient of `target` with its DeconvNet signal at every layer, from the one that
/// the target reads down to the picture.
///
/// In: `picture`, normalised, `[1, channels, rows, columns]`. `progress` counts layers; it is
/// called before every eighth layer and at the end.
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
    let [_, _, rows, columns] = picture.dims();
    let probe = target.probe(network, [rows, columns])?;
    let (activations, trace) = graph.forward(picture, probe.node, Retain::Everything)?;
    let sizes = activations.sizes();
    let start = Value::from_planes(probe.signal(activations.planes().dims()), &sizes);
    let signals = |rule| -> Result<Vec<(NodeId, Value)>, Error> {
        let mut signals = Vec::new();
        graph.backward(&trace, start.clone(), rule, INPUT, |id, signal| {
            signals.push((id, signal.clone()))
        })?;
        Ok(signals)
    };
    let gradients = signals(ReluRule::Gradient)?;
    let deconvnets = signals(ReluRule::DeconvNet)?;
    let total = gradients.len();
    let (mut ids, mut products) = (Vec::new(), Vec::new());
    for ((id, gradient), (_, deconvnet)) in gradients.into_iter().zip(deconvnets) {
        // In a browser, a report takes as long as a layer.
        if ids.len() % 8 == 0 {
            progress.report(ids.len(), total).await?;
        }
        let gradient_through = |rule| match id {
            INPUT => Ok(Vec::new()),
            _ => graph.backward_through(id, &trace, gradient.clone(), rule),
        };
        let by_gradient = planes(gradient_through(ReluRule::Gradient)?);
        let by_deconvnet = planes(gradient_through(ReluRule::DeconvNet)?);
        let differences: Vec<_> = by_gradient
            .iter()
            .zip(&by_deconvnet)
            .map(|(a, b)| a.clone() - b.clone())
            .collect();
        let (gradient, deconvnet) = ([gradient.planes()], [deconvnet.planes()]);
        for (a, b) in [
            (&gradient[..], &deconvnet[..]),
            (&gradient, &gradient),
            (&deconvnet, &deconvnet),
            (&differences, &differences),
            (&by_gradient, &by_gradient),
            (&by_deconvnet, &by_deconvnet),
        ] {
            products.push(dot(a, b, &network.device));
        }
        ids.push(id);
    }
    progress.report(total, total).await?;
    let products = read_back(Tensor::cat(products, 0)).await?;
    let (products, _) = products.as_chunks::<6>();
    let compared = ids.into_iter().zip(products).map(|(id, products)| {
        let layer = &graph[id];
        let [
            both,
            gradient,
            deconvnet,
            differences,
            by_gradient,
            by_deconvnet,
        ] = *products;
        RuleComparison {
            layer: layer.name.clone(),
            kind: layer.operator.kind(),
            cosine: quotient(both, gradient.sqrt() * deconvnet.sqrt()),
            relative_difference: quotient(
                differences.sqrt(),
                by_gradient.sqrt() + by_deconvnet.sqrt(),
            ),
            on_every_path: id == probe.node || graph.is_articulation(id),
        }
    });
    Ok(compared.collect())
}

fn planes(values: Vec<Value>) -> Vec<Tensor<4>> {
    values.into_iter().map(Value::planes).collect()
}

/// The dot product of two lists of tensors, which have the same shapes: `[1]`.
fn dot(one: &[Tensor<4>], other: &[Tensor<4>], device: &Device) -> Tensor<1> {
    let products = one
        .iter()
        .zip(other)
        .map(|(a, b)| (a.clone() * b.clone()).sum());
    products.fold(Tensor::zeros([1], device), |sum, product| sum + product)
}

/// `dividend / divisor`; 0 if the divisor is 0.
fn quotient(dividend: f32, divisor: f32) -> f32 {
    if divisor > 0.0 {
        dividend / divisor
    } else {
        0.0
    }
}
