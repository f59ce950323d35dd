//! The ways back through a ReLU: all that tells a gradient, a DeconvNet and guided back-propagation apart.

/// How a signal goes back through `y = max(x, 0)` (section 4 of the paper).
///
/// The backward pass is written out in this crate instead of being recorded by automatic differentiation, so a rule is one mask
/// and no copy of a network: standard operations could not express a mask that depends on the backward signal itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReluRule {
    /// `dx = dy where y > 0`: the derivative.
    Gradient,
    /// `dx = dy where dy > 0`: Zeiler & Fergus, *Visualizing and Understanding Convolutional Networks*.
    DeconvNet,
    /// Both masks: Springenberg et al., *Striving for Simplicity*.
    Guided,
    /// `dx = dy where y > 0`, and this share of it elsewhere: a way back also through what is not active yet, for pictures that are
    /// still to become something (Mahendran & Vedaldi 2016, *Visualizing Deep Convolutional Neural Networks Using Natural Pre-Images*).
    Leaky(f32),
}

impl ReluRule {
    /// Takes `signal` (dy) back through the ReLU where its forward result was `y`.
    ///
    /// `y > 0` exactly where `x > 0`, so the input itself need not be kept.
    pub fn back(self, y: f32, signal: f32) -> f32 {
        let was_active = |signal| if y == 0.0 { 0.0 } else { signal };
        let positive = |signal| if signal < 0.0 { 0.0 } else { signal };
        match self {
            ReluRule::Gradient => was_active(signal),
            ReluRule::DeconvNet => positive(signal),
            ReluRule::Leaky(share) => {
                if y == 0.0 {
                    share * signal
                } else {
                    signal
                }
            }
            ReluRule::Guided => was_active(positive(signal)),
        }
    }
}
