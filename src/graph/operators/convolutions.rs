//! Convolutions, and what is fused into them.

use std::sync::Arc;

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::kernels::{Activation, Convolution, convolve, convolve_backward};
use crate::rng::Rng;

/// `y = x * weight + bias`, zero-padded: one convolution, or several of the same input with their
/// channels one after the other; `max(y, 0)` where a ReLU is fused into it.
#[derive(Debug, Clone)]
pub struct Convolutions {
    parts: Vec<Convolution>,
    relu: bool,
}

impl Convolutions {
    /// From the convolutions, in order of their channels, and whether a ReLU follows.
    pub fn new(parts: Vec<Convolution>, relu: bool) -> Self {
        Self { parts, relu }
    }

    /// The convolution, if it is one without a ReLU.
    pub fn single(&self) -> Option<&Convolution> {
        match &self.parts[..] {
            [only] if !self.relu => Some(only),
            _ => None,
        }
    }
}

impl From<Convolution> for Convolutions {
    fn from(convolution: Convolution) -> Self {
        Self::new(vec![convolution], false)
    }
}

impl Operator for Convolutions {
    fn kind(&self) -> &'static str {
        "convolution"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, rows, columns] = super::one_feature_map(inputs)?;
        let first = self.parts[0].shape;
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
        let [rows, columns] = first.output_size([rows, columns]);
        let channels = self.parts.iter().map(|part| part.shape.channels_out).sum();
        Ok(Shape::new([channels, rows, columns]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let activation = if self.relu {
            Activation::Relu
        } else {
            Activation::Identity
        };
        let output = convolve(super::only(inputs).tensor(), &self.parts, activation);
        (output.into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let (size, mask) = (input.grid(), input.mask.take());
        let gradient = convolve_backward(signal.tensor(), &self.parts, size, mask, None);
        input.set(gradient);
    }

    fn ends_in_relu(&self) -> bool {
        self.relu
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
        Some(Arc::new(Self::new(parts.collect(), self.relu)))
    }
}
