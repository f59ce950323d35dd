//! Backward rules of the ReLU: the only difference between gradient, DeconvNet and guided
//! back-propagation.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::Kernels;

/// How a signal passes `y = max(x, 0)` backwards (section 4 of the paper).
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

/// A ReLU for a backward pass: its output, and the rule.
pub type ReluMask = (Tensor<4>, ReluRule);

/// The backward pass of a ReLU by itself.
pub fn relu_backward(signal: Tensor<4>, (output, rule): ReluMask) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::relu_backward(
        signal.into_dispatch(),
        output.into_dispatch(),
        rule,
    ))
}

impl ReluRule {
    /// Applies the rule to the signals dy in place, where the ReLU's outputs were `outputs`.
    ///
    /// `y > 0` exactly where `x > 0`, so the ReLU's input is not needed.
    pub fn apply<'a>(
        self,
        outputs: impl IntoIterator<Item = &'a f32>,
        signals: impl IntoIterator<Item = &'a mut f32>,
    ) {
        let all = signals.into_iter().zip(outputs);
        let positive = |signal| if signal < 0.0 { 0.0 } else { signal };
        // A loop for each rule: with the match inside the loop it is not vectorised.
        match self {
            ReluRule::Gradient => {
                all.for_each(|(signal, &y)| *signal = if y == 0.0 { 0.0 } else { *signal })
            }
            ReluRule::DeconvNet => all.for_each(|(signal, _)| *signal = positive(*signal)),
            ReluRule::Guided => all
                .for_each(|(signal, &y)| *signal = if y == 0.0 { 0.0 } else { positive(*signal) }),
            ReluRule::Leaky(slope) => {
                all.for_each(|(signal, &y)| *signal *= if y == 0.0 { slope } else { 1.0 })
            }
        }
    }
}
