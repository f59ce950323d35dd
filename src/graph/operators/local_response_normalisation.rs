//! Normalisation across channels.

use burn::tensor::{Tensor, TensorData};

use crate::graph::{InputGradient, Operator, ReluRule, Saved, Shape, Value};

/// `y = x s^-beta` with `s = bias + alpha / size * sum of x^2` over `size` neighbouring channels
/// (Krizhevsky et al. 2012, section 3.3). The window begins `(size - 1) / 2` channels before its own
/// one, as in ONNX.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalResponseNormalisation {
    /// Factor of the mean square.
    pub alpha: f32,
    /// Exponent.
    pub beta: f32,
    /// What is added to it.
    pub bias: f32,
    /// Channels in a window.
    pub size: usize,
}

impl LocalResponseNormalisation {
    /// The sum over each channel's window, of `[batch, channels, positions]`; over all windows that a
    /// channel is in if `transposed`.
    fn window_sums(&self, x: Tensor<3>, transposed: bool) -> Tensor<3> {
        let [_, channels, _] = x.dims();
        let before = (self.size - 1) / 2;
        let mut window = vec![0.0; channels * channels];
        for channel in 0..channels {
            let first = channel.saturating_sub(before);
            let last = (channel + self.size - before).min(channels);
            for other in first..last {
                let (row, column) = if transposed {
                    (other, channel)
                } else {
                    (channel, other)
                };
                window[row * channels + column] = 1.0;
            }
        }
        let window = TensorData::new(window, [1, channels, channels]);
        Tensor::<3>::from_data(window, &x.device()).matmul(x)
    }

    /// s at every value.
    fn scale(&self, x: Tensor<3>) -> Tensor<3> {
        let sums = self.window_sums(x.square(), false);
        sums.mul_scalar(self.alpha / self.size as f32)
            .add_scalar(self.bias)
    }
}

/// A value with its positions on one axis, `[batch, channels, positions]`.
fn positions(value: Value) -> Tensor<3> {
    let sizes = value.sizes();
    value.reshape([sizes[0], sizes[1], sizes[2..].iter().product()])
}

impl Operator for LocalResponseNormalisation {
    fn kind(&self) -> &'static str {
        "response normalisation"
    }

    fn output_shape(&self, inputs: &[&Shape]) -> Result<Shape, String> {
        if self.size == 0 {
            return Err("its window is empty".to_owned());
        }
        super::one_feature_map(inputs).map(Shape::new)
    }

    fn forward(&self, inputs: Vec<Value>) -> (Value, Saved) {
        let input = super::only(inputs);
        let x = positions(input.clone());
        let output = x.clone() * self.scale(x).powf_scalar(-self.beta);
        (
            Value::from(output).with_sizes(&input.sizes()),
            Saved::of(input),
        )
    }

    fn backward(&self, signal: Value, saved: &Saved, _: ReluRule, inputs: &mut [InputGradient]) {
        let ([input], [x]) = (inputs, &saved.values[..]) else {
            return;
        };
        let (x, signal) = (positions(x.clone()), positions(signal));
        let scale = self.scale(x.clone());
        let direct = signal * scale.clone().powf_scalar(-self.beta);
        // d s / d x reaches every window that a channel is in.
        let shared = self.window_sums(direct.clone() * x.clone() / scale, true);
        let factor = 2.0 * self.alpha * self.beta / self.size as f32;
        let gradient = direct - x * shared.mul_scalar(factor);
        let gradient = Value::from(gradient).with_sizes(&input.sizes);
        input.set(gradient);
    }
}
