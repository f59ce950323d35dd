//! The CPU's kernels, on plain slices, as an extension of Burn's CPU backend.

mod convolution;
mod depthwise;
mod max_pool;
mod phases;
mod pointwise;
mod product;
mod winograd;

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{FloatDType, IntDType, Shape, TensorData};

use super::{
    Activation, AdamConstants, BackwardTask, BoundedRule, ConvolutionShape, ForwardTask, InputRelu,
    Kernels, PoolShape,
};

type Floats = FloatTensor<Flex>;

impl Kernels for Flex {
    fn pack(_: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> (Floats, Floats) {
        if shape.is_depthwise() {
            let weight = vector(weight);
            return (weight.clone(), weight);
        }
        let forward = convolution::pack_forward(&weight, &shape);
        let backward = if winograd::is_faster(&shape) {
            winograd::pack(&weight, &shape)
        } else {
            convolution::pack_backward(&weight, &shape)
        };
        (vector(forward), vector(backward))
    }

    fn convolve(
        input: Floats,
        weight: Floats,
        bias: Floats,
        mut output: Floats,
        task: ForwardTask,
    ) -> Floats {
        let ForwardTask {
            shape,
            first_channel,
            activation,
        } = task;
        let input = input.to_contiguous();
        let [_, channels, rows, columns] = input.shape().dims();
        let [_, channels_out, rows_out, columns_out] = output.shape().dims();
        let area = rows_out * columns_out;
        let outputs = output
            .storage_mut::<f32>()
            .chunks_exact_mut(channels_out * area);
        let inputs = values(&input).chunks_exact(channels * rows * columns);
        for (output, input) in outputs.zip(inputs) {
            let output = &mut output[first_channel * area..][..shape.channels_out * area];
            let pass = ForwardPass {
                input,
                shape,
                weights: values(&weight),
                bias: values(&bias),
                size: [rows, columns],
                activation,
            };
            if shape.is_depthwise() {
                depthwise::forward(&pass, output);
            } else {
                convolution::forward(&pass, output);
            }
        }
        output
    }

    fn convolve_backward(
        signal: Floats,
        weight: Floats,
        mut gradient: Floats,
        input_relu: InputRelu<Flex>,
        task: BackwardTask,
    ) -> Floats {
        let BackwardTask {
            shape,
            first_channel,
            accumulate,
        } = task;
        let signal = signal.to_contiguous();
        let relu = input_relu.contiguous();
        gradient = gradient.to_contiguous();
        let [_, channels_out, rows_out, columns_out] = signal.shape().dims();
        let [_, channels_in, rows, columns] = gradient.shape().dims();
        let (area, length) = (rows_out * columns_out, channels_in * rows * columns);
        let gradients = gradient.storage_mut::<f32>().chunks_exact_mut(length);
        let signals = values(&signal).chunks_exact(channels_out * area);
        for (k, (gradient, signal)) in gradients.zip(signals).enumerate() {
            let pass = BackwardPass {
                signal: &signal[first_channel * area..][..shape.channels_out * area],
                shape,
                weights: values(&weight),
                size: [rows, columns],
                mask: mask(&relu, k, length),
                accumulate,
            };
            if shape.is_depthwise() {
                depthwise::backward(&pass, gradient);
            } else if winograd::is_faster(&shape) {
                winograd::backward(&pass, gradient);
            } else {
                convolution::backward(&pass, gradient);
            }
        }
        gradient
    }

    fn relu_backward(signal: Floats, activation: Floats, rule: BoundedRule) -> Floats {
        let (mut signal, activation) = (signal.to_contiguous(), activation.to_contiguous());
        rule.apply(values(&activation), signal.storage_mut::<f32>());
        signal
    }

    fn max_pool(input: Floats, shape: PoolShape) -> (Floats, IntTensor<Flex>) {
        let input = input.to_contiguous();
        let [batch, channels, rows, columns] = input.shape().dims();
        let [rows_out, columns_out] = shape.output_size([rows, columns]);
        let size = [batch, channels, rows_out, columns_out];
        let mut output = zeros(size);
        let mut argmax = Flex::int_zeros(Shape::new(size), &Default::default(), IntDType::I32);
        let area_out = rows_out * columns_out;
        let outputs = output.storage_mut::<f32>().chunks_exact_mut(area_out);
        let argmaxes = argmax.storage_mut::<i32>().chunks_exact_mut(area_out);
        let inputs = values(&input).chunks_exact(rows * columns);
        for ((output, argmax), input) in outputs.zip(argmaxes).zip(inputs) {
            max_pool::forward(input, [rows, columns], shape, output, argmax);
        }
        (output, argmax)
    }

    fn max_pool_backward(
        signal: Floats,
        argmax: IntTensor<Flex>,
        input_relu: InputRelu<Flex>,
        shape: PoolShape,
        [rows, columns]: [usize; 2],
    ) -> Floats {
        let signal = signal.to_contiguous();
        let relu = input_relu.contiguous();
        let [batch, channels, rows_out, columns_out] = signal.shape().dims();
        let mut gradient = zeros([batch, channels, rows, columns]);
        let (area_out, area) = (rows_out * columns_out, rows * columns);
        let signals = values(&signal).chunks_exact(area_out);
        let argmaxes = argmax.storage::<i32>().chunks_exact(area_out);
        let gradients = gradient.storage_mut::<f32>().chunks_exact_mut(area);
        for (k, ((signal, argmax), gradient)) in signals.zip(argmaxes).zip(gradients).enumerate() {
            let mask = mask(&relu, k, area);
            max_pool::backward(signal, argmax, [rows, columns], shape, mask, gradient);
        }
        gradient
    }

    fn scaled_sigmoid(input: Floats, mean: Floats, range: f32) -> Floats {
        let mut output = input.to_contiguous();
        let area = area(&output);
        let planes = output.storage_mut::<f32>().chunks_exact_mut(area);
        for (k, plane) in planes.enumerate() {
            pointwise::scaled_sigmoid(plane, channel_value(&mean, k), range);
        }
        output
    }

    fn scaled_sigmoid_backward(
        gradient: Floats,
        activation: Floats,
        mean: Floats,
        range: f32,
    ) -> Floats {
        let (mut gradient, activation) = (gradient.to_contiguous(), activation.to_contiguous());
        let area = area(&gradient);
        let gradients = gradient.storage_mut::<f32>().chunks_exact_mut(area);
        let activations = values(&activation).chunks_exact(area);
        for (k, (gradient, activation)) in gradients.zip(activations).enumerate() {
            let mean = channel_value(&mean, k);
            pointwise::scaled_sigmoid_backward(gradient, activation, mean, range);
        }
        gradient
    }

    fn adam(
        parameters: Floats,
        gradient: Floats,
        first_moment: Floats,
        second_moment: Floats,
        step: Floats,
        constants: AdamConstants,
    ) -> (Floats, Floats, Floats) {
        let [
            mut parameters,
            gradient,
            mut first_moment,
            mut second_moment,
        ] = [parameters, gradient, first_moment, second_moment]
            .map(|tensor| tensor.to_contiguous());
        let step = [0, 1, 2].map(|k: usize| values(&step)[k]);
        pointwise::adam(
            parameters.storage_mut(),
            values(&gradient),
            first_moment.storage_mut(),
            second_moment.storage_mut(),
            step,
            constants,
        );
        (parameters, first_moment, second_moment)
    }
}

/// A convolution's forward pass for one picture.
struct ForwardPass<'a> {
    /// `[channels_in, rows, columns]`.
    input: &'a [f32],
    shape: ConvolutionShape,
    /// In the order of the function that takes this.
    weights: &'a [f32],
    /// `[channels_out]`.
    bias: &'a [f32],
    /// Rows and columns of the input.
    size: [usize; 2],
    activation: Activation,
}

impl ForwardPass<'_> {
    /// The passes of the groups.
    fn groups(&self) -> impl Iterator<Item = ForwardPass<'_>> {
        let [inputs, weights, biases] =
            [self.input, self.weights, self.bias].map(|values| parts(values, self.shape.groups));
        let groups = inputs.zip(weights).zip(biases);
        groups.map(|((input, weights), bias)| ForwardPass {
            input,
            shape: self.shape.group(),
            weights,
            bias,
            ..*self
        })
    }

    /// The outputs of the groups.
    fn output_groups<'a>(&self, output: &'a mut [f32]) -> impl Iterator<Item = &'a mut [f32]> {
        output.chunks_exact_mut(output.len() / self.shape.groups)
    }
}

/// A convolution's backward pass for one picture.
struct BackwardPass<'a> {
    /// `[channels_out, rows_out, columns_out]`.
    signal: &'a [f32],
    shape: ConvolutionShape,
    /// In the order of the function that takes this.
    weights: &'a [f32],
    /// Rows and columns of the input.
    size: [usize; 2],
    mask: Option<Mask<'a>>,
    /// Whether to add to the content of the gradient; otherwise it is overwritten.
    accumulate: bool,
}

impl BackwardPass<'_> {
    /// The passes of the groups.
    fn groups(&self) -> impl Iterator<Item = BackwardPass<'_>> {
        let groups = self.shape.groups;
        let [signals, weights] =
            [self.signal, self.weights].map(|values| parts(values, self.shape.groups));
        let passes = signals.zip(weights).enumerate();
        passes.map(move |(k, (signal, weights))| BackwardPass {
            signal,
            shape: self.shape.group(),
            weights,
            mask: self.mask.map(|(rule, output)| {
                let length = output.len() / groups;
                (rule, &output[k * length..][..length])
            }),
            ..*self
        })
    }

    /// The gradients of the groups.
    fn gradient_groups<'a>(&self, gradient: &'a mut [f32]) -> impl Iterator<Item = &'a mut [f32]> {
        gradient.chunks_exact_mut(gradient.len() / self.shape.groups)
    }
}

/// Divides values into `count` parts of the same length.
fn parts(values: &[f32], count: usize) -> impl Iterator<Item = &[f32]> {
    values.chunks_exact(values.len() / count)
}

/// The rule of the ReLU whose output is the input, and this output.
type Mask<'a> = (BoundedRule, &'a [f32]);

/// The part of a ReLU's mask for the k-th picture or plane, of `length` values.
fn mask(relu: &Option<(BoundedRule, Floats)>, k: usize, length: usize) -> Option<Mask<'_>> {
    let (rule, output) = relu.as_ref()?;
    Some((*rule, &values(output)[k * length..][..length]))
}

/// The number of values in a plane: one channel of one picture.
fn area(tensor: &Floats) -> usize {
    let [_, _, rows, columns] = tensor.shape().dims();
    rows * columns
}

/// The value for the k-th plane of a batch of a tensor with one value per channel.
fn channel_value(tensor: &Floats, k: usize) -> f32 {
    let values = values(tensor);
    values[k % values.len()]
}

impl InputRelu<Flex> {
    /// The rule, and the ReLU's output in contiguous memory.
    fn contiguous(self) -> Option<(BoundedRule, Floats)> {
        match self {
            InputRelu::Relu(output, rule) => Some((rule, output.to_contiguous())),
            InputRelu::Nothing => None,
        }
    }
}

/// The values of a contiguous tensor.
fn values(tensor: &Floats) -> &[f32] {
    let (start, end) = tensor.layout().contiguous_offsets().unwrap_or_default();
    &tensor.storage()[start..end]
}

fn zeros(size: [usize; 4]) -> Floats {
    Flex::float_zeros(Shape::new(size), &Default::default(), FloatDType::F32)
}

fn vector(values: Vec<f32>) -> Floats {
    let shape = [values.len()];
    Flex::float_from_data(TensorData::new(values, shape), &Default::default())
}
