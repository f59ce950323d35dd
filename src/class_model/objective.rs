//! What a class model is made to raise.

use burn::tensor::Tensor;

use crate::error::Error;
use crate::gradient::{Target, gradient, log_posterior_gradient};
use crate::networks::{Network, ReluRule};

/// The quantity whose gradient a recipe climbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The class's unnormalised score S_c, or the neuron's value, as in the paper.
    Score,
    /// The logarithm of the class's posterior P_c, which also rises by lowering the other classes' scores: the paper's authors tried P_c
    /// and kept S_c. For a neuron, which has no posterior, its value.
    LogPosterior,
}

impl Objective {
    /// Its gradient at the normalised `pictures`, `[1, 3, rows, columns]`.
    ///
    /// # Errors
    /// As [`gradient`].
    pub fn gradient(self, network: &Network, pictures: Tensor<4>, target: &Target, rule: ReluRule) -> Result<Tensor<4>, Error> {
        match (self, target) {
            (Self::LogPosterior, Target::Class(class)) => log_posterior_gradient(network, pictures, *class, rule),
            _ => gradient(network, pictures, target, rule),
        }
    }
}
