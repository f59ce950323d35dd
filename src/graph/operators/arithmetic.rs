//! Sums, differences, products and quotients.

use burn::tensor::Tensor;

use super::broadcast::{RANK, aligned, broadcast_shape, sum_to};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// What is computed of two values, each repeated along the axes where the other is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `a + b`; of residual connections.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`; of squeeze-and-excite blocks.
    Multiply,
    /// `a / b`.
    Divide,
}

impl Operator for Arithmetic {
    fn kind(&self) -> &'static str {
        match self {
            Arithmetic::Add => "sum",
            Arithmetic::Subtract => "difference",
            Arithmetic::Multiply => "product",
            Arithmetic::Divide => "quotient",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        match inputs {
            [one, other] => broadcast_shape(one, other),
            _ => Err(format!("it reads {} values in place of two", inputs.len())),
        }
    }

    fn forward(&self, mut inputs: Vec<Value>) -> (Value, Saved) {
        let second = inputs.swap_remove(1);
        let first = inputs.swap_remove(0);
        let sizes = longer_sizes(&first, &second);
        let saved = match self {
            Arithmetic::Add | Arithmetic::Subtract => Saved::default(),
            Arithmetic::Multiply | Arithmetic::Divide => Saved {
                values: vec![first.clone(), second.clone()],
                argmax: None,
            },
        };
        let [a, b] = [first, second].map(aligned);
        let output = match self {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
        };
        (Value::from(output).with_sizes(&sizes), saved)
    }

    fn backward(&self, signal: Value, saved: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [first, second] = inputs else { return };
        let gradients = match (self, &saved.values[..]) {
            (Arithmetic::Add, _) => {
                // Both are the signal, where nothing was repeated.
                let pass = |input: &mut InputGradient| {
                    if input.wanted && input.sizes == signal.sizes() {
                        input.set(signal.clone());
                    } else if input.wanted {
                        let gradient = sum_to(aligned(signal.clone()), &input.sizes);
                        input.set(gradient);
                    }
                };
                pass(first);
                pass(second);
                return;
            }
            (Arithmetic::Subtract, _) => {
                let signal = aligned(signal);
                [signal.clone(), signal.neg()]
            }
            (Arithmetic::Multiply, [a, b]) => {
                let [signal, a, b] = [signal, a.clone(), b.clone()].map(aligned);
                [signal.clone() * b, signal * a]
            }
            (Arithmetic::Divide, [a, b]) => {
                let [signal, a, b] = [signal, a.clone(), b.clone()].map(aligned);
                let quotient = signal / b.clone();
                [quotient.clone(), (quotient * a / b).neg()]
            }
            (Arithmetic::Multiply | Arithmetic::Divide, _) => return,
        };
        for (input, gradient) in [first, second].into_iter().zip(gradients) {
            if input.wanted {
                let gradient = sum_to(gradient, &input.sizes);
                input.set(gradient);
            }
        }
    }
}

/// The sizes that two values have when repeated.
fn longer_sizes(one: &Value, other: &Value) -> Vec<usize> {
    let (one, other) = (one.sizes(), other.sizes());
    let rank = one.len().max(other.len());
    let size = |sizes: &[usize], axis: usize| match axis {
        0 => sizes[0],
        _ => (axis + sizes.len())
            .checked_sub(rank)
            .filter(|&own| own > 0)
            .map_or(1, |own| sizes[own]),
    };
    (0..rank)
        .map(|axis| size(&one, axis).max(size(&other, axis)))
        .collect()
}

/// `y = scale * x + shift`, with constants that are repeated along the axes where the value is
/// longer: a batch normalisation that could not be folded into a convolution, and arithmetic with
/// constants.
#[derive(Debug, Clone)]
pub struct ScaleShift {
    /// The picture's axes of both constants, aligned from the last one.
    constants: Shape,
    scale: Tensor<RANK>,
    shift: Tensor<RANK>,
}

impl ScaleShift {
    /// `scale` and `shift` have one `shape` of at most five axes, without the batch.
    pub fn new(scale: Tensor<1>, shift: Tensor<1>, shape: &Shape) -> Self {
        let sizes = super::broadcast::aligned_sizes(&[&[1], shape.sizes()].concat());
        Self {
            constants: shape.clone(),
            scale: scale.reshape(sizes),
            shift: shift.reshape(sizes),
        }
    }
}

impl Operator for ScaleShift {
    fn kind(&self) -> &'static str {
        "scale and shift"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        broadcast_shape(super::one(inputs)?, &self.constants)
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let batch = input.batch();
        let own = input.sizes().len().max(1 + self.constants.sizes().len());
        let output = aligned(input) * self.scale.clone() + self.shift.clone();
        let dims = output.dims();
        let sizes: Vec<usize> = [&[batch], &dims[RANK + 1 - own..]].concat();
        (Value::from(output).with_sizes(&sizes), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let gradient = aligned(signal) * self.scale.clone();
        let gradient = sum_to(gradient, &input.sizes);
        input.set(gradient);
    }
}
