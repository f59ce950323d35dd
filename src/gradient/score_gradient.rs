//! A target's value and its gradient, by one forward and one backward pass. Every backward pass
//! from a target is one of these.

use burn::tensor::Tensor;

use super::{Probe, Target};
use crate::error::Error;
use crate::graph::{INPUT, NodeId, ReluRule, Retain, Value};
use crate::networks::Network;

/// Scores and gradients of a batch, still on the device.
pub struct ScoreGradient {
    /// The target's value for each picture, `[batch]`; S_c for a class.
    pub scores: Tensor<1>,
    /// The target's value at every position of its layer, `[batch, 1, rows, columns]`. The scores
    /// are the mean of it, or its value at one position.
    pub plane: Tensor<4>,
    /// dS_c/dI of each picture, per unit of the network's normalised input and in its channel
    /// order: `[batch, channels, rows, columns]`.
    pub gradients: Tensor<4>,
}

/// Activations and gradients of a batch at a hidden layer, still on the device.
pub struct ActivationGradient {
    /// The layer's activations A: `[batch, channels, rows, columns]`.
    pub activations: Tensor<4>,
    /// dS_c/dA, of the same shape.
    pub gradients: Tensor<4>,
}

/// `w = dS_c/dI` at each of the normalised `pictures`, `[batch, channels, rows, columns]` (section
/// 3 of the paper). S_c is the unnormalised score, before the softmax and before any last ReLU.
///
/// With a `rule` other than [`ReluRule::Gradient`] the backward pass gives the signal of a
/// DeconvNet, or of guided back-propagation.
///
/// # Errors
/// As [`Target::probe`]; `internal` when the network's layers do not fit together.
pub fn score_gradient(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    rule: ReluRule,
) -> Result<ScoreGradient, Error> {
    let Passes {
        probe,
        activations,
        gradients,
    } = passes(network, pictures, target, rule, own_signal)?;
    let plane = probe.plane(activations);
    Ok(ScoreGradient {
        scores: probe.value(&plane),
        plane,
        gradients,
    })
}

/// The gradients of [`score_gradient`], without computing the scores.
///
/// # Errors
/// As [`score_gradient`].
pub fn gradient(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    rule: ReluRule,
) -> Result<Tensor<4>, Error> {
    gradient_from(network, pictures, target, rule, own_signal)
}

/// As [`gradient`], but of another function of the activations that the target's probe reads.
/// `signal` takes the probe and these activations, `[batch, channels, rows, columns]`, and returns
/// that function's gradient with respect to them, of the same shape.
///
/// # Errors
/// As [`score_gradient`].
pub fn gradient_from(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    rule: ReluRule,
    signal: impl FnOnce(&Probe, &Tensor<4>) -> Tensor<4>,
) -> Result<Tensor<4>, Error> {
    Ok(passes(network, pictures, target, rule, signal)?.gradients)
}

/// Rows and columns of pictures, `[batch, channels, rows, columns]`.
fn size_of(pictures: &Tensor<4>) -> [usize; 2] {
    let [_, _, rows, columns] = pictures.dims();
    [rows, columns]
}

fn own_signal(probe: &Probe, activations: &Tensor<4>) -> Tensor<4> {
    probe.signal(activations.dims())
}

/// Results of a forward and a backward pass.
struct Passes {
    probe: Probe,
    /// What the probe reads.
    activations: Tensor<4>,
    /// The gradients with respect to the input.
    gradients: Tensor<4>,
}

fn passes(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    rule: ReluRule,
    signal: impl FnOnce(&Probe, &Tensor<4>) -> Tensor<4>,
) -> Result<Passes, Error> {
    let probe = target.probe(network, size_of(&pictures))?;
    let graph = &network.graph;
    let (activations, trace) = graph.forward(pictures, probe.node, Retain::Nothing)?;
    let sizes = activations.sizes();
    let activations = activations.planes();
    let signal = Value::from_planes(signal(&probe, &activations), &sizes);
    let gradients = graph.backward(&trace, signal, rule, INPUT, |_, _| ())?;
    Ok(Passes {
        probe,
        activations,
        gradients: gradients.tensor(),
    })
}

/// The target's value for each of the normalised `pictures`, `[batch, channels, rows, columns]`, by
/// a forward pass alone: `[batch]`.
///
/// # Errors
/// As [`score_gradient`].
pub fn score(network: &Network, pictures: Tensor<4>, target: &Target) -> Result<Tensor<1>, Error> {
    let probe = target.probe(network, size_of(&pictures))?;
    let (activations, _) = network
        .graph
        .forward(pictures, probe.node, Retain::Nothing)?;
    Ok(probe.value(&probe.plane(activations.planes())))
}

/// The activations of `layer` for the normalised `pictures`, and the target's gradient with respect
/// to them. The backward pass ends there.
///
/// # Errors
/// As [`score_gradient`]; `setting-out-of-range` when the target does not depend on the layer.
pub fn layer_gradient(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    layer: NodeId,
) -> Result<ActivationGradient, Error> {
    let graph = &network.graph;
    let probe = target.probe(network, size_of(&pictures))?;
    if probe.linear == Some(layer) {
        return own_channel_gradient(network, pictures, &probe);
    }
    if !graph.reaches(layer, probe.node) {
        let name = |id: NodeId| &graph[id].name;
        return Err(Error::SettingOutOfRange(format!(
            "{} does not feed {}",
            name(layer),
            name(probe.node)
        )));
    }
    let (last, trace) = graph.forward(pictures, probe.node, Retain::Node(layer))?;
    let signal = probe.signal(last.clone().planes().dims());
    let signal = Value::from_planes(signal, &last.sizes());
    let gradients = graph.backward(&trace, signal, ReluRule::Gradient, layer, |_, _| ())?;
    Ok(ActivationGradient {
        activations: trace.retained.unwrap_or(last).planes(),
        gradients: gradients.planes(),
    })
}

/// The same at the linear layer whose row the probe's weights are. Only the target's own channel
/// has a gradient there, so it is the only one that is computed.
fn own_channel_gradient(
    network: &Network,
    pictures: Tensor<4>,
    probe: &Probe,
) -> Result<ActivationGradient, Error> {
    let (activations, _) = network
        .graph
        .forward(pictures, probe.node, Retain::Nothing)?;
    let plane = probe.plane(activations.planes());
    let gradients = probe.plane_signal(plane.dims());
    Ok(ActivationGradient {
        activations: plane,
        gradients,
    })
}
