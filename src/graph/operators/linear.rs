//! A linear layer over the channels.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::{mean_over_positions, spread_over_positions};
use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};
use crate::rng::Rng;

/// `y = weight * x + bias` over the channels.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `[channels_out, channels_in]`.
    weight: Tensor<2>,
    /// `[1, channels_out]`.
    bias: Tensor<2>,
    input: LinearInput,
}

/// What a [`Linear`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinearInput {
    /// A vector.
    Vector,
    /// Each position of a feature map: a 1x1 convolution, without the kernels that make
    /// [`Convolutions`](super::Convolutions) fast, but with weights that can be read row by row.
    EveryPosition,
    /// The mean of a feature map over its positions.
    MeanOverPositions,
}

impl Linear {
    /// `weight` is `[channels_out, channels_in]`, `bias` `[1, channels_out]`.
    pub fn new(weight: Tensor<2>, bias: Tensor<2>, input: LinearInput) -> Self {
        Self {
            weight,
            bias,
            input,
        }
    }

    /// The same weights on another kind of input.
    pub fn reading(&self, input: LinearInput) -> Self {
        Self {
            input,
            ..self.clone()
        }
    }

    /// What it reads.
    pub fn input(&self) -> LinearInput {
        self.input
    }

    /// The weight, `[channels_out, channels_in]`.
    pub fn weight(&self) -> &Tensor<2> {
        &self.weight
    }

    /// The bias, `[1, channels_out]`.
    pub fn bias(&self) -> &Tensor<2> {
        &self.bias
    }

    /// The weight's row of one output channel, `[1, channels_in]`.
    pub fn row(&self, channel: usize) -> Tensor<2> {
        self.weight.clone().narrow(0, channel, 1)
    }

    /// The output for vectors, `[batch, channels_in]`: `[batch, channels_out]`.
    pub fn of_vectors(&self, vectors: Tensor<2>) -> Tensor<2> {
        vectors.matmul(self.weight.clone().transpose()) + self.bias.clone()
    }
}

impl Operator for Linear {
    fn kind(&self) -> &'static str {
        match self.input {
            LinearInput::Vector | LinearInput::MeanOverPositions => "linear",
            LinearInput::EveryPosition => "convolution",
        }
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let input = super::one(inputs)?;
        let [channels_out, channels_in] = self.weight.dims();
        let fits = match self.input {
            LinearInput::Vector => input.sizes() == [channels_in],
            LinearInput::EveryPosition | LinearInput::MeanOverPositions => input
                .feature_map()
                .is_some_and(|[channels, ..]| channels == channels_in),
        };
        if !fits {
            return Err(format!(
                "it reads {input} in place of {channels_in} channels"
            ));
        }
        Ok(match (self.input, input.feature_map()) {
            (LinearInput::EveryPosition, Some([_, rows, columns])) => {
                Shape::new([channels_out, rows, columns])
            }
            _ => Shape::new([channels_out]),
        })
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let output: Value = match self.input {
            LinearInput::Vector => self.of_vectors(input.tensor()).into(),
            LinearInput::MeanOverPositions => {
                self.of_vectors(mean_over_positions(&input.tensor())).into()
            }
            LinearInput::EveryPosition => {
                let planes = input.tensor::<4>();
                let [batch, channels, rows, columns] = planes.dims();
                let [channels_out, _] = self.weight.dims();
                let positions = planes.reshape([batch, channels, rows * columns]);
                let bias = self.bias.clone().reshape([1, channels_out, 1]);
                let output = self.weight.clone().unsqueeze::<3>().matmul(positions) + bias;
                output.reshape([batch, channels_out, rows, columns]).into()
            }
        };
        (output, Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let weight = self.weight.clone();
        let gradient: Value = match self.input {
            LinearInput::Vector => signal.tensor::<2>().matmul(weight).into(),
            LinearInput::MeanOverPositions => {
                let [batch, channels] = [input.sizes[0], input.sizes[1]];
                let [rows, columns] = input.grid();
                let mean: Tensor<2> = signal.tensor::<2>().matmul(weight);
                let shape = [batch, channels, rows, columns];
                spread_over_positions(mean.unsqueeze_dims(&[2, 3]), shape).into()
            }
            LinearInput::EveryPosition => {
                let [batch, channels_out] = [signal.sizes()[0], signal.sizes()[1]];
                let [rows, columns] = input.grid();
                let signal = signal.reshape([batch, channels_out, rows * columns]);
                let gradient = weight.transpose().unsqueeze::<3>().matmul(signal);
                Value::from(gradient).with_sizes(&input.sizes)
            }
        };
        input.set(gradient);
    }

    fn has_weights(&self) -> bool {
        true
    }

    fn randomised(&self, rng: &mut Rng) -> Option<Arc<dyn Operator>> {
        let shape = self.weight.dims();
        let deviation = (2.0 / shape[1] as f32).sqrt();
        let weight = rng.normal_tensor(shape, deviation, &self.weight.device());
        Some(Arc::new(Self::new(
            weight,
            self.bias.zeros_like(),
            self.input,
        )))
    }
}
