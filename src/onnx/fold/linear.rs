//! Products with matrices and convolutions of constants: seldom, and small.

use super::super::tensor::{Data, ElementType, HostTensor};
use super::call::Call;
use super::layout::broadcast_to;
use crate::error::Error;

pub(super) fn matmul(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let unfit = || call.corrupt("the shapes of its inputs do not fit");
    // A vector is a row on the left and a column on the right, and its axis of 1 goes again.
    let (mut a_dims, mut b_dims) = (a.dims().to_vec(), b.dims().to_vec());
    let (is_row, is_column) = (a_dims.len() == 1, b_dims.len() == 1);
    if is_row {
        a_dims.insert(0, 1);
    }
    if is_column {
        b_dims.push(1);
    }
    let (Some((a_outer, &[rows, depth])), Some((b_outer, &[b_depth, columns]))) =
        (a_dims.split_last_chunk(), b_dims.split_last_chunk())
    else {
        return Err(unfit());
    };
    if depth != b_depth {
        return Err(unfit());
    }
    let rank = a_outer.len().max(b_outer.len());
    let length = |outer: &[usize], axis: usize| {
        (axis + outer.len())
            .checked_sub(rank)
            .map_or(1, |own| outer[own])
    };
    let mut outer = Vec::with_capacity(rank);
    for axis in 0..rank {
        outer.push(match (length(a_outer, axis), length(b_outer, axis)) {
            (1, other) | (other, 1) => other,
            (a, b) if a == b => a,
            _ => return Err(unfit()),
        });
    }
    let full = |last: [usize; 2]| [&outer[..], &last].concat();
    let a = a.clone().with_dims(a_dims.clone())?;
    let b = b.clone().with_dims(b_dims.clone())?;
    let a = broadcast_to(call, &a, &full([rows, depth]))?;
    let b = broadcast_to(call, &b, &full([depth, columns]))?;
    let mut dims = full([rows, columns]);
    call.spend(
        outer
            .iter()
            .copied()
            .fold(1, usize::saturating_mul)
            .saturating_mul(rows)
            .saturating_mul(columns)
            .saturating_mul(depth),
    )?;
    let product = call.tensor(&dims, a.element_type(), &|i| {
        let (batch, row, column) = (i / (rows * columns), i / columns % rows, i % columns);
        let product = |k: usize| {
            a.f64_at((batch * rows + row) * depth + k)
                * b.f64_at((batch * depth + k) * columns + column)
        };
        (0..depth).map(product).sum()
    })?;
    if is_column {
        dims.pop();
    }
    if is_row {
        dims.remove(dims.len() - usize::from(!is_column) - 1);
    }
    product.with_dims(dims).map(|tensor| vec![tensor])
}

pub(super) fn gemm(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let (&[a_rows, a_columns], &[b_rows, b_columns]) = (a.dims(), b.dims()) else {
        return Err(call.corrupt("its inputs should be matrices"));
    };
    let is_a_transposed = call.int("transA", 0)? != 0;
    let is_b_transposed = call.int("transB", 0)? != 0;
    let (rows, depth) = if is_a_transposed {
        (a_columns, a_rows)
    } else {
        (a_rows, a_columns)
    };
    let (b_depth, columns) = if is_b_transposed {
        (b_columns, b_rows)
    } else {
        (b_rows, b_columns)
    };
    let dims = [rows, columns];
    let c = call.optional(2);
    let fits = |c: &HostTensor| {
        let axes = c.dims().iter().rev().zip(dims.iter().rev());
        c.dims().len() <= 2
            && axes
                .clone()
                .all(|(&own, &length)| own == 1 || own == length)
    };
    if depth != b_depth || !c.is_none_or(fits) {
        return Err(call.corrupt("the shapes of its inputs do not fit"));
    }
    let c = c.map(|c| broadcast_to(call, c, &dims)).transpose()?;
    let (alpha, beta) = (call.float("alpha", 1.0)?, call.float("beta", 1.0)?);
    call.spend(rows.saturating_mul(columns).saturating_mul(depth))?;
    let result = call.tensor(&dims, a.element_type(), &|i| {
        let (row, column) = (i / columns, i % columns);
        let product = |k: usize| {
            let a_index = if is_a_transposed {
                k * rows + row
            } else {
                row * depth + k
            };
            let b_index = if is_b_transposed {
                column * depth + k
            } else {
                k * columns + column
            };
            a.f64_at(a_index) * b.f64_at(b_index)
        };
        let sum: f64 = (0..depth).map(product).sum();
        alpha * sum + beta * c.as_ref().map_or(0.0, |c| c.f64_at(i))
    })?;
    Ok(vec![result])
}

pub(super) fn batch_normalization(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    if call.int("training_mode", 0)? != 0 {
        return Err(call.unsupported("it is in training mode"));
    }
    let input = call.input(0)?;
    let parameters = [
        call.input(1)?,
        call.input(2)?,
        call.input(3)?,
        call.input(4)?,
    ];
    let channels = input.dims().get(1).copied().unwrap_or(1);
    if parameters
        .iter()
        .any(|parameter| parameter.len() != channels)
    {
        return Err(call.corrupt("it should have one parameter a channel"));
    }
    let epsilon = call.float("epsilon", 1e-5)?;
    let inner: usize = input.dims().iter().skip(2).product();
    let result = call.tensor(input.dims(), input.element_type(), &|i| {
        let [scale, bias, mean, variance] =
            parameters.map(|parameter| parameter.f64_at(i / inner % channels));
        (input.f64_at(i) - mean) / (variance + epsilon).sqrt() * scale + bias
    })?;
    Ok(vec![result])
}

/// One axis of a convolution.
struct Axis {
    kernel: usize,
    stride: usize,
    dilation: usize,
    /// Zeros before the input.
    before: usize,
    input: usize,
    output: usize,
}

fn convolution_axis(call: &Call<'_, '_>, axis: usize, axes: usize) -> Result<Axis, Error> {
    let wrong = || call.corrupt("its strides, dilations or pads");
    let (input, kernel) = (
        call.input(0)?.dims()[axis + 2],
        call.input(1)?.dims()[axis + 2],
    );
    let entry = |name: &str, default: i64, index: usize, length: usize| {
        let entry = match call.node.ints(name)? {
            None => Some(default),
            Some(list) if list.len() != length => None,
            Some(list) => list.get(index).copied(),
        };
        // Beyond these nothing makes sense, and nothing overflows below.
        let entry = entry.and_then(|entry| usize::try_from(entry).ok());
        entry.filter(|&entry| entry < 1 << 20).ok_or_else(wrong)
    };
    let stride = entry("strides", 1, axis, axes)?;
    let dilation = entry("dilations", 1, axis, axes)?;
    if stride == 0 || dilation == 0 || kernel == 0 || kernel >= 1 << 10 {
        return Err(wrong());
    }
    let extent = (kernel - 1) * dilation + 1;
    let (before, after) = match call.node.text("auto_pad")?.unwrap_or("NOTSET") {
        "VALID" => (0, 0),
        mode @ ("SAME_UPPER" | "SAME_LOWER") => {
            let covered = (input.div_ceil(stride).max(1) - 1) * stride + extent;
            let total = covered.saturating_sub(input);
            let smaller = total / 2;
            if mode == "SAME_UPPER" {
                (smaller, total - smaller)
            } else {
                (total - smaller, smaller)
            }
        }
        _ => (
            entry("pads", 0, axis, 2 * axes)?,
            entry("pads", 0, axis + axes, 2 * axes)?,
        ),
    };
    let padded = input + before + after;
    let output = padded
        .checked_sub(extent)
        .map_or(0, |free| free / stride + 1);
    Ok(Axis {
        kernel,
        stride,
        dilation,
        before,
        input,
        output,
    })
}

pub(super) fn convolution(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, weights, bias) = (call.input(0)?, call.input(1)?, call.optional(2));
    let unfit = || call.corrupt("the shapes of its inputs do not fit");
    let (&[batch, channels, ..], &[filters, depth, ..]) = (input.dims(), weights.dims()) else {
        return Err(unfit());
    };
    let groups = usize::try_from(call.int("group", 1)?).unwrap_or_default();
    let axes = input.dims().len() - 2;
    if weights.dims().len() != axes + 2
        || groups == 0
        || depth.checked_mul(groups) != Some(channels)
        || !filters.is_multiple_of(groups)
        || bias.is_some_and(|bias| bias.len() != filters)
    {
        return Err(unfit());
    }
    let axes: Vec<Axis> = (0..axes)
        .map(|axis| convolution_axis(call, axis, axes))
        .collect::<Result<_, _>>()?;
    let mut dims = vec![batch, filters];
    dims.extend(axes.iter().map(|axis| axis.output));
    let outputs: usize = axes
        .iter()
        .map(|axis| axis.output)
        .fold(1, usize::saturating_mul);
    let kernel: usize = axes.iter().map(|axis| axis.kernel).product();
    let places: usize = axes.iter().map(|axis| axis.input).product();
    let count = call.reserve(&dims)?;
    call.spend(count.saturating_mul(depth).saturating_mul(kernel))?;
    let mut result = Vec::with_capacity(count);
    for index in 0..count {
        let (image, filter) = (index / outputs / filters, index / outputs % filters);
        let mut sum = bias.map_or(0.0, |bias| bias.f64_at(filter));
        for tap in 0..kernel {
            let (mut at, mut tap_at) = (index % outputs, tap);
            let (mut place, mut stride, mut is_inside) = (0, 1, true);
            for axis in axes.iter().rev() {
                let position =
                    at % axis.output * axis.stride + tap_at % axis.kernel * axis.dilation;
                at /= axis.output;
                tap_at /= axis.kernel;
                is_inside &= (axis.before..axis.before + axis.input).contains(&position);
                place += position.saturating_sub(axis.before) * stride;
                stride *= axis.input;
            }
            if !is_inside {
                continue;
            }
            let first = filter / (filters / groups) * depth;
            for channel in 0..depth {
                let weight = weights.f64_at((filter * depth + channel) * kernel + tap);
                sum += weight * input.f64_at((image * channels + first + channel) * places + place);
            }
        }
        result.push(sum as f32);
    }
    if !input.element_type().is_float() || input.element_type() == ElementType::F64 {
        return Err(call.mixed_types());
    }
    HostTensor::new(dims, input.element_type(), Data::F32(result)).map(|tensor| vec![tensor])
}
