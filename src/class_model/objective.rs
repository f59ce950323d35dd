//! What a class model is made to raise.

use burn::tensor::Tensor;

use crate::error::Error;
use crate::gradient::{Target, gradient_from, spread_over_positions};
use crate::networks::{Network, ReluRule};

/// The quantity whose gradient a recipe climbs. The last two are a class's; of a neuron they climb
/// the value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Objective {
    /// The class's unnormalised score S_c, or the neuron's value, as in the paper.
    Score,
    /// The logarithm of the class's posterior P_c, which also rises by lowering the other classes'
    /// scores: the paper's authors tried P_c and kept S_c.
    LogPosterior,
    /// The score, less its bias, times a power of the cosine of the angle between the class's
    /// weights W in the last layer and the mean features F that they weigh: `(W F) (W F / |W|
    /// |F|)^power` (the `direction` objective of tensorflow/lucid, with its `cossim_pow`). The
    /// score alone also rises by whatever has some of the features that the class likes, as strong
    /// as can be, next to any others; the angle is closed only by having those alone, in the
    /// proportion of their weights.
    Alignment {
        /// How much the angle counts; 0: only the score.
        power: f32,
    },
}

impl Objective {
    /// Its gradient at the normalised `pictures`, `[batch, 3, rows, columns]`; the alignment's
    /// divided by `(power + 1) cos^power`, to be of the score's size.
    ///
    /// # Errors
    /// As [`gradient_from`].
    pub fn gradient(
        self,
        network: &Network,
        pictures: Tensor<4>,
        target: &Target,
        rule: ReluRule,
    ) -> Result<Tensor<4>, Error> {
        let head = &network.head;
        gradient_from(network, pictures, target, rule, |probe, results| {
            let weights = match (self, target) {
                (Self::LogPosterior, &Target::Class(class)) => {
                    head.log_posterior_weights(results, class)
                }
                (Self::Alignment { power }, &Target::Class(class)) => {
                    head.aligning_weights(results, class, power)
                }
                _ => return probe.signal(results.dims()),
            };
            spread_over_positions(weights.unsqueeze_dims(&[2, 3]), results.dims())
        })
    }
}
