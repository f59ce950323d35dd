//! Convolutions, and what is fused into them.

use std::sync::Arc;

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::kernels::{Activation, Convolution, convolve, convolve_backward};
use crate::rng::Rng;

/// `y = x * weight + bias`, zero-padded: one convolution, or several of the same input with their
/// channels one after the other; with a ReLU where one is fused into it.
#[derive(Debug, Clone)]
pub struct Convolutions {
    parts: Vec<Convolution>,
    activation: Activation,
}

impl Convolutions {
    /// From the convolutions, in order of their channels, and what follows.
    pub fn new(parts: Vec<Convolution>, activation: Activation) -> Self {
        Self { parts, activation }
    }

    /// The convolution, if it is one without a ReLU.
    pub fn single(&self) -> Option<&Convolution> {
        match &self.parts[..] {
            [only] if self.activation == Activation::Identity => Some(only),
            _ => None,
        }
    }
}

impl From<Convolution> for Convolutions {
    fn from(convolution: Convolution) -> Self {
        Self::new(vec![convolution], Activation::Identity)
    }
}

impl Operator for Convolutions {
    fn kind(&self) -> &'static str {
        "convolution"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        if let Some(part) = self
            .parts
            .iter()
            .find(|part| part.shape.channels_in != channels)
        {
            let expected = part.shape.channels_in;
            return Err(format!(
                "it reads {channels} channels in place of {expected}"
            ));
        }
        for part in &self.parts {
            part.shape.check([rows, columns])?;
        }
        let [rows, columns] = self.parts[0].shape.output_size([rows, columns]);
        let channels = self.parts.iter().map(|part| part.shape.channels_out).sum();
        Ok(Shape::new([channels, rows, columns]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let output = convolve(super::only(inputs).tensor(), &self.parts, self.activation);
        (output.into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let size = input.grid();
        let (mask, accumulated) = (input.mask.take(), input.accumulated.take());
        let accumulated = accumulated.map(Value::tensor);
        let gradient = convolve_backward(signal.tensor(), &self.parts, size, mask, accumulated);
        input.set(gradient);
    }

    fn relu_bound(&self) -> Option<f32> {
        match self.activation {
            Activation::Identity => None,
            Activation::Relu => Some(f32::INFINITY),
            Activation::Clip { upper } => Some(upper),
        }
    }

    fn has_weights(&self) -> bool {
        true
    }

    fn randomised(&self, rng: &mut Rng) -> Option<Arc<dyn Operator>> {
        let parts = self.parts.iter().map(|part| {
            let shape = part.shape;
            let fan_in = shape.fan_in();
            let deviation = (2.0 / fan_in as f32).sqrt();
            let weight = rng.normal_values(shape.channels_out * fan_in, deviation);
            Convolution::new(weight, part.bias().zeros_like(), shape)
        });
        Some(Arc::new(Self::new(parts.collect(), self.activation)))
    }
}
