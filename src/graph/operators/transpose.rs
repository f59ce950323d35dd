//! Axes in another order.

use super::broadcast::{RANK, aligned};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The picture's axes in another order: axis `k` of the output is axis `axes[k]` of the input. The
/// batch stays first.
#[derive(Debug, Clone)]
pub struct Transpose(
    /// The order of the picture's axes, counted from 0.
    pub Vec<usize>,
);

impl Transpose {
    /// The value with its axes in the order `axes`.
    fn permuted(value: Value, axes: &[usize]) -> Value {
        let first = RANK - axes.len();
        let mut order: [usize; RANK] = std::array::from_fn(|axis| axis);
        for (position, &axis) in order[first..].iter_mut().zip(axes) {
            *position = first + axis;
        }
        let permuted = aligned(value).permute(order);
        let dims = permuted.dims();
        let sizes = [&dims[..1], &dims[first..]].concat();
        Value::from(permuted).with_sizes(&sizes)
    }
}

impl Operator for Transpose {
    fn kind(&self) -> &'static str {
        "transpose"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        if self.0.len() >= RANK || !sorted.into_iter().eq(0..input.sizes().len()) {
            return Err(format!("{:?} is no order of the axes of {input}", self.0));
        }
        let sizes: Vec<usize> = self.0.iter().map(|&axis| input.sizes()[axis]).collect();
        Ok(Shape::new(sizes))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        (
            Self::permuted(super::only(inputs), &self.0),
            Saved::default(),
        )
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let mut inverse = vec![0; self.0.len()];
        for (position, &axis) in self.0.iter().enumerate() {
            inverse[axis] = position;
        }
        inputs[0].set(Self::permuted(signal, &inverse));
    }

    fn passes_relus_on(&self) -> bool {
        true
    }
}
