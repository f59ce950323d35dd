//! From scores to probabilities.

use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, softmax};

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// `exp x_k / sum over j of exp x_j` along one axis, or its logarithm.
#[derive(Debug, Clone, Copy)]
pub struct Softmax {
    /// The axis, counted from 0 without the batch.
    pub axis: usize,
    /// Whether the output is the logarithm.
    pub log: bool,
}

impl Softmax {
    /// The value with the axes before and behind that of the softmax put together.
    fn split(&self, value: Value) -> Tensor<3> {
        let sizes = value.sizes();
        let axis = self.axis + 1;
        let outer = sizes[..axis].iter().product();
        let inner = sizes[axis + 1..].iter().product();
        value.reshape([outer, sizes[axis], inner])
    }
}

impl Operator for Softmax {
    fn kind(&self) -> &'static str {
        "softmax"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        if self.axis >= input.sizes().len() {
            return Err(format!("{input} has no axis {}", self.axis));
        }
        Ok(input.clone())
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let sizes = input.sizes();
        let scores = self.split(input);
        let output = if self.log {
            log_softmax(scores, 1)
        } else {
            softmax(scores, 1)
        };
        let output = Value::from(output).with_sizes(&sizes);
        (output.clone(), Saved::of(output))
    }

    fn backward(&self, signal: Value, saved: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let ([input], [output]) = (inputs, &saved.values[..]) else {
            return;
        };
        let [signal, output] = [signal, output.clone()].map(|value| self.split(value));
        let gradient = if self.log {
            signal.clone() - output.exp() * signal.sum_dim(1)
        } else {
            let mean = (signal.clone() * output.clone()).sum_dim(1);
            output * (signal - mean)
        };
        let gradient = Value::from(gradient).with_sizes(&input.sizes);
        input.set(gradient);
    }
}
