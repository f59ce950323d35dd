//! The GPU's kernels, in WGSL, as an extension of Burn's GPU backend.
//!
//! A tensor is a buffer. Sizes are passed in a last buffer of `u32`, `info`, so that one pipeline
//! serves every size; what changes the text is in the [`Shader`].

mod convolution;
mod mask;
mod max_pool;
mod max_pool_backward;
mod packing;
mod pointwise;
mod relu_backward;
mod shader;
mod transposed;

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Cube, TensorMetadata};
use burn::tensor::{FloatDType, IntDType, Shape, TensorData};
use deep_inside_gpu::burn_wgpu::{CubeDim, CubeTensor, SourceKernel, into_contiguous};
use deep_inside_gpu::cubecl::CubeCount;
use deep_inside_gpu::cubecl::server::{KernelArguments, MetadataBindingInfo};

use super::{
    AdamConstants, BackwardTask, ConvolutionShape, ForwardTask, InputRelu, Kernels, PoolShape,
    ReluRule,
};
use convolution::{OUTPUTS, Tile};
use mask::Mask;
use packing::pack;
use pointwise::Formula;
use shader::Shader;

type Floats = FloatTensor<Cube>;

impl Kernels for Cube {
    fn pack(bias: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> (Floats, Floats) {
        let ConvolutionShape {
            channels_in,
            channels_out,
            kernel,
            stride,
            ..
        } = shape;
        let taps = kernel * kernel;
        let weight_of = |output: usize, input: usize, tap: usize| {
            weight[(output * channels_in + input) * taps + tap]
        };
        let chunk = Tile::of(&shape).chunk();
        let forward = pack(channels_out, channels_in, taps, chunk, OUTPUTS, weight_of);
        let backward = if stride == 1 {
            let chunk = Tile::of(&rotated(&shape)).chunk();
            let weight = |input, output, tap| weight_of(output, input, taps - 1 - tap);
            pack(channels_in, channels_out, taps, chunk, OUTPUTS, weight)
        } else {
            let block = transposed::CHANNELS;
            let weight = |input, output, tap| weight_of(output, input, tap);
            let packed = pack(channels_in, channels_out, taps, 1, block, weight);
            // In a buffer a vec3 takes the space of four values.
            let vectors = packed.chunks(block);
            vectors
                .flat_map(|vector| vector.iter().copied().chain([0.0]))
                .collect()
        };
        (upload(&bias, forward), upload(&bias, backward))
    }

    fn convolve(
        input: Floats,
        weight: Floats,
        bias: Floats,
        output: Floats,
        task: ForwardTask,
    ) -> Floats {
        let ForwardTask {
            shape,
            first_channel,
            relu,
        } = task;
        let input = into_contiguous(input);
        let [batch, channels, rows, columns] = input.shape().dims();
        let [_, total, rows_out, columns_out] = output.shape().dims();
        let tile = Tile::of(&shape);
        let info = words(&[
            channels,
            0,
            shape.channels_in,
            rows,
            columns,
            total,
            first_channel,
            shape.channels_out,
            rows_out,
            columns_out,
            shape.padding,
            batch,
            usize::from(relu),
        ]);
        let shader = Shader::Convolution {
            kernel: shape.kernel,
            stride: shape.stride,
            tile,
        };
        let blocks = shape.channels_out.div_ceil(OUTPUTS);
        let invocations = tile.count([rows_out, columns_out]) * blocks * batch;
        let buffers = [&input, &weight, &bias, &output];
        launch(shader, convolution_groups(invocations), &buffers, &info);
        output
    }

    fn convolve_backward(
        signal: Floats,
        weight: Floats,
        gradient: Floats,
        input_relu: InputRelu<Cube>,
        task: BackwardTask,
    ) -> Floats {
        let BackwardTask {
            shape,
            first_channel,
            accumulate,
        } = task;
        let signal = into_contiguous(signal);
        let (mask, activation) = input_relu.mask();
        let [batch, total, rows_out, columns_out] = signal.shape().dims();
        let [_, channels, rows, columns] = gradient.shape().dims();
        let (shader, mut info, invocations) = if shape.stride == 1 {
            let rotated = rotated(&shape);
            let tile = Tile::of(&rotated);
            let info = words(&[
                total,
                first_channel,
                rotated.channels_in,
                rows_out,
                columns_out,
                channels,
                0,
                channels,
                rows,
                columns,
                rotated.padding,
                batch,
            ]);
            let shader = Shader::ConvolutionBackward {
                kernel: shape.kernel,
                tile,
                mask: mask.kind(),
                accumulate,
            };
            let blocks = channels.div_ceil(OUTPUTS);
            (shader, info, tile.count([rows, columns]) * blocks * batch)
        } else {
            let info = words(&[
                total,
                first_channel,
                shape.channels_out,
                rows_out,
                columns_out,
                channels,
                rows,
                columns,
                shape.padding,
                batch,
            ]);
            let shader = Shader::Transposed {
                kernel: shape.kernel,
                stride: shape.stride,
                mask: mask.kind(),
                accumulate,
            };
            let [height, width] =
                transposed::blocks(shape.stride).map(|blocks| blocks * shape.stride);
            let tiles =
                (rows + shape.padding).div_ceil(height) * (columns + shape.padding).div_ceil(width);
            let blocks = channels.div_ceil(transposed::CHANNELS);
            (shader, info, tiles * blocks * batch)
        };
        info.push(mask.slope_bits());
        let mut buffers = vec![&signal, &weight];
        buffers.extend(&activation);
        buffers.push(&gradient);
        launch(shader, convolution_groups(invocations), &buffers, &info);
        gradient
    }

    fn relu_backward(signal: Floats, activation: Floats, rule: ReluRule) -> Floats {
        let (mask, activation) = InputRelu::Relu(activation, rule).mask();
        let shape = signal.shape();
        let output = Cube::float_empty(shape.clone(), &signal.device, FloatDType::F32);
        let mut info = words(&[shape.to_vec(), signal.meta.strides().to_vec()].concat());
        info.push(mask.slope_bits());
        let mut buffers = vec![&signal];
        buffers.extend(&activation);
        buffers.push(&output);
        let shader = Shader::ReluBackward { mask: mask.kind() };
        let groups = plane_groups(shape.num_elements());
        launch(shader, groups, &buffers, &info);
        output
    }

    fn max_pool(input: Floats, shape: PoolShape) -> (Floats, IntTensor<Cube>) {
        let input = into_contiguous(input);
        let [batch, channels, rows, columns] = input.shape().dims();
        let [rows_out, columns_out] = shape.output_size([rows, columns]);
        let size = [batch, channels, rows_out, columns_out];
        let output = Cube::float_empty(Shape::new(size), &input.device, FloatDType::F32);
        let argmax = Cube::int_empty(Shape::new(size), &input.device, IntDType::I32);
        let shader = Shader::MaxPool {
            kernel: shape.kernel,
            stride: shape.stride,
        };
        let info = words(&[batch * channels, rows, columns, rows_out, columns_out]);
        let groups = plane_groups(size.iter().product());
        launch(shader, groups, &[&input, &output, &argmax], &info);
        (output, argmax)
    }

    fn max_pool_backward(
        signal: Floats,
        argmax: IntTensor<Cube>,
        input_relu: InputRelu<Cube>,
        shape: PoolShape,
        [rows, columns]: [usize; 2],
    ) -> Floats {
        let signal = into_contiguous(signal);
        let (mask, activation) = input_relu.mask();
        let [batch, channels, rows_out, columns_out] = signal.shape().dims();
        let gradient = Cube::float_empty(
            Shape::new([batch, channels, rows, columns]),
            &signal.device,
            FloatDType::F32,
        );
        let mut info = words(&[batch * channels, rows, columns, rows_out, columns_out]);
        info.push(mask.slope_bits());
        let mut buffers = vec![&signal];
        if !mask.kind().distributes() {
            buffers.push(&argmax);
        }
        buffers.extend(&activation);
        buffers.push(&gradient);
        let shader = Shader::MaxPoolBackward {
            kernel: shape.kernel,
            stride: shape.stride,
            mask: mask.kind(),
        };
        let blocks = rows.div_ceil(shape.stride) * columns.div_ceil(shape.stride);
        let groups = plane_groups(batch * channels * blocks);
        launch(shader, groups, &buffers, &info);
        gradient
    }

    fn scaled_sigmoid(input: Floats, mean: Floats, range: f32) -> Floats {
        let input = into_contiguous(input);
        let output = empty_like(&input);
        let buffers = [&input, &mean, &output];
        let words = plane_words(&input, range);
        launch_pointwise(Formula::ScaledSigmoid, &buffers, &words);
        output
    }

    fn scaled_sigmoid_backward(
        gradient: Floats,
        activation: Floats,
        mean: Floats,
        range: f32,
    ) -> Floats {
        let [gradient, activation] = [gradient, activation].map(into_contiguous);
        let output = empty_like(&gradient);
        let buffers = [&gradient, &activation, &mean, &output];
        let words = plane_words(&gradient, range);
        launch_pointwise(Formula::ScaledSigmoidBackward, &buffers, &words);
        output
    }

    fn adam(
        parameters: Floats,
        gradient: Floats,
        first_moment: Floats,
        second_moment: Floats,
        step: Floats,
        constants: AdamConstants,
    ) -> (Floats, Floats, Floats) {
        let [parameters, gradient, first_moment, second_moment] =
            [parameters, gradient, first_moment, second_moment].map(into_contiguous);
        // The moments are updated in place, because a shader stage may have only eight buffers; a
        // tensor that is shared is copied first.
        let [first_moment, second_moment] = [first_moment, second_moment].map(|moment| {
            if moment.can_mut() {
                moment
            } else {
                moment.copy()
            }
        });
        let next = empty_like(&parameters);
        let AdamConstants {
            first_moment_decay,
            second_moment_decay,
            epsilon,
        } = constants;
        let words = [first_moment_decay, second_moment_decay, epsilon].map(f32::to_bits);
        let buffers = [
            &parameters,
            &gradient,
            &step,
            &first_moment,
            &second_moment,
            &next,
        ];
        launch_pointwise(Formula::Adam, &buffers, &words);
        (next, first_moment, second_moment)
    }
}

impl InputRelu<Cube> {
    /// The mask, and the ReLU's output if the mask reads it.
    fn mask(self) -> (Mask, Option<Floats>) {
        let InputRelu::Relu(activation, rule) = self else {
            return (Mask(None), None);
        };
        let mask = Mask(Some(rule));
        let reads = mask.kind().reads_activation();
        (mask, reads.then(|| into_contiguous(activation)))
    }
}

/// A tensor of the same shape, with any content.
fn empty_like(tensor: &Floats) -> Floats {
    Cube::float_empty(tensor.shape(), &tensor.device, FloatDType::F32)
}

/// The words of `info` for the formulas with a mean per channel.
fn plane_words(tensor: &Floats, range: f32) -> [u32; 3] {
    let [_, channels, rows, columns] = tensor.shape().dims();
    [(rows * columns) as u32, channels as u32, range.to_bits()]
}

/// Queues a formula for all values of the first buffer.
fn launch_pointwise(formula: Formula, buffers: &[&CubeTensor], words: &[u32]) {
    let count = buffers[0].shape().num_elements();
    let info = [&[count as u32], words].concat();
    let shader = Shader::Pointwise(formula);
    launch(shader, plane_groups(count), buffers, &info);
}

/// The convolution with rotated kernels that computes the gradient of a convolution with stride 1.
fn rotated(shape: &ConvolutionShape) -> ConvolutionShape {
    ConvolutionShape {
        channels_in: shape.channels_out,
        channels_out: shape.channels_in,
        // Negative if the padding is wider than the kernel reaches; the shader reads it as signed.
        padding: (shape.kernel - 1).wrapping_sub(shape.padding),
        ..*shape
    }
}

/// Workgroups of a convolution with this number of invocations.
fn convolution_groups(invocations: usize) -> [u32; 3] {
    [invocations.div_ceil(shader::CONVOLUTION_GROUP) as u32, 1, 1]
}

/// Workgroups of another kernel with this number of invocations, in several rows if they do not fit
/// into one dimension.
fn plane_groups(invocations: usize) -> [u32; 3] {
    let groups = invocations.div_ceil(shader::PLANE_GROUP);
    let rows = groups.div_ceil(65535);
    [groups.div_ceil(rows), rows, 1].map(|groups| groups as u32)
}

fn words(sizes: &[usize]) -> Vec<u32> {
    sizes.iter().map(|&size| size as u32).collect()
}

/// Copies values to the device of `neighbour`.
fn upload(neighbour: &Floats, values: Vec<f32>) -> Floats {
    let shape = [values.len()];
    Cube::float_from_data(TensorData::new(values, shape), &neighbour.device)
}

/// Queues one kernel. Its buffers are bound in this order, `info` last.
fn launch(shader: Shader, [x, y, z]: [u32; 3], buffers: &[&CubeTensor], info: &[u32]) {
    let mut arguments = KernelArguments::new();
    for tensor in buffers {
        arguments = arguments.with_buffer(tensor.handle.clone().binding());
    }
    let pairs = info
        .chunks(2)
        .map(|pair| u64::from(pair[0]) | u64::from(*pair.get(1).unwrap_or(&0)) << 32);
    let arguments = arguments.with_info(MetadataBindingInfo::custom(pairs.collect()));
    let group = CubeDim::new_1d(shader.group() as u32);
    let kernel = SourceKernel::new(shader, group);
    buffers[0]
        .client
        .launch(Box::new(kernel), CubeCount::Static(x, y, z), arguments);
}
