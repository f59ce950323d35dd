//! A feature map as a vector.

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// All values of a picture as a vector, in their order.
#[derive(Debug, Clone, Copy)]
pub struct Flatten;

impl Operator for Flatten {
    fn kind(&self) -> &'static str {
        "flatten"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        Ok(Shape::new([super::one(inputs)?.elements()]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let sizes = input.sizes();
        let vector = [sizes[0], sizes[1..].iter().product()];
        (input.reshape(vector).into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let gradient = signal.with_sizes(&input.sizes);
        input.set(gradient);
    }

    fn passes_relus_on(&self) -> bool {
        true
    }
}
