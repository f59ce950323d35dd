//! The rectified linear unit.

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::kernels::Activation;

/// `y = min(max(x, 0), upper)`. Its rule is applied by the graph or by its consumer, so its own
/// backward pass is the identity.
#[derive(Debug, Clone, Copy)]
pub struct Relu {
    /// The largest output; infinity, or 6 for ReLU6.
    pub upper: f32,
}

impl Default for Relu {
    /// Without an upper bound.
    fn default() -> Self {
        Self {
            upper: f32::INFINITY,
        }
    }
}

impl Relu {
    /// The same behind a convolution.
    pub fn activation(&self) -> Activation {
        match self.upper {
            f32::INFINITY => Activation::Relu,
            upper => Activation::Clip { upper },
        }
    }
}

impl Operator for Relu {
    fn kind(&self) -> &'static str {
        "relu"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        super::one(inputs).cloned()
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let sizes = input.sizes();
        let output = input.planes().clamp_min(0.0);
        let output = match self.upper {
            f32::INFINITY => output,
            upper => output.clamp_max(upper),
        };
        (Value::from_planes(output, &sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        inputs[0].set(signal);
    }

    fn relu_bound(&self) -> Option<f32> {
        Some(self.upper)
    }
}
