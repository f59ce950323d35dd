//! Values one after the other.

use burn::tensor::Tensor;

use super::broadcast::{RANK, aligned};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The inputs one after the other along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concatenation {
    /// The axis, counted from 0 without the batch.
    pub axis: usize,
}

impl Concatenation {
    /// Along the channels.
    pub const CHANNELS: Self = Self { axis: 0 };
}

impl Operator for Concatenation {
    fn kind(&self) -> &'static str {
        "concatenation"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let first = inputs.first().ok_or("it reads nothing")?;
        let mut sizes = first.sizes().to_vec();
        if self.axis >= sizes.len() {
            return Err(format!("{first} has no axis {}", self.axis));
        }
        let mut length = 0;
        for input in inputs {
            let own = input.sizes();
            let fits = own.len() == sizes.len()
                && (0..own.len()).all(|axis| axis == self.axis || own[axis] == sizes[axis]);
            if !fits {
                return Err(format!("it reads {first} and {input}"));
            }
            length += own[self.axis];
        }
        sizes[self.axis] = length;
        Ok(Shape::new(sizes))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let mut sizes = inputs[0].sizes();
        if self.axis == 0 {
            let planes = inputs.into_iter().map(Value::planes).collect();
            let output = Tensor::<4>::cat(planes, 1);
            sizes[1] = output.dims()[1];
            return (Value::from_planes(output, &sizes), Saved::default());
        }
        let axis = RANK - sizes.len() + 1 + self.axis;
        let output = Tensor::<RANK>::cat(inputs.into_iter().map(aligned).collect(), axis);
        sizes[1 + self.axis] = output.dims()[axis];
        (Value::from(output).with_sizes(&sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let lengths = inputs
            .iter()
            .map(|input| input.sizes[1 + self.axis])
            .collect();
        let values: Vec<Value> = if self.axis == 0 {
            let parts = signal.planes().split_with_sizes(lengths, 1);
            parts.into_iter().map(Value::from).collect()
        } else {
            let axis = RANK - signal.sizes().len() + 1 + self.axis;
            let parts = aligned(signal).split_with_sizes(lengths, axis);
            parts.into_iter().map(Value::from).collect()
        };
        for (input, part) in inputs.iter_mut().zip(values) {
            let gradient = match input.sizes.len() {
                4 if self.axis == 0 => part,
                _ => part.with_sizes(&input.sizes),
            };
            input.set(gradient);
        }
    }

    fn passes_relus_on(&self) -> bool {
        true
    }
}
