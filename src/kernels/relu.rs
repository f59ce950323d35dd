//! The ways back through a ReLU: all that tells a gradient, a DeconvNet and guided back-propagation
//! apart.

/// How a signal goes back through `y = max(x, 0)` (section 4 of the paper).
///
/// The backward pass is written out in this crate instead of being recorded by automatic
/// differentiation, so a rule is one mask and no copy of a network. A custom backward operation on
/// Burn's `Autodiff` could apply the same mask; the reasons against it are speed and the size of
/// the program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ReluRule {
    /// `dx = dy where y > 0`: the derivative.
    Gradient,
    /// `dx = dy where dy > 0`: Zeiler & Fergus, *Visualizing and Understanding Convolutional
    /// Networks*.
    DeconvNet,
    /// Both masks: Springenberg et al., *Striving for Simplicity*.
    Guided,
    /// `dx = dy where y > 0`, and this share of it elsewhere: a way back also through what is not
    /// active yet, for pictures that are still to become something (Mahendran & Vedaldi 2016,
    /// *Visualizing Deep Convolutional Neural Networks Using Natural Pre-Images*).
    ///
    /// Where the ReLU's result goes into a max-pool, a window's signal goes back not to its winner
    /// alone but to all of its places, in proportion to their values: what stochastic pooling sends
    /// back on average (Zeiler & Fergus 2013, *Stochastic Pooling for Regularization of Deep
    /// Convolutional Neural Networks*, arXiv 1301.3557). A window of zeros sends nothing.
    Leaky(f32),
}

impl ReluRule {
    /// Takes signals (dy) back through the ReLU where its forward results were `active`, each in
    /// its place.
    ///
    /// `y > 0` exactly where `x > 0`, so the input itself need not be kept.
    pub fn back<'a>(
        self,
        active: impl IntoIterator<Item = &'a f32>,
        signals: impl IntoIterator<Item = &'a mut f32>,
    ) {
        let all = signals.into_iter().zip(active);
        let positive = |signal| if signal < 0.0 { 0.0 } else { signal };
        // A loop for each rule: one that asks for the rule each time does not take several values
        // at once.
        match self {
            ReluRule::Gradient => {
                all.for_each(|(signal, &y)| *signal = if y == 0.0 { 0.0 } else { *signal })
            }
            ReluRule::DeconvNet => all.for_each(|(signal, _)| *signal = positive(*signal)),
            ReluRule::Guided => all
                .for_each(|(signal, &y)| *signal = if y == 0.0 { 0.0 } else { positive(*signal) }),
            ReluRule::Leaky(share) => {
                all.for_each(|(signal, &y)| *signal *= if y == 0.0 { share } else { 1.0 })
            }
        }
    }
}
