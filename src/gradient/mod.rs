//! The gradient of a target with respect to the input: the basis of saliency maps and class models.
//! The target is a class score, or the value of any neuron.

mod score_gradient;
mod target;

pub use score_gradient::{
    ActivationGradient, ScoreGradient, gradient, gradient_from, layer_gradient, score,
    score_gradient,
};
pub use target::{Probe, Target};
