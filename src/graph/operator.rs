//! What a node computes.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use super::{Shape, Value};
use crate::kernels::{ReluMask, ReluRule};
use crate::rng::Rng;

/// One operation of a network, with its weights: its output, and the gradient with respect to each
/// of its inputs.
///
/// A backward pass propagates a *signal*: the gradient, or what another [`ReluRule`] propagates in
/// its place. The rules differ at ReLUs only. The graph applies them: an operator that
/// [ends in a ReLU](Operator::relu_bound) gets the signal before that ReLU, and every other
/// operator propagates the gradient under each rule. The one exception is max-pooling under
/// [`ReluRule::Leaky`].
pub trait Operator: Any + Debug + Send + Sync {
    /// The kind of layer, in a word.
    fn kind(&self) -> &'static str;

    /// The output's shape from those of the inputs, or why there is none.
    ///
    /// # Errors
    /// A sentence about the inputs, which need not name the node.
    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String>;

    /// The output for a batch, and what [`backward`](Operator::backward) needs. The inputs have
    /// shapes that [`output_shape`](Operator::output_shape) takes.
    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved);

    /// Fills in the gradient of every wanted input, from the `signal` at the output, which has the
    /// output's sizes, and may repeat its values along an axis.
    fn backward(&self, signal: Value, saved: &Saved, rule: ReluRule, inputs: &mut [InputGradient]);

    /// If the last thing that it does is a ReLU, the largest output of this ReLU, which may be
    /// infinity. Then `signal` of [`backward`](Operator::backward) is the one before that ReLU.
    fn relu_bound(&self) -> Option<f32> {
        None
    }

    /// Whether all of its output comes from ReLUs if all of its inputs do.
    fn passes_relus_on(&self) -> bool {
        false
    }

    /// Whether it has weights that were learnt.
    fn has_weights(&self) -> bool {
        false
    }

    /// The same with untrained weights, if it has weights: no bias, and weights from a normal
    /// distribution of variance `2 / fan-in`, which keeps the size of activations from layer to
    /// layer (He et al. 2015, arXiv 1502.01852).
    fn randomised(&self, _: &mut Rng) -> Option<Arc<dyn Operator>> {
        None
    }
}

impl dyn Operator {
    /// The operator itself, if it is a `T`.
    pub fn downcast<T: Operator>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }
}

/// What a backward pass needs of a forward pass. A tensor that the graph holds anyway costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// Inputs or outputs, as the operator chose.
    pub values: Vec<Value>,
    /// The index of the maximum in each window of a max-pool.
    pub argmax: Option<Tensor<4, Int>>,
}

impl Saved {
    /// One value.
    pub fn of(value: Value) -> Self {
        Self {
            values: vec![value],
            argmax: None,
        }
    }
}

/// The gradient with respect to one input of an operator, and what the operator may do on the way.
#[derive(Debug)]
pub struct InputGradient {
    /// The sizes of the input, the batch first.
    pub sizes: Vec<usize>,
    /// Whether anybody wants this gradient.
    pub wanted: bool,
    /// Whether all of the input comes from ReLUs.
    pub from_relus: bool,
    /// What the input's other consumers have propagated. An operator that takes this adds its own
    /// part to it; otherwise the graph does.
    pub accumulated: Option<Value>,
    /// The ReLU whose output the input is. An operator that takes this applies the ReLU's rule to
    /// the whole gradient, `accumulated` included; otherwise the graph does.
    pub mask: Option<ReluMask>,
    /// The result.
    pub gradient: Option<Value>,
}

impl InputGradient {
    /// An input whose gradient is wanted, and by which nothing else is to be done.
    pub fn wanted(sizes: Vec<usize>) -> Self {
        Self {
            sizes,
            wanted: true,
            from_relus: false,
            accumulated: None,
            mask: None,
            gradient: None,
        }
    }

    /// Rows and columns of an input that is a feature map.
    pub fn grid(&self) -> [usize; 2] {
        [self.sizes[2], self.sizes[3]]
    }

    /// Fills the gradient in.
    pub fn set(&mut self, gradient: impl Into<Value>) {
        self.gradient = Some(gradient.into());
    }
}
