//! The CPU's kernels, on plain slices, and their place in Burn's CPU backend.

mod convolution;
mod max_pool;
mod pointwise;
mod product;
mod winograd;

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{FloatDType, IntDType, Shape, TensorData};

use super::{AdamConstants, ConvolutionShape, InputRelu, Kernels, PoolShape, ReluRule};

type Floats = FloatTensor<Flex>;

impl Kernels for Flex {
    fn pack_forward(_: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> Floats {
        vector(convolution::pack_forward(&weight, &shape))
    }

    fn pack_backward(_: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> Floats {
        let pack = if winograd::serves(&shape) {
            winograd::pack
        } else {
            convolution::pack_backward
        };
        vector(pack(&weight, &shape))
    }

    fn convolve(
        input: Floats,
        weight: Floats,
        bias: Floats,
        mut output: Floats,
        first: usize,
        shape: ConvolutionShape,
        relu: bool,
    ) -> Floats {
        let input = input.to_contiguous();
        let [_, channels, rows, columns] = input.shape().dims();
        let [_, channels_out, rows_out, columns_out] = output.shape().dims();
        let output_size = rows_out * columns_out;
        let pictures = output
            .storage_mut::<f32>()
            .chunks_exact_mut(channels_out * output_size);
        for (output, input) in pictures.zip(values(&input).chunks_exact(channels * rows * columns))
        {
            let part = &mut output[first * output_size..][..shape.channels_out * output_size];
            convolution::forward(
                input,
                [rows, columns],
                &shape,
                values(&weight),
                values(&bias),
                relu,
                part,
            );
        }
        output
    }

    fn convolve_backward(
        signal: Floats,
        weight: Floats,
        mut gradient: Floats,
        active: InputRelu<Flex>,
        first: usize,
        shape: ConvolutionShape,
        add: bool,
        rule: ReluRule,
    ) -> Floats {
        let signal = signal.to_contiguous();
        let active = active.values();
        let [_, channels_out, rows_out, columns_out] = signal.shape().dims();
        let [_, channels_in, rows, columns] = gradient.shape().dims();
        let (output_size, length) = (rows_out * columns_out, channels_in * rows * columns);
        let pictures = gradient.storage_mut::<f32>().chunks_exact_mut(length);
        let backward = if winograd::serves(&shape) {
            winograd::backward
        } else {
            convolution::backward
        };
        for (k, (gradient, signal)) in pictures
            .zip(values(&signal).chunks_exact(channels_out * output_size))
            .enumerate()
        {
            let mask = active
                .as_ref()
                .map(|active| (rule, &values(active)[k * length..][..length]));
            let part = &signal[first * output_size..][..shape.channels_out * output_size];
            backward(
                part,
                &shape,
                values(&weight),
                [rows, columns],
                mask,
                add,
                gradient,
            );
        }
        gradient
    }

    fn relu_backward(signal: Floats, active: Floats, rule: ReluRule) -> Floats {
        let (mut signal, active) = (signal.to_contiguous(), active.to_contiguous());
        rule.back(values(&active), signal.storage_mut::<f32>());
        signal
    }

    fn max_pool(input: Floats, shape: PoolShape) -> (Floats, IntTensor<Flex>) {
        let input = input.to_contiguous();
        let [batch, channels, rows, columns] = input.shape().dims();
        let [rows_out, columns_out] = shape.output_size([rows, columns]);
        let size = [batch, channels, rows_out, columns_out];
        let mut output = zeros(size);
        let mut taps = Flex::int_zeros(Shape::new(size), &Default::default(), IntDType::I32);
        let planes = output
            .storage_mut::<f32>()
            .chunks_exact_mut(rows_out * columns_out);
        let planes = planes.zip(
            taps.storage_mut::<i32>()
                .chunks_exact_mut(rows_out * columns_out),
        );
        for ((output, taps), input) in planes.zip(values(&input).chunks_exact(rows * columns)) {
            max_pool::forward(input, [rows, columns], shape, output, taps);
        }
        (output, taps)
    }

    fn max_pool_backward(
        signal: Floats,
        taps: IntTensor<Flex>,
        active: InputRelu<Flex>,
        shape: PoolShape,
        [rows, columns]: [usize; 2],
        rule: ReluRule,
    ) -> Floats {
        let signal = signal.to_contiguous();
        let active = active.values();
        let [batch, channels, rows_out, columns_out] = signal.shape().dims();
        let mut gradient = zeros([batch, channels, rows, columns]);
        let (seen, pixels) = (rows_out * columns_out, rows * columns);
        let planes = values(&signal)
            .chunks_exact(seen)
            .zip(taps.storage::<i32>().chunks_exact(seen));
        for (k, ((signal, taps), gradient)) in planes
            .zip(gradient.storage_mut::<f32>().chunks_exact_mut(pixels))
            .enumerate()
        {
            let mask = active
                .as_ref()
                .map(|active| (rule, &values(active)[k * pixels..][..pixels]));
            max_pool::backward(signal, taps, [rows, columns], shape, mask, gradient);
        }
        gradient
    }

    fn scaled_sigmoid(input: Floats, mean: Floats, range: f32) -> Floats {
        let mut output = input.to_contiguous();
        let plane = plane(&output);
        for (k, output) in output
            .storage_mut::<f32>()
            .chunks_exact_mut(plane)
            .enumerate()
        {
            pointwise::scaled_sigmoid(output, channel_value(&mean, k), range);
        }
        output
    }

    fn scaled_sigmoid_backward(
        gradient: Floats,
        squashed: Floats,
        mean: Floats,
        range: f32,
    ) -> Floats {
        let (mut gradient, squashed) = (gradient.to_contiguous(), squashed.to_contiguous());
        let plane = plane(&gradient);
        let planes = gradient
            .storage_mut::<f32>()
            .chunks_exact_mut(plane)
            .zip(values(&squashed).chunks_exact(plane));
        for (k, (gradient, squashed)) in planes.enumerate() {
            pointwise::scaled_sigmoid_backward(gradient, squashed, channel_value(&mean, k), range);
        }
        gradient
    }

    fn adam(
        parameters: Floats,
        gradient: Floats,
        mean: Floats,
        square: Floats,
        step: Floats,
        decays: AdamConstants,
    ) -> (Floats, Floats, Floats) {
        let [mut parameters, gradient, mut mean, mut square] =
            [parameters, gradient, mean, square].map(|tensor| tensor.to_contiguous());
        let step = [0, 1, 2].map(|k: usize| values(&step)[k]);
        pointwise::adam(
            parameters.storage_mut(),
            values(&gradient),
            mean.storage_mut(),
            square.storage_mut(),
            step,
            decays,
        );
        (parameters, mean, square)
    }
}

/// Values of one channel of one picture.
fn plane(tensor: &Floats) -> usize {
    let [_, _, rows, columns] = tensor.shape().dims();
    rows * columns
}

/// What a tensor with one value for each channel has for plane `k` of a batch of pictures.
fn channel_value(tensor: &Floats, k: usize) -> f32 {
    let values = values(tensor);
    values[k % values.len()]
}

impl InputRelu<Flex> {
    /// The ReLU's result, contiguous.
    fn values(self) -> Option<Floats> {
        match self {
            InputRelu::Relu(active) => Some(active.to_contiguous()),
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
