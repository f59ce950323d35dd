//! Average-pooling, as a depthwise convolution with equal weights.

use burn::tensor::{Device, Tensor, TensorData};

use super::{
    Activation, Convolution, ConvolutionShape, Padding, PoolShape, ReluMask, Window, convolve,
    convolve_backward,
};

/// An average-pool on a device, for inputs of one size.
///
/// Burn's own takes no dilation and no different padding at opposite edges.
#[derive(Debug, Clone)]
pub struct AveragePool {
    /// The sum of each window, or the average if all windows have the same divisor.
    sums: Convolution,
    /// For each output, by what its window's sum is multiplied: `[1, 1, rows, columns]`.
    factors: Option<Tensor<4>>,
    /// Rows and columns of the input.
    size: [usize; 2],
}

impl AveragePool {
    /// For inputs of `channels` planes of `size`, which must pass [`PoolShape::check`]. A window's
    /// sum is divided by the number of its values in the input; if `counts_padding`, by that of
    /// its values in the padded input, as with `count_include_pad` of PyTorch and ONNX. Values
    /// beyond the padding do not count.
    pub fn new(
        channels: usize,
        shape: PoolShape,
        size: [usize; 2],
        counts_padding: bool,
        device: &Device,
    ) -> Self {
        let window = shape.window;
        let (before, after, span) = (
            window.padding.before(),
            window.padding.after(),
            window.span(),
        );
        let output = shape.output_size(size);
        // Of each window along an axis, the number of values that count.
        let [down, across] = [0, 1].map(|axis: usize| -> Vec<usize> {
            let counted = if counts_padding {
                0..before[axis] + size[axis] + after[axis]
            } else {
                before[axis]..before[axis] + size[axis]
            };
            let count = |index: usize| {
                let taps = (0..window.kernel[axis])
                    .map(|k| index * window.stride[axis] + k * window.dilation[axis]);
                taps.filter(|at| counted.contains(at)).count()
            };
            (0..output[axis]).map(count).collect()
        });
        let divisors = down.iter().flat_map(|rows| {
            let columns = across.iter();
            columns.map(move |columns| (rows * columns) as f32)
        });
        let factors: Vec<f32> = divisors.map(f32::recip).collect();
        let is_uniform = factors.iter().all(|factor| *factor == factors[0]);
        let weight = if is_uniform { factors[0] } else { 1.0 };
        let factors = (!is_uniform).then(|| {
            let dims = [1, 1, output[0], output[1]];
            Tensor::from_data(TensorData::new(factors, dims), device)
        });
        // Padding up to the end of the last window.
        let [bottom, right] = [0, 1].map(|axis: usize| {
            let end = (output[axis] - 1) * window.stride[axis] + span[axis];
            end.saturating_sub(before[axis] + size[axis])
        });
        let shape = ConvolutionShape {
            channels_in: channels,
            channels_out: channels,
            groups: channels,
            window: Window {
                padding: Padding {
                    bottom,
                    right,
                    ..window.padding
                },
                ..window
            },
        };
        let weights = vec![weight; channels * window.taps()];
        let bias = Tensor::zeros([channels], device);
        Self {
            sums: Convolution::new(weights, bias, shape),
            factors,
            size,
        }
    }

    /// The average of each window.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let sums = convolve(
            input,
            std::slice::from_ref(&self.sums),
            Activation::Identity,
        );
        self.scaled(sums)
    }

    /// Gradient of [`forward`](AveragePool::forward) with respect to its input, with `mask` and
    /// `accumulated` as in [`convolve_backward`].
    pub fn backward(
        &self,
        signal: Tensor<4>,
        mask: Option<ReluMask>,
        accumulated: Option<Tensor<4>>,
    ) -> Tensor<4> {
        let convolutions = std::slice::from_ref(&self.sums);
        let signal = self.scaled(signal);
        convolve_backward(signal, convolutions, self.size, mask, accumulated)
    }

    fn scaled(&self, values: Tensor<4>) -> Tensor<4> {
        match &self.factors {
            Some(factors) => values * factors.clone(),
            None => values,
        }
    }
}
