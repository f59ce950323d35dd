//! ReLUs, with or without an upper bound, and their backward rules: the only difference between
//! gradient, DeconvNet and guided back-propagation.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::Kernels;

/// What follows a sum of products.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// Nothing: `y = x`.
    Identity,
    /// `y = max(x, 0)`.
    Relu,
    /// `y = min(max(x, 0), upper)`; ReLU6 with `upper` 6. `upper` must be above 0.
    Clip {
        /// The largest output.
        upper: f32,
    },
}

impl Activation {
    /// The least and the largest output.
    pub(super) const fn bounds(self) -> [f32; 2] {
        match self {
            Activation::Identity => [f32::NEG_INFINITY, f32::INFINITY],
            Activation::Relu => [0.0, f32::INFINITY],
            Activation::Clip { upper } => [0.0, upper],
        }
    }
}

/// How a signal passes `y = max(x, 0)` backwards (section 4 of the paper). Of a ReLU with an upper
/// bound, outputs at the bound are inactive, too: below, `y > 0` stands for `0 < y < upper`.
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
    /// `dx = dy where y > 0, else slope * dy`: inactive units pass a part of the signal, so that an
    /// optimised picture can activate them (Mahendran & Vedaldi 2016, *Visualizing Deep
    /// Convolutional Neural Networks Using Natural Pre-Images*).
    ///
    /// If the ReLU's output is the input of a max-pool, a window's signal is distributed over all
    /// values of the window in proportion to them, and not sent to the argmax alone: the
    /// expectation of stochastic pooling's backward pass (Zeiler & Fergus 2013, *Stochastic Pooling
    /// for Regularization of Deep Convolutional Neural Networks*, arXiv 1301.3557). A window of
    /// zeros passes nothing.
    Leaky(f32),
}

/// A ReLU for a backward pass.
#[derive(Debug, Clone)]
pub struct ReluMask {
    /// Its output.
    pub output: Tensor<4>,
    /// How a signal passes it.
    pub rule: ReluRule,
    /// Its upper bound: infinity, or that of [`Activation::Clip`].
    pub upper: f32,
}

/// The backward pass of a ReLU by itself.
pub fn relu_backward(signal: Tensor<4>, mask: ReluMask) -> Tensor<4> {
    let ReluMask {
        output,
        rule,
        upper,
    } = mask;
    Tensor::from_dispatch(Dispatch::relu_backward(
        signal.into_dispatch(),
        output.into_dispatch(),
        BoundedRule { rule, upper },
    ))
}

/// A rule, and the upper bound of the ReLU that it is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BoundedRule {
    pub rule: ReluRule,
    pub upper: f32,
}

impl BoundedRule {
    /// Applies the rule to the signals dy in place, where the ReLU's outputs were `outputs`.
    ///
    /// `0 < y < upper` exactly where `0 < x < upper`, so the ReLU's input is not needed.
    pub fn apply<'a>(
        self,
        outputs: impl IntoIterator<Item = &'a f32>,
        signals: impl IntoIterator<Item = &'a mut f32>,
    ) {
        let all = signals.into_iter().zip(outputs);
        let inactive = |y: f32| (y == 0.0) | (y >= self.upper);
        let positive = |signal| if signal < 0.0 { 0.0 } else { signal };
        // A loop for each rule: with the match inside the loop it is not vectorised.
        match self.rule {
            ReluRule::Gradient => {
                all.for_each(|(signal, &y)| *signal = if inactive(y) { 0.0 } else { *signal })
            }
            ReluRule::DeconvNet => all.for_each(|(signal, _)| *signal = positive(*signal)),
            ReluRule::Guided => all.for_each(|(signal, &y)| {
                *signal = if inactive(y) { 0.0 } else { positive(*signal) }
            }),
            ReluRule::Leaky(slope) => {
                all.for_each(|(signal, &y)| *signal *= if inactive(y) { slope } else { 1.0 })
            }
        }
    }
}
