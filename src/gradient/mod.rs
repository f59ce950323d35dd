//! d(score) / d(picture): what saliency maps and class models are made from.

mod score_gradient;

pub use score_gradient::{ScoreGradient, score_gradient};
