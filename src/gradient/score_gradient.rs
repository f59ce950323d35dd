//! A class score and its gradient with respect to the picture, by one forward and one backward pass.

use burn::tensor::Tensor;

use crate::error::Error;
use crate::networks::{Network, ReluRule};

/// A batch's scores and gradients, still on the device.
pub struct ScoreGradient {
    /// S_c of each picture: `[batch]`.
    pub scores: Tensor<1>,
    /// dS_c/dI of each picture, per unit of the network's normalised input, in its channel order: `[batch, 3, rows, columns]`.
    pub gradients: Tensor<4>,
    /// The features of the forward pass, `[batch, channels, rows, columns]`, for whoever wants more of them than one score.
    pub features: Tensor<4>,
}

/// `w = dS_c/dI` at each of the normalised `pictures`, `[batch, 3, rows, columns]` (section 3 of the paper; the class's
/// unnormalised score, before the softmax and before any last ReLU).
///
/// With a `rule` other than [`ReluRule::Gradient`] the same pass gives the DeconvNet's or guided back-propagation's signal.
///
/// # Errors
/// `class-out-of-range`; `internal` when the network's layers do not fit together.
pub fn score_gradient(network: &Network, pictures: Tensor<4>, class: usize, rule: ReluRule) -> Result<ScoreGradient, Error> {
    let classes = network.head.classes();
    if class >= classes {
        return Err(Error::ClassOutOfRange(format!("{class}, where the classes are 0 to {}", classes - 1)));
    }
    let (features, trace) = network.graph.forward(pictures)?;
    let scores = network.head.score(&features, class);
    let signal = network.head.score_signal(features.dims(), class);
    let gradients = network.graph.backward(&trace, signal, rule)?;
    Ok(ScoreGradient { scores, gradients, features })
}
