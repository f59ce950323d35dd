//! d(score) / d(picture): what saliency maps and class models are made from. The score may be a class's, or any neuron's.

mod score_gradient;
mod target;

pub use score_gradient::{LayerGradient, ScoreGradient, gradient, gradient_from, layer_gradient, score, score_gradient};
pub use target::{Readout, Target, shared_out};
