//! The rectified linear unit.

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// `y = max(x, 0)`. Its rule is applied by the graph or by its consumer, so its own backward pass is
/// the identity.
#[derive(Debug, Clone, Copy)]
pub struct Relu;

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
        (Value::from_planes(output, &sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        inputs[0].set(signal);
    }

    fn ends_in_relu(&self) -> bool {
        true
    }
}
