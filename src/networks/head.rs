//! The last linear layer: class scores from features, and what class models ask of it.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::graph::operators::{Linear, mean_over_positions};
use crate::graph::{Graph, NodeId, averaged};

/// The linear layer that gives the class scores, `S = weight * mean(features) + bias`, or without
/// the mean where the features are a vector.
///
/// A 1x1 convolution followed by a spatial average, without a last ReLU, is the same: both are
/// linear.
#[derive(Debug, Clone)]
pub struct Head {
    /// The node whose output, or its mean over positions, the linear layer reads: the features.
    pub features: NodeId,
    /// The node of the linear layer.
    pub linear: NodeId,
    layer: Linear,
}

impl Head {
    /// The last linear layer of `graph`, if nothing but reshaping and averaging follows it, and it
    /// reads more than one number.
    pub fn of(graph: &Graph) -> Option<Self> {
        let mut linear = graph.output();
        while let Some(input) = averaged(graph, linear) {
            linear = input;
        }
        let layer = graph[linear].operator.downcast::<Linear>()?;
        let mut features = graph[linear].inputs[0];
        while let Some(input) = averaged(graph, features) {
            features = input;
        }
        if graph[features].shape.elements() == 1 {
            return None;
        }
        Some(Self {
            features,
            linear,
            layer: layer.clone(),
        })
    }

    /// `d(log P_c) / d(mean features)` for the class's posterior P_c: the class's row of the weight
    /// minus the posterior-weighted mean of all rows. `features` is `[batch, channels, rows,
    /// columns]`; the result `[batch, channels]`.
    pub fn log_posterior_weights(&self, features: &Tensor<4>, class: usize) -> Tensor<2> {
        let scores = self.layer.of_vectors(mean_over_positions(features));
        let posteriors = softmax(scores, 1);
        self.layer.row(class) - posteriors.matmul(self.layer.weight().clone())
    }

    /// `d((W F) cos^power) / dF`, divided by `(power + 1) cos^power`, where W is the class's row of
    /// the weight, F the mean features, and cos the cosine of the angle between them: `W - power /
    /// (power + 1) * (W F / |F|^2) F`. `features` is `[batch, channels, rows, columns]`; the result
    /// `[batch, channels]`.
    pub fn aligning_weights(&self, features: &Tensor<4>, class: usize, power: f32) -> Tensor<2> {
        let row = self.layer.row(class);
        let mean = mean_over_positions(features);
        // Where all features are 0, the subtracted term is 0 and not 0 / 0.
        let squared_norm = (mean.clone() * mean.clone())
            .sum_dim(1)
            .clamp_min(f32::MIN_POSITIVE);
        let projection = (mean.clone() * row.clone()).sum_dim(1) / squared_norm;
        row - mean * projection.mul_scalar(power / (power + 1.0))
    }
}
