//! The last layer: class scores from the features.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::rng::Rng;

/// `S = mean over positions of (weight * features + bias)`: a 1x1 convolution followed by a
/// spatial average, without a last ReLU.
///
/// Both are linear, so the average is taken first: `S = weight * mean(features) + bias`, a small
/// matrix product in place of a large convolution.
#[derive(Clone)]
pub struct LinearClassifier {
    /// Its name in the stored weights.
    pub(super) name: String,
    /// `[classes, channels]`.
    weight: Tensor<2>,
    /// `[1, classes]`.
    bias: Tensor<2>,
}

impl LinearClassifier {
    /// `weight` is `[classes, channels]`, `bias` `[1, classes]`.
    pub(super) fn new(name: &str, weight: Tensor<2>, bias: Tensor<2>) -> Self {
        Self {
            name: name.to_owned(),
            weight,
            bias,
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.weight.dims()[0]
    }

    /// The scores of all classes, `[batch, classes]`, from `features`, `[batch, channels, rows,
    /// columns]`.
    pub fn scores(&self, features: &Tensor<4>) -> Tensor<2> {
        mean_over_positions(features).matmul(self.weight.clone().transpose()) + self.bias.clone()
    }

    /// The class's row of the weight, `[1, channels, 1, 1]`, and of the bias, `[1, 1, 1, 1]`. With
    /// features F the class's own plane is `sum over channels of weight * F + bias`; its score is
    /// the mean of that plane. The other classes' rows are not read.
    pub fn class_row(&self, class: usize) -> [Tensor<4>; 2] {
        let channels = self.weight.dims()[1];
        let weight = self.row(class).reshape([1, channels, 1, 1]);
        let bias = self.bias.clone().narrow(1, class, 1).reshape([1, 1, 1, 1]);
        [weight, bias]
    }

    /// `d(log P_c) / d(mean features)` for the class's posterior P_c: the class's row of the weight
    /// minus the posterior-weighted mean of all rows. `features` is `[batch, channels, rows,
    /// columns]`; the result `[batch, channels]`.
    pub fn log_posterior_weights(&self, features: &Tensor<4>, class: usize) -> Tensor<2> {
        let posteriors = softmax(self.scores(features), 1);
        self.row(class) - posteriors.matmul(self.weight.clone())
    }

    /// `d((W F) cos^power) / dF`, divided by `(power + 1) cos^power`, where W is the class's row of
    /// the weight, F the mean features, and cos the cosine of the angle between them: `W - power /
    /// (power + 1) * (W F / |F|^2) F`. `features` is `[batch, channels, rows, columns]`; the result
    /// `[batch, channels]`.
    pub fn aligning_weights(&self, features: &Tensor<4>, class: usize, power: f32) -> Tensor<2> {
        let row = self.row(class);
        let mean = mean_over_positions(features);
        // Where all features are 0, the subtracted term is 0 and not 0 / 0.
        let squared_norm = (mean.clone() * mean.clone())
            .sum_dim(1)
            .clamp_min(f32::MIN_POSITIVE);
        let projection = (mean.clone() * row.clone()).sum_dim(1) / squared_norm;
        row - mean * projection.mul_scalar(power / (power + 1.0))
    }

    /// The class's row of the weight, `[1, channels]`.
    fn row(&self, class: usize) -> Tensor<2> {
        self.weight.clone().narrow(0, class, 1)
    }

    /// Replaces the weight by an untrained one (as [`Graph::randomise`](super::graph::Graph)) and
    /// the bias by 0.
    pub(super) fn randomise(&mut self, rng: &mut Rng) {
        let shape = self.weight.dims();
        self.weight =
            rng.normal_tensor(shape, (2.0 / shape[1] as f32).sqrt(), &self.weight.device());
        self.bias = self.bias.zeros_like();
    }
}

/// `[batch, channels]` from `[batch, channels, rows, columns]`.
fn mean_over_positions(features: &Tensor<4>) -> Tensor<2> {
    let [batch, channels, rows, columns] = features.dims();
    features
        .clone()
        .reshape([batch, channels, rows * columns])
        .mean_dim(2)
        .squeeze_dim(2)
}
