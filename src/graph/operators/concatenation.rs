//! Concatenation along the channels.

use burn::tensor::Tensor;

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The channels of the inputs, one input after the other.
#[derive(Debug, Clone, Copy)]
pub struct Concatenation;

impl Operator for Concatenation {
    fn kind(&self) -> &'static str {
        "concatenation"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let first = inputs.first().ok_or("it reads nothing")?;
        let channels = inputs.iter().map(|input| input.sizes()[0]).sum();
        let rest = &first.sizes()[1..];
        match inputs.iter().find(|input| &input.sizes()[1..] != rest) {
            Some(other) => Err(format!("it reads {first} and {other}")),
            None => Ok(Shape::new([&[channels], rest].concat())),
        }
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let mut sizes = inputs[0].sizes();
        let planes: Vec<Tensor<4>> = inputs.into_iter().map(Value::planes).collect();
        let output = Tensor::cat(planes, 1);
        sizes[1] = output.dims()[1];
        (Value::from_planes(output, &sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let channels = inputs.iter().map(|input| input.sizes[1]).collect();
        let parts = signal.planes().split_with_sizes(channels, 1);
        for (input, part) in inputs.iter_mut().zip(parts) {
            let gradient = Value::from_planes(part, &input.sizes);
            input.set(gradient);
        }
    }

    fn passes_relus_on(&self) -> bool {
        true
    }
}
