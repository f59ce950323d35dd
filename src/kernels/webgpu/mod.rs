//! The GPU's kernels, in WGSL, as an extension of Burn's GPU backend.
//!
//! A tensor is a buffer. Sizes are passed in a last buffer of `u32`, `info`, so that one pipeline
//! serves every size; what changes the text is in the [`Shader`].

mod convolution;
mod depthwise;
mod gathered;
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
    Activation, AdamConstants, BackwardTask, BoundedRule, ConvolutionShape, ForwardTask, InputRelu,
    Kernels, Padding, PoolShape, Window,
};
use convolution::{OUTPUTS, Tile};
use mask::Mask;
use packing::pack;
use pointwise::Formula;
use shader::Shader;

type Floats = FloatTensor<Cube>;

impl Kernels for Cube {
    fn pack(bias: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> (Floats, Floats) {
        if shape.is_depthwise() {
            let weight = upload(&bias, weight);
            return (weight.clone(), weight);
        }
        let group = shape.group();
        let length = group.channels_out * group.fan_in();
        let taps = shape.window.taps();
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        for weight in weight.chunks_exact(length) {
            let (outputs, inputs) = (group.channels_out, group.channels_in);
            let weight_of = |output: usize, input: usize, tap: usize| {
                weight[(output * inputs + input) * taps + tap]
            };
            let chunk = Tile::of(&shape.window).chunk();
            forward.extend(pack(outputs, inputs, taps, chunk, OUTPUTS, weight_of));
            match BackwardKernel::of(&shape) {
                BackwardKernel::Rotated => {
                    let chunk = Tile::of(&rotated(&shape.window)).chunk();
                    let weight = |input, output, tap| weight_of(output, input, taps - 1 - tap);
                    backward.extend(pack(inputs, outputs, taps, chunk, OUTPUTS, weight));
                }
                BackwardKernel::Transposed => {
                    let block = transposed::CHANNELS;
                    let weight = |input, output, tap| weight_of(output, input, tap);
                    let packed = pack(inputs, outputs, taps, 1, block, weight);
                    // In a buffer a vec3 takes the space of four values.
                    let vectors = packed.chunks(block);
                    backward.extend(vectors.flat_map(|vector| vector.iter().copied().chain([0.0])));
                }
                BackwardKernel::Depthwise | BackwardKernel::Gathered => backward.extend(weight),
            }
        }
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
            activation,
        } = task;
        let input = into_contiguous(input);
        let [batch, channels, rows, columns] = input.shape().dims();
        let [_, total, rows_out, columns_out] = output.shape().dims();
        if shape.is_depthwise() {
            let tiles = depthwise::forward_tiles([rows_out, columns_out]);
            let mut info = depthwise_words(DepthwiseSizes {
                read: [channels, 0, rows, columns],
                written: [total, first_channel, rows_out, columns_out],
                before: shape.window.padding.before(),
                channels: shape.channels_in,
                tiles,
                batch,
            });
            info.extend(activation_words(activation));
            let shader = Shader::Depthwise {
                window: shape.window.unpadded(),
            };
            let groups = plane_groups(batch * shape.channels_in * tiles[0] * tiles[1]);
            launch(shader, groups, &[&input, &weight, &bias, &output], &info);
            return output;
        }
        let (group, tile) = (shape.group(), Tile::of(&shape.window));
        let [top, left] = shape.window.padding.before();
        let mut info = words(&[
            channels,
            0,
            group.channels_in,
            rows,
            columns,
            total,
            first_channel,
            group.channels_out,
            rows_out,
            columns_out,
            top,
            left,
            shape.groups,
            batch,
        ]);
        info.extend(activation_words(activation));
        let shader = Shader::Convolution {
            window: shape.window.unpadded(),
            tile,
        };
        let blocks = group.channels_out.div_ceil(OUTPUTS) * shape.groups;
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
        let gradient = if accumulate {
            exclusive(into_contiguous(gradient))
        } else {
            gradient
        };
        let (mask, activation) = input_relu.mask();
        let [batch, total, rows_out, columns_out] = signal.shape().dims();
        let [_, channels, rows, columns] = gradient.shape().dims();
        let (group, window) = (shape.group(), shape.window.unpadded());
        let [top, left] = shape.window.padding.before();
        let kernel = BackwardKernel::of(&shape);
        let (shader, mut info, groups) = match kernel {
            BackwardKernel::Depthwise => {
                let before = match window.stride {
                    [1, 1] => rotated(&shape.window).padding.before(),
                    _ => [top, left],
                };
                let tiles = depthwise::backward_tiles(&shape.window, [rows, columns]);
                let info = depthwise_words(DepthwiseSizes {
                    read: [total, first_channel, rows_out, columns_out],
                    written: [channels, 0, rows, columns],
                    before,
                    channels,
                    tiles,
                    batch,
                });
                let shader = Shader::DepthwiseBackward {
                    window,
                    mask: mask.kind(),
                    accumulate,
                };
                let invocations = batch * channels * tiles[0] * tiles[1];
                (shader, info, plane_groups(invocations))
            }
            BackwardKernel::Rotated => {
                let rotated = rotated(&shape.window);
                let tile = Tile::of(&rotated);
                let info = words(&[
                    total,
                    first_channel,
                    group.channels_out,
                    rows_out,
                    columns_out,
                    channels,
                    0,
                    group.channels_in,
                    rows,
                    columns,
                    rotated.padding.top,
                    rotated.padding.left,
                    shape.groups,
                    batch,
                ]);
                let shader = Shader::ConvolutionBackward {
                    window,
                    tile,
                    mask: mask.kind(),
                    accumulate,
                };
                let blocks = group.channels_in.div_ceil(OUTPUTS) * shape.groups;
                let invocations = tile.count([rows, columns]) * blocks * batch;
                (shader, info, convolution_groups(invocations))
            }
            BackwardKernel::Transposed | BackwardKernel::Gathered => {
                let info = words(&[
                    total,
                    first_channel,
                    group.channels_out,
                    rows_out,
                    columns_out,
                    group.channels_in,
                    rows,
                    columns,
                    top,
                    left,
                    shape.groups,
                    batch,
                ]);
                if kernel == BackwardKernel::Gathered {
                    let shader = Shader::Gathered {
                        window,
                        mask: mask.kind(),
                        accumulate,
                    };
                    (
                        shader,
                        info,
                        plane_groups(batch * channels * rows * columns),
                    )
                } else {
                    let shader = Shader::Transposed {
                        window,
                        mask: mask.kind(),
                        accumulate,
                    };
                    let [height, width] = transposed::tile_size(&window);
                    let tiles = (rows + top).div_ceil(height) * (columns + left).div_ceil(width);
                    let blocks = group.channels_in.div_ceil(transposed::CHANNELS) * shape.groups;
                    (shader, info, convolution_groups(tiles * blocks * batch))
                }
            }
        };
        info.extend(mask.words());
        let mut buffers = vec![&signal, &weight];
        buffers.extend(&activation);
        buffers.push(&gradient);
        launch(shader, groups, &buffers, &info);
        gradient
    }

    fn relu_backward(signal: Floats, activation: Floats, rule: BoundedRule) -> Floats {
        let (mask, activation) = InputRelu::Relu(activation, rule).mask();
        let shape = signal.shape();
        let output = Cube::float_empty(shape.clone(), &signal.device, FloatDType::F32);
        let mut info = words(&[shape.to_vec(), signal.meta.strides().to_vec()].concat());
        info.extend(mask.words());
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
        let window = &shape.window;
        let shader = Shader::MaxPool {
            window: window.unpadded(),
            clamps: max_pool::may_clamp(window),
        };
        let [top, left] = window.padding.before();
        let planes = batch * channels;
        let info = words(&[planes, rows, columns, rows_out, columns_out, top, left]);
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
        let window = &shape.window;
        let [top, left] = window.padding.before();
        let planes = batch * channels;
        let mut info = words(&[planes, rows, columns, rows_out, columns_out, top, left]);
        info.extend(mask.words());
        let mut buffers = vec![&signal];
        if !mask.kind().distributes() {
            buffers.push(&argmax);
        }
        buffers.extend(&activation);
        buffers.push(&gradient);
        let shader = Shader::MaxPoolBackward {
            window: window.unpadded(),
            mask: mask.kind(),
        };
        let [height, width] = max_pool_backward::block_size(window);
        let blocks = (rows + top).div_ceil(height) * (columns + left).div_ceil(width);
        let groups = plane_groups(planes * blocks);
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
        let [first_moment, second_moment] = [first_moment, second_moment].map(exclusive);
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

/// The tensor, or a copy if others read its buffer: one that may be written in place.
fn exclusive(tensor: Floats) -> Floats {
    if tensor.can_mut() {
        tensor
    } else {
        tensor.copy()
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

/// How the gradient of a convolution with respect to its input is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BackwardKernel {
    /// Of a depthwise convolution: by `depthwise.wgsl`.
    Depthwise,
    /// At stride 1: as the convolution with rotated kernels.
    Rotated,
    /// At other strides: by `transposed.wgsl`.
    Transposed,
    /// By `gathered.wgsl`, if the text of the others would be too long.
    Gathered,
}

impl BackwardKernel {
    fn of(shape: &ConvolutionShape) -> Self {
        let window = &shape.window;
        if shape.is_depthwise() {
            // Both read weights in plain order.
            if depthwise::computes_backward(window) {
                BackwardKernel::Depthwise
            } else {
                BackwardKernel::Gathered
            }
        } else if window.stride == [1, 1] {
            BackwardKernel::Rotated
        } else if transposed::is_short(window) {
            BackwardKernel::Transposed
        } else {
            BackwardKernel::Gathered
        }
    }
}

/// The windows of the convolution with rotated kernels that computes the gradient of a convolution
/// with stride 1.
fn rotated(window: &Window) -> Window {
    let [height, width] = window.span();
    let Padding { top, left, .. } = window.padding;
    Window {
        padding: Padding {
            // Negative if the padding is wider than the kernel reaches; the shader reads it as
            // signed.
            top: (height - 1).wrapping_sub(top),
            left: (width - 1).wrapping_sub(left),
            ..window.padding
        },
        ..*window
    }
}

/// The sizes in the `info` of `depthwise.wgsl`.
struct DepthwiseSizes {
    /// Of the tensor that is read: channels, the first of them, rows, columns.
    read: [usize; 4],
    /// Of the tensor that is written.
    written: [usize; 4],
    /// Rows and columns of padding before the first.
    before: [usize; 2],
    /// Channels that are read and written.
    channels: usize,
    /// Tiles per axis.
    tiles: [usize; 2],
    batch: usize,
}

fn depthwise_words(sizes: DepthwiseSizes) -> Vec<u32> {
    let DepthwiseSizes {
        read,
        written,
        before: [top, left],
        channels,
        tiles: [down, across],
        batch,
    } = sizes;
    let others = [top, left, channels, down, across, batch];
    words(&[&read[..], &written, &others].concat())
}

/// The words of `info` for [`convolution::activation_epilogue`].
fn activation_words(activation: Activation) -> [u32; 2] {
    match activation {
        Activation::Identity => [0, 0],
        Activation::Relu => [1, 0],
        Activation::Clip { upper } => [2, upper.to_bits()],
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
