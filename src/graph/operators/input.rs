//! The input of a graph.

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The batch of normalised pictures: the only node that reads no other, and is given its value.
#[derive(Debug)]
pub struct Input;

impl Operator for Input {
    fn kind(&self) -> &'static str {
        "picture"
    }

    fn output_shape(&self, _: &[&Shape]) -> Result<Shape, String> {
        Err("only the first node is an input".to_owned())
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        (super::only(inputs), Saved::default())
    }

    fn backward(&self, _: Value, _: &Saved, _: ReluRule, _: &mut [InputGradient]) {}
}
