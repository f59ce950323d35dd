//! From a gradient to a step.

use burn::tensor::Tensor;

use crate::kernels::{AdamConstants, adam};

/// Gradient ascent and its variants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// `x += learning_rate * gradient`.
    Ascent {
        /// Step size.
        learning_rate: f32,
    },
    /// `v = 0.9 v + gradient; x += learning_rate * v` (Polyak 1964).
    Momentum {
        /// Step size.
        learning_rate: f32,
    },
    /// Adam (Kingma & Ba, arXiv 1412.6980) with its usual constants, and decoupled weight decay
    /// (Loshchilov & Hutter, arXiv 1711.05101): every step first multiplies the parameters by `1 -
    /// learning_rate * weight_decay`. None grows beyond about `1 / weight_decay`.
    Adam {
        /// Step size: about the change of every parameter, whatever the size of its gradient.
        learning_rate: f32,
        /// Weight decay; 0: none.
        weight_decay: f32,
    },
}

/// The moments that an optimiser keeps from step to step.
pub struct OptimiserState {
    /// Momentum's velocity; Adam's first moment.
    first_moment: Tensor<4>,
    /// Adam's second moment.
    second_moment: Option<Tensor<4>>,
}

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

impl Optimiser {
    /// The parameters after step number `step` (the first is 1). `state` is `None` before the first
    /// step.
    pub fn ascend(
        self,
        parameters: Tensor<4>,
        gradient: Tensor<4>,
        state: &mut Option<OptimiserState>,
        step: usize,
    ) -> Tensor<4> {
        match self {
            Optimiser::Ascent { learning_rate } => parameters + gradient.mul_scalar(learning_rate),
            Optimiser::Momentum { learning_rate } => {
                let velocity = match state.take() {
                    None => gradient,
                    Some(previous) => previous.first_moment.mul_scalar(BETA_1) + gradient,
                };
                let ascended = parameters + velocity.clone().mul_scalar(learning_rate);
                *state = Some(OptimiserState {
                    first_moment: velocity,
                    second_moment: None,
                });
                ascended
            }
            Optimiser::Adam {
                learning_rate,
                weight_decay,
            } => {
                let moments = match state.take() {
                    Some(OptimiserState {
                        first_moment,
                        second_moment: Some(second_moment),
                    }) => [first_moment, second_moment],
                    _ => [parameters.zeros_like(), parameters.zeros_like()],
                };
                let [first_correction, second_correction] =
                    [BETA_1, BETA_2].map(|beta| 1.0 - beta.powi(step as i32));
                let constants = AdamConstants {
                    first_moment_decay: BETA_1,
                    second_moment_decay: BETA_2,
                    epsilon: EPSILON,
                };
                let [ascended, first_moment, second_moment] = adam(
                    parameters,
                    gradient,
                    moments,
                    [
                        learning_rate / first_correction,
                        second_correction,
                        1.0 - learning_rate * weight_decay,
                    ],
                    constants,
                );
                *state = Some(OptimiserState {
                    first_moment,
                    second_moment: Some(second_moment),
                });
                ascended
            }
        }
    }
}
