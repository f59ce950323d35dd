//! The GPU's kernels, in WGSL, and their place in Burn's GPU backend.
//!
//! A tensor is a buffer; sizes come in a last one of `u32`, so that one pipeline serves every size. Only what changes the code makes another:
//! see [`Shader`].

mod shader;

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Cube, TensorMetadata};
use burn::tensor::{FloatDType, IntDType, Shape, TensorData};
use deep_inside_gpu::burn_wgpu::{CubeDim, CubeTensor, SourceKernel, into_contiguous};
use deep_inside_gpu::cubecl::CubeCount;
use deep_inside_gpu::cubecl::server::{KernelArguments, MetadataBindingInfo};

use super::{Active, AdamDecays, ConvolutionShape, Kernels, PoolShape, ReluRule};
use shader::{Formula, Mask, Shader, Tile};

type Floats = FloatTensor<Cube>;

impl Kernels for Cube {
    fn pack_forward(bias: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> Floats {
        let kernel = shape.kernel * shape.kernel;
        let channels = shape.channels_in;
        upload(
            &bias,
            shader::pack(shape.channels_out, channels, kernel, Tile::of(&shape).chunk(), shader::OUTPUTS, |out, channel, tap| {
                weight[(out * channels + channel) * kernel + tap]
            }),
        )
    }

    fn pack_backward(bias: Floats, weight: Vec<f32>, shape: ConvolutionShape) -> Floats {
        let kernel = shape.kernel * shape.kernel;
        let ConvolutionShape { channels_in, channels_out, .. } = shape;
        let of = |out: usize, channel: usize, tap: usize| weight[(out * channels_in + channel) * kernel + tap];
        let packed = if shape.stride == 1 {
            let chunk = Tile::of(&turned(&shape)).chunk();
            shader::pack(channels_in, channels_out, kernel, chunk, shader::OUTPUTS, |channel, out, tap| {
                of(out, channel, kernel - 1 - tap)
            })
        } else {
            shader::pack(channels_in, channels_out, kernel, 1, shader::COLOURS, |channel, out, tap| of(out, channel, tap))
                .chunks(shader::COLOURS)
                .flat_map(|colours| colours.iter().copied().chain([0.0])) // a vec3 takes the room of four
                .collect()
        };
        upload(&bias, packed)
    }

    fn convolve(
        input: Floats,
        weight: Floats,
        bias: Floats,
        output: Floats,
        first: usize,
        shape: ConvolutionShape,
        rectify: bool,
    ) -> Floats {
        let input = into_contiguous(input);
        let [batch, channels, rows, columns] = input.shape().dims();
        let [_, total, rows_out, columns_out] = output.shape().dims();
        let tile = Tile::of(&shape);
        let channels_out = shape.channels_out;
        let info = [
            channels,
            0,
            shape.channels_in,
            rows,
            columns,
            total,
            first,
            channels_out,
            rows_out,
            columns_out,
            shape.padding,
            batch,
            usize::from(rectify),
        ];
        let shader = Shader::Convolution { kernel: shape.kernel, stride: shape.stride, tile };
        let groups = groups(tile.count([rows_out, columns_out]) * channels_out.div_ceil(shader::OUTPUTS) * batch);
        launch(shader, groups, &[&input, &weight, &bias, &output], &words(&info));
        output
    }

    fn convolve_back(
        signal: Floats,
        weight: Floats,
        gradient: Floats,
        active: Active<Cube>,
        first: usize,
        shape: ConvolutionShape,
        add: bool,
        rule: ReluRule,
    ) -> Floats {
        let signal = into_contiguous(signal);
        let (mask, active) = masked(active, rule);
        let [batch, total, rows_out, columns_out] = signal.shape().dims();
        let [_, channels, rows, columns] = gradient.shape().dims();
        let mut buffers = vec![&signal, &weight];
        buffers.extend(&active);
        buffers.push(&gradient);
        if shape.stride == 1 {
            let turned = turned(&shape);
            let tile = Tile::of(&turned);
            let sizes = [
                total,
                first,
                turned.channels_in,
                rows_out,
                columns_out,
                channels,
                0,
                channels,
                rows,
                columns,
                turned.padding,
                batch,
            ];
            let mut info = words(&sizes);
            info.push(mask.share());
            let shader = Shader::ConvolutionBack { kernel: shape.kernel, tile, mask: mask.kind(), add };
            let groups = groups(tile.count([rows, columns]) * channels.div_ceil(shader::OUTPUTS) * batch);
            launch(shader, groups, &buffers, &info);
        } else {
            let sizes = [total, first, shape.channels_out, rows_out, columns_out, channels, rows, columns, shape.padding, batch];
            let mut info = words(&sizes);
            info.push(mask.share());
            let blocks = shader::blocks(shape.stride).map(|count| count * shape.stride);
            let tiles = (rows + shape.padding).div_ceil(blocks[0]) * (columns + shape.padding).div_ceil(blocks[1]);
            let shader = Shader::Transposed { kernel: shape.kernel, stride: shape.stride, mask: mask.kind(), add };
            launch(shader, groups(tiles * channels.div_ceil(shader::COLOURS) * batch), &buffers, &info);
        }
        gradient
    }

    fn relu_back(signal: Floats, active: Floats, rule: ReluRule) -> Floats {
        let (mask, active) = masked(Active::Relu(active), rule);
        let shape = signal.shape();
        let output = Cube::float_empty(shape.clone(), &signal.device, FloatDType::F32);
        let mut info = words(&[shape.to_vec(), signal.meta.strides().to_vec()].concat());
        info.push(mask.share());
        let mut buffers = vec![&signal];
        buffers.extend(&active);
        buffers.push(&output);
        launch(Shader::ReluBack { mask: mask.kind() }, plane_groups(shape.num_elements()), &buffers, &info);
        output
    }

    fn max_pool(input: Floats, shape: PoolShape) -> (Floats, IntTensor<Cube>) {
        let input = into_contiguous(input);
        let [batch, channels, rows, columns] = input.shape().dims();
        let [rows_out, columns_out] = shape.windows([rows, columns]);
        let size = [batch, channels, rows_out, columns_out];
        let output = Cube::float_empty(Shape::new(size), &input.device, FloatDType::F32);
        let taps = Cube::int_empty(Shape::new(size), &input.device, IntDType::I32);
        let shader = Shader::MaxPool { kernel: shape.kernel, stride: shape.stride };
        let info = words(&[batch * channels, rows, columns, rows_out, columns_out]);
        launch(shader, plane_groups(batch * channels * rows_out * columns_out), &[&input, &output, &taps], &info);
        (output, taps)
    }

    fn max_pool_back(
        signal: Floats,
        taps: IntTensor<Cube>,
        active: Active<Cube>,
        shape: PoolShape,
        [rows, columns]: [usize; 2],
        rule: ReluRule,
    ) -> Floats {
        let signal = into_contiguous(signal);
        let (mask, active) = masked(active, rule);
        let [batch, channels, rows_out, columns_out] = signal.shape().dims();
        let gradient = Cube::float_empty(Shape::new([batch, channels, rows, columns]), &signal.device, FloatDType::F32);
        let mut info = words(&[batch * channels, rows, columns, rows_out, columns_out]);
        info.push(mask.share());
        let mut buffers = vec![&signal];
        if !mask.kind().shares_out() {
            buffers.push(&taps);
        }
        buffers.extend(&active);
        buffers.push(&gradient);
        let shader = Shader::MaxPoolBack { kernel: shape.kernel, stride: shape.stride, mask: mask.kind() };
        launch(
            shader,
            plane_groups(batch * channels * rows.div_ceil(shape.stride) * columns.div_ceil(shape.stride)),
            &buffers,
            &info,
        );
        gradient
    }

    fn squash(input: Floats, mean: Floats, range: f32) -> Floats {
        let input = into_contiguous(input);
        let output = alike(&input);
        pointwise(Formula::Squash, &[&input, &mean, &output], &plane_words(&input, range));
        output
    }

    fn squash_back(gradient: Floats, squashed: Floats, mean: Floats, range: f32) -> Floats {
        let [gradient, squashed] = [gradient, squashed].map(into_contiguous);
        let output = alike(&gradient);
        pointwise(Formula::SquashBack, &[&gradient, &squashed, &mean, &output], &plane_words(&gradient, range));
        output
    }

    fn adam(
        parameters: Floats,
        gradient: Floats,
        mean: Floats,
        square: Floats,
        step: Floats,
        decays: AdamDecays,
    ) -> (Floats, Floats, Floats) {
        let [parameters, gradient, mean, square] = [parameters, gradient, mean, square].map(into_contiguous);
        // Both means in place, as a stage may have eight buffers only, where nobody else has them.
        let [mean, square] = [mean, square].map(|moment| if moment.can_mut() { moment } else { moment.copy() });
        let next = alike(&parameters);
        let info = [decays.mean, decays.square, decays.tiny].map(f32::to_bits);
        pointwise(Formula::Adam, &[&parameters, &gradient, &step, &mean, &square, &next], &info);
        (next, mean, square)
    }
}

/// Room for a tensor of the same shape.
fn alike(tensor: &Floats) -> Floats {
    Cube::float_empty(tensor.shape(), &tensor.device, FloatDType::F32)
}

/// What the formulas with a mean for each channel read.
fn plane_words(tensor: &Floats, range: f32) -> [u32; 3] {
    let [_, channels, rows, columns] = tensor.shape().dims();
    [(rows * columns) as u32, channels as u32, range.to_bits()]
}

/// Queues a formula for all values of the first buffer.
fn pointwise(formula: Formula, buffers: &[&CubeTensor], words: &[u32]) {
    let count = buffers[0].shape().num_elements();
    launch(Shader::Pointwise(formula), plane_groups(count), buffers, &[&[count as u32], words].concat());
}

/// The way back of a convolution with stride 1 is one with its weights turned.
fn turned(shape: &ConvolutionShape) -> ConvolutionShape {
    ConvolutionShape {
        channels_in: shape.channels_out,
        channels_out: shape.channels_in,
        // Negative where a kernel does not reach over its padding; the shader reads it as signed.
        padding: (shape.kernel - 1).wrapping_sub(shape.padding),
        ..*shape
    }
}

/// What is done to a sum before it is written, and the ReLU's result where that is read.
fn masked(active: Active<Cube>, rule: ReluRule) -> (Mask, Option<Floats>) {
    let Active::Relu(active) = active else { return (Mask(None), None) };
    let mask = Mask(Some(rule));
    (mask, mask.kind().reads_activation().then(|| into_contiguous(active)))
}

/// Workgroups for so many invocations of a convolution.
fn groups(invocations: usize) -> [u32; 3] {
    [invocations.div_ceil(shader::CONVOLUTION_GROUP) as u32, 1, 1]
}

/// Workgroups for so many invocations of any other kernel; more than fit into one dimension make several rows.
fn plane_groups(invocations: usize) -> [u32; 3] {
    let groups = invocations.div_ceil(shader::PLANE_GROUP);
    let rows = groups.div_ceil(65535);
    [groups.div_ceil(rows), rows, 1].map(|groups| groups as u32)
}

fn words(sizes: &[usize]) -> Vec<u32> {
    sizes.iter().map(|&size| size as u32).collect()
}

fn upload(beside: &Floats, values: Vec<f32>) -> Floats {
    let shape = [values.len()];
    Cube::float_from_data(TensorData::new(values, shape), &beside.device)
}

/// Queues one kernel. Its buffers are bound in this order, the sizes last.
fn launch(shader: Shader, [x, y, z]: [u32; 3], buffers: &[&CubeTensor], info: &[u32]) {
    let mut arguments = KernelArguments::new();
    for tensor in buffers {
        arguments = arguments.with_buffer(tensor.handle.clone().binding());
    }
    let pairs = info.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(*pair.get(1).unwrap_or(&0)) << 32);
    let arguments = arguments.with_info(MetadataBindingInfo::custom(pairs.collect()));
    let group = CubeDim::new_1d(shader.group() as u32);
    let kernel = SourceKernel::new(shader, group);
    buffers[0].client.launch(Box::new(kernel), CubeCount::Static(x, y, z), arguments);
}
