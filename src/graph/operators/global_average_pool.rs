//! The mean over all positions.

use burn::tensor::Tensor;

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// The mean of each channel over all positions: a vector.
#[derive(Debug, Clone, Copy)]
pub struct GlobalAveragePool;

impl Operator for GlobalAveragePool {
    fn kind(&self) -> &'static str {
        "average-pool"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        let [channels, ..] = super::one_feature_map(inputs)?;
        Ok(Shape::new([channels]))
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let mean = mean_over_positions(&super::only(inputs).tensor());
        (mean.into(), Saved::default())
    }

    fn backward(&self, signal: Value, _: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let [input] = inputs else { return };
        let [batch, channels] = [input.sizes[0], input.sizes[1]];
        let [rows, columns] = input.grid();
        let gradient = spread_over_positions(signal.planes(), [batch, channels, rows, columns]);
        input.set(gradient);
    }
}

/// `[batch, channels]` from `[batch, channels, rows, columns]`.
pub fn mean_over_positions(features: &Tensor<4>) -> Tensor<2> {
    let [batch, channels, rows, columns] = features.dims();
    features
        .clone()
        .reshape([batch, channels, rows * columns])
        .mean_dim(2)
        .squeeze_dim(2)
}

/// The gradient with respect to each position, of `shape` `[batch, channels, rows, columns]`, from
/// the gradient with respect to the mean over positions, `[batch, channels, 1, 1]` or `[1, channels,
/// 1, 1]`.
pub fn spread_over_positions(gradient: Tensor<4>, shape: [usize; 4]) -> Tensor<4> {
    let [_, _, rows, columns] = shape;
    gradient.div_scalar((rows * columns) as f32).expand(shape)
}
