//! How a gradient becomes a step.

use burn::tensor::Tensor;

use crate::kernels::{AdamConstants, adam};

/// The rule that a recipe climbs by; `learning_rate` is its step size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// `x += learning_rate * gradient`.
    Ascent {
        /// Step size.
        learning_rate: f32,
    },
    /// `v = 0.9 v + gradient; x += learning_rate * v`: ascent that keeps going where gradients
    /// agree (Polyak 1964).
    Momentum {
        /// Step size.
        learning_rate: f32,
    },
    /// Kingma & Ba, *Adam* (arXiv 1412.6980), with its usual constants: a step of about
    /// `learning_rate` for every parameter, whatever the size of its gradient. Each step first
    /// takes a share `learning_rate * decay` off the parameters (Loshchilov & Hutter, *Decoupled
    /// Weight Decay Regularization*, arXiv 1711.05101): none of them grows beyond about `1 /
    /// decay`.
    Adam {
        /// Step size.
        learning_rate: f32,
        /// What holds the parameters back; 0: nothing.
        decay: f32,
    },
}

/// What an optimiser remembers.
pub struct OptimiserState {
    /// Momentum's velocity; Adam's running mean of the gradient.
    mean: Tensor<4>,
    /// Adam's running mean of the gradient's square.
    square: Option<Tensor<4>>,
}

const MEAN_DECAY: f32 = 0.9;
const SQUARE_DECAY: f32 = 0.999;
const TINY: f32 = 1e-8;

impl Optimiser {
    /// The parameters after step number `step` (the first is 1). `moments` is `None` before the
    /// first step.
    pub fn step_up(
        self,
        parameters: Tensor<4>,
        gradient: Tensor<4>,
        moments: &mut Option<OptimiserState>,
        step: usize,
    ) -> Tensor<4> {
        match self {
            Optimiser::Ascent { learning_rate } => parameters + gradient.mul_scalar(learning_rate),
            Optimiser::Momentum { learning_rate } => {
                let mean = match moments.take() {
                    None => gradient,
                    Some(past) => past.mean.mul_scalar(MEAN_DECAY) + gradient,
                };
                let ascended = parameters + mean.clone().mul_scalar(learning_rate);
                *moments = Some(OptimiserState { mean, square: None });
                ascended
            }
            Optimiser::Adam {
                learning_rate,
                decay,
            } => {
                let past = match moments.take() {
                    Some(OptimiserState {
                        mean,
                        square: Some(square),
                    }) => [mean, square],
                    _ => [parameters.zeros_like(), parameters.zeros_like()],
                };
                // Both means start from zero, which the corrections undo.
                let [mean_share, square_share] =
                    [MEAN_DECAY, SQUARE_DECAY].map(|decay| 1.0 - decay.powi(step as i32));
                let decays = AdamConstants {
                    mean: MEAN_DECAY,
                    square: SQUARE_DECAY,
                    tiny: TINY,
                };
                let [ascended, mean, square] = adam(
                    parameters,
                    gradient,
                    past,
                    [
                        learning_rate / mean_share,
                        square_share,
                        1.0 - learning_rate * decay,
                    ],
                    decays,
                );
                *moments = Some(OptimiserState {
                    mean,
                    square: Some(square),
                });
                ascended
            }
        }
    }
}
