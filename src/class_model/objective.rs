//! The quantities that a class model maximises.

use burn::tensor::Tensor;

use crate::error::Error;
use crate::gradient::{Target, gradient_from};
use crate::graph::ReluRule;
use crate::graph::operators::spread_over_positions;
use crate::networks::Network;

/// The quantity whose gradient a recipe ascends. For a neuron, and in a network without a
/// [head](Network::head), every objective is [`Score`](Objective::Score).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Objective {
    /// The class's unnormalised score S_c, or the neuron's value, as in the paper.
    Score,
    /// `log P_c`, the logarithm of the class's posterior. It also rises when other classes' scores
    /// fall; the paper's authors tried it and kept S_c.
    LogPosterior,
    /// `(W . F) cos(W, F)^power`: the score without its bias, times a power of the cosine of the
    /// angle between the class's weights W in the last layer and the mean activations F (the
    /// `direction` objective of tensorflow/lucid with its `cossim_pow`). The score also rises with
    /// a few strong activations next to any others; the cosine is 1 only where the activations are
    /// in proportion to the weights.
    Alignment {
        /// Exponent of the cosine; 0: the score alone.
        power: f32,
    },
}

impl Objective {
    /// Gradient with respect to the normalised `images`, `[batch, channels, rows, columns]`, with
    /// `rule` at the ReLUs. The alignment's gradient is divided by `(power + 1) cos^power`, which
    /// makes it as large as the score's.
    ///
    /// # Errors
    /// As [`gradient_from`].
    pub fn gradient(
        self,
        network: &Network,
        images: Tensor<4>,
        target: &Target,
        rule: ReluRule,
    ) -> Result<Tensor<4>, Error> {
        let head = network.head.as_ref();
        gradient_from(network, images, target, rule, |probe, activations| {
            let weights = match (self, target, head) {
                (Self::LogPosterior, &Target::Class(class), Some(head)) => {
                    head.log_posterior_weights(activations, class)
                }
                (Self::Alignment { power }, &Target::Class(class), Some(head)) => {
                    head.aligning_weights(activations, class, power)
                }
                _ => return probe.signal(activations.dims()),
            };
            spread_over_positions(weights.unsqueeze_dims(&[2, 3]), activations.dims())
        })
    }
}
