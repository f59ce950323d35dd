//! A score and its gradient with respect to the picture, by one forward and one backward pass. All
//! that goes back goes through here.

use burn::tensor::Tensor;

use super::{Probe, Target};
use crate::error::Error;
use crate::networks::graph::{INPUT, LayerId};
use crate::networks::{Network, ReluRule, Retain};

/// A batch's scores and gradients, still on the device.
pub struct ScoreGradient {
    /// The target's value for each picture: `[batch]`; S_c for a class.
    pub scores: Tensor<1>,
    /// The target's value at every position of its layer, `[batch, 1, rows, columns]`: the scores
    /// are its mean, or its value at one of them.
    pub plane: Tensor<4>,
    /// dS_c/dI of each picture, per unit of the network's normalised input, in its channel order:
    /// `[batch, 3, rows, columns]`.
    pub gradients: Tensor<4>,
}

/// A batch's results and gradients at a hidden layer, still on the device.
pub struct ActivationGradient {
    /// The layer's results A: `[batch, channels, rows, columns]`.
    pub results: Tensor<4>,
    /// dS_c/dA, of the same shape.
    pub gradients: Tensor<4>,
}

/// `w = dS_c/dI` at each of the normalised `pictures`, `[batch, 3, side, side]` (section 3 of the
/// paper; a class's unnormalised score, before the softmax and before any last ReLU).
///
/// With a `rule` other than [`ReluRule::Gradient`] the same pass gives the DeconvNet's or guided
/// back-propagation's signal.
///
/// # Errors
/// As [`Target::probe`]; `internal` when the network's layers do not fit together.
pub fn score_gradient(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    rule: ReluRule,
) -> Result<ScoreGradient, Error> {
    let (probe, results, gradients) = passes(network, pictures, target, rule, own_signal)?;
    let plane = probe.plane(results);
    Ok(ScoreGradient {
        scores: probe.value(&plane),
        plane,
        gradients,
    })
}

/// The gradients alone of [`score_gradient`]: the scores themselves are not computed.
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

/// As [`gradient`], but of another function of the results where the target is read: `signal` gives
/// its own gradient there, of the shape of these results, `[batch, channels, rows, columns]`.
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
    passes(network, pictures, target, rule, signal).map(|(_, _, gradients)| gradients)
}

fn own_signal(probe: &Probe, results: &Tensor<4>) -> Tensor<4> {
    probe.signal(results.dims())
}

/// How the target is read, the results that it is read from, and what goes back from the signal
/// there.
fn passes(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    rule: ReluRule,
    signal: impl FnOnce(&Probe, &Tensor<4>) -> Tensor<4>,
) -> Result<(Probe, Tensor<4>, Tensor<4>), Error> {
    let probe = target.probe(network, pictures.dims()[2])?;
    let (results, trace) = network
        .graph
        .forward(pictures, probe.layer, Retain::Nothing)?;
    let gradients =
        network
            .graph
            .backward(&trace, signal(&probe, &results), rule, INPUT, |_, _| ())?;
    Ok((probe, results, gradients))
}

/// The target's value for each of the normalised `pictures`, `[batch, 3, side, side]`: `[batch]`,
/// by a forward pass alone.
///
/// # Errors
/// As [`score_gradient`].
pub fn score(network: &Network, pictures: Tensor<4>, target: &Target) -> Result<Tensor<1>, Error> {
    let probe = target.probe(network, pictures.dims()[2])?;
    let (results, _) = network
        .graph
        .forward(pictures, probe.layer, Retain::Nothing)?;
    Ok(probe.value(&probe.plane(results)))
}

/// The results of `layer` for the normalised `pictures` and the target's gradient with respect to
/// them. The way back ends there.
///
/// # Errors
/// As [`score_gradient`]; `setting-out-of-range` when the target does not depend on the layer.
pub fn layer_gradient(
    network: &Network,
    pictures: Tensor<4>,
    target: &Target,
    layer: LayerId,
) -> Result<ActivationGradient, Error> {
    let graph = &network.graph;
    let probe = target.probe(network, pictures.dims()[2])?;
    if !graph.reaches(layer, probe.layer) {
        let name = |id: LayerId| &graph.layers()[id].name;
        return Err(Error::SettingOutOfRange(format!(
            "{} does not feed {}",
            name(layer),
            name(probe.layer)
        )));
    }
    let (last, trace) = graph.forward(pictures, probe.layer, Retain::Layer(layer))?;
    let gradients = graph.backward(
        &trace,
        probe.signal(last.dims()),
        ReluRule::Gradient,
        layer,
        |_, _| (),
    )?;
    Ok(ActivationGradient {
        results: trace.retained.unwrap_or(last),
        gradients,
    })
}
