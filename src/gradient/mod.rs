//! d(score) / d(picture): what saliency maps and class models are made from. The score may be a
//! class's, or any neuron's.

mod score_gradient;
mod target;

pub use score_gradient::{
    ActivationGradient, ScoreGradient, gradient, gradient_from, layer_gradient, score,
    score_gradient,
};
pub use target::{Probe, Target, spread_over_positions};
