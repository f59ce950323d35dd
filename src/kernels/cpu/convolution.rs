//! Convolutions, forward and backward, as shifted products.
//!
//! With stride 1, and padded rows stored one after the other, the value at offset (ky, kx) of a
//! window lies `ky * width + kx` after the window's first value, for every window: each kernel
//! position (tap) is a shift. With stride s the same holds within each of the s x s pictures that
//! consist of every s-th row and column ("phases").

use std::borrow::Cow;

use super::product::{BLOCK, ShiftedProduct, WIDEST_TILE, portion};
use super::{BackwardPass, Mask};
use crate::kernels::ConvolutionShape;

/// The forward weights of a convolution, from `[out, in, kernel, kernel]`, in the order in which
/// [`forward`] reads them: `[blocks of out][in, ky, kx][BLOCK]`.
pub fn pack_forward(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let depth = shape.channels_in * shape.kernel * shape.kernel;
    panels(shape.channels_out, depth, |channel, k| {
        weight[channel * depth + k]
    })
}

/// The weights in the order in which [`backward`] reads them: for each phase `[blocks of
/// in][out, (ky, kx) of the phase][BLOCK]`.
pub fn pack_backward(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let &ConvolutionShape {
        channels_in,
        channels_out,
        kernel,
        ..
    } = shape;
    let mut packed = Vec::new();
    for phase in phases(shape) {
        let depth = channels_out * phase.taps.len();
        packed.extend(panels(channels_in, depth, |channel, k| {
            let (out, Tap { ky, kx, .. }) =
                (k / phase.taps.len(), phase.taps[k % phase.taps.len()]);
            weight[((out * channels_in + channel) * kernel + ky) * kernel + kx]
        }));
    }
    packed
}

/// Weights, one for each channel and k, as `[blocks of channels][depth][BLOCK]`; the last block is
/// filled up with zeros.
pub fn panels(channels: usize, depth: usize, weight: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(channels.next_multiple_of(BLOCK) * depth);
    for block in (0..channels).step_by(BLOCK) {
        for k in 0..depth {
            packed.extend((block..block + BLOCK).map(|channel| {
                if channel < channels {
                    weight(channel, k)
                } else {
                    0.0
                }
            }));
        }
    }
    packed
}

/// Convolves one picture, `[channels_in, rows, columns]`, with [packed](pack_forward) weights, adds
/// the bias, applies a ReLU if `relu`, and writes `output`, `[channels_out, rows_out,
/// columns_out]`.
pub fn forward(
    input: &[f32],
    [rows, columns]: [usize; 2],
    shape: &ConvolutionShape,
    packed: &[f32],
    bias: &[f32],
    relu: bool,
    output: &mut [f32],
) {
    let &ConvolutionShape {
        channels_in,
        channels_out,
        kernel,
        stride,
        padding,
    } = shape;
    let [rows_out, columns_out] = shape.output_size([rows, columns]);
    // Rows of a phase that a window has after its first.
    let reach = (kernel - 1) / stride;
    let [height, width] = [rows_out + reach, columns_out + reach];
    let length = (rows_out - 1) * width + columns_out;
    let plane = height * width;
    let source = if kernel == 1 && stride == 1 && padding == 0 && length >= WIDEST_TILE {
        Cow::Borrowed(input)
    } else {
        let mut source = vec![0.0; channels_in * stride * stride * plane + WIDEST_TILE];
        for (phase, source) in source
            .chunks_exact_mut(plane)
            .take(channels_in * stride * stride)
            .enumerate()
        {
            let (channel, down, right) = (
                phase / (stride * stride),
                phase / stride % stride,
                phase % stride,
            );
            let input = &input[channel * rows * columns..][..rows * columns];
            for (y, line) in source.chunks_exact_mut(width).enumerate() {
                let Some(row) = (y * stride + down)
                    .checked_sub(padding)
                    .filter(|&row| row < rows)
                else {
                    continue;
                };
                let input = &input[row * columns..][..columns];
                if stride == 1 {
                    // The last columns may be in no window.
                    let used = columns.min(width - padding);
                    line[padding..padding + used].copy_from_slice(&input[..used]);
                    continue;
                }
                for (x, value) in line.iter_mut().enumerate() {
                    if let Some(&pixel) = (x * stride + right)
                        .checked_sub(padding)
                        .and_then(|column| input.get(column))
                    {
                        *value = pixel;
                    }
                }
            }
        }
        Cow::Owned(source)
    };
    let mut offsets = Vec::with_capacity(channels_in * kernel * kernel);
    for channel in 0..channels_in {
        for (ky, kx) in (0..kernel).flat_map(|ky| (0..kernel).map(move |kx| (ky, kx))) {
            let phase = (channel * stride + ky % stride) * stride + kx % stride;
            offsets.push(phase * plane + ky / stride * width + kx / stride);
        }
    }
    let finish = |channel: usize, first: usize, sums: &[f32]| {
        let (bias, floor) = (bias[channel], if relu { 0.0 } else { f32::NEG_INFINITY });
        let output = &mut output[channel * rows_out * columns_out..][..rows_out * columns_out];
        for (row, column, sums) in lines(first, sums, [width, columns_out]) {
            for (output, sum) in output[row * columns_out + column..].iter_mut().zip(sums) {
                let value = sum + bias;
                *output = if value < floor { floor } else { value };
            }
        }
    };
    let portion = portion(channels_in * stride * stride);
    ShiftedProduct {
        panels: packed,
        offsets: &offsets,
        source: &source,
        length,
        portion,
        channels: channels_out,
        finish,
    }
    .compute();
}

/// Gradient of a convolution with respect to its input, `[channels_in, rows, columns]`, with
/// [packed](pack_backward) weights.
pub fn backward(pass: &BackwardPass, gradient: &mut [f32]) {
    let &BackwardPass {
        signal,
        shape,
        weights,
        size: [rows, columns],
        mask,
        accumulate,
    } = pass;
    let &ConvolutionShape {
        channels_in,
        channels_out,
        stride,
        ..
    } = shape;
    let [rows_out, columns_out] = shape.output_size([rows, columns]);
    let phases = phases(shape);
    let taps = || phases.iter().flat_map(|phase| &phase.taps);
    // How far beyond the signal's edges the windows of the outermost pixels lie.
    let before = taps()
        .map(|tap| -tap.down.min(tap.right))
        .max()
        .unwrap_or(0)
        .max(0);
    let after = taps()
        .map(|tap| tap.down.max(tap.right))
        .max()
        .unwrap_or(0)
        .max(0) as usize;
    let before = before as usize;
    let [height, width] = [rows, columns].map(|pixels| before + pixels.div_ceil(stride) + after);
    let plane = height * width;
    let source = if [before, after] == [0; 2] && stride == 1 && rows * columns >= WIDEST_TILE {
        Cow::Borrowed(signal)
    } else {
        let mut source = vec![0.0; channels_out * plane + WIDEST_TILE];
        for (source, signal) in source
            .chunks_exact_mut(plane)
            .zip(signal.chunks_exact(rows_out * columns_out))
        {
            for (line, signal) in source
                .chunks_exact_mut(width)
                .skip(before)
                .zip(signal.chunks_exact(columns_out))
            {
                // Windows that lie entirely in the padding contribute to no input pixel.
                let used = columns_out.min(width - before);
                line[before..before + used].copy_from_slice(&signal[..used]);
            }
        }
        Cow::Owned(source)
    };
    let mut remaining = weights;
    for phase in &phases {
        let depth = channels_out * phase.taps.len();
        let (panels, others) = remaining.split_at(channels_in.next_multiple_of(BLOCK) * depth);
        remaining = others;
        let offset = |shift: isize| before.wrapping_add_signed(shift);
        let offsets: Vec<usize> = (0..channels_out)
            .flat_map(|channel| {
                phase
                    .taps
                    .iter()
                    .map(move |tap| channel * plane + offset(tap.down) * width + offset(tap.right))
            })
            .collect();
        let count = |pixels: usize, first: usize| pixels.saturating_sub(first).div_ceil(stride);
        let [phase_rows, phase_columns] = [count(rows, phase.row), count(columns, phase.column)];
        if phase_rows == 0 || phase_columns == 0 {
            continue;
        }
        let finish = |channel: usize, first: usize, sums: &[f32]| {
            let plane = channel * rows * columns..(channel + 1) * rows * columns;
            let gradient = &mut gradient[plane.clone()];
            let mask = mask.map(|(rule, output)| (rule, &output[plane]));
            for (row, column, sums) in lines(first, sums, [width, phase_columns]) {
                let start = (row * stride + phase.row) * columns + column * stride + phase.column;
                let mask = mask.map(|(rule, output)| (rule, &output[start..]));
                write_sums(&mut gradient[start..], sums, stride, mask, accumulate);
            }
        };
        let length = (phase_rows - 1) * width + phase_columns;
        let portion = portion(channels_out);
        ShiftedProduct {
            panels,
            offsets: &offsets,
            source: &source,
            length,
            portion,
            channels: channels_in,
            finish,
        }
        .compute();
    }
}

/// Splits sums, of the positions from `first` on, into rows: the row, the first column, and the
/// sums. A row has `width` positions; those from `used` on are padding and are left out.
fn lines(
    first: usize,
    sums: &[f32],
    [width, used]: [usize; 2],
) -> impl Iterator<Item = (usize, usize, &[f32])> {
    let mut starts = (first, 0);
    let lines = std::iter::from_fn(move || {
        let (position, start) = starts;
        let (row, column) = (position / width, position % width);
        let end = sums.len().min(start + width - column);
        starts = (position + end - start, end);
        (start < end).then(|| {
            (
                row,
                column,
                &sums[start..end.min(start + used.saturating_sub(column))],
            )
        })
    });
    // If the first position is padding, its whole line is.
    lines.filter(|(_, _, sums)| !sums.is_empty())
}

/// Writes `sums` to every `stride`-th value of the gradient, or adds them if `accumulate`, and
/// applies the mask.
pub fn write_sums(
    gradient: &mut [f32],
    sums: &[f32],
    stride: usize,
    mask: Option<Mask>,
    accumulate: bool,
) {
    let write = |(gradient, &sum): (&mut f32, &f32)| {
        *gradient = if accumulate { *gradient + sum } else { sum };
    };
    if stride == 1 {
        // Contiguous values are vectorised.
        let gradient = &mut gradient[..sums.len()];
        gradient.iter_mut().zip(sums).for_each(write);
        if let Some((rule, output)) = mask {
            rule.apply(output, gradient);
        }
        return;
    }
    gradient
        .iter_mut()
        .step_by(stride)
        .zip(sums)
        .for_each(write);
    if let Some((rule, output)) = mask {
        rule.apply(
            output.iter().step_by(stride),
            gradient.iter_mut().step_by(stride).take(sums.len()),
        );
    }
}

/// Every `stride`-th row and column of pixels from one on, and the taps that reach them.
struct Phase {
    row: usize,
    column: usize,
    taps: Vec<Tap>,
}

/// A position in the kernel, and the offset in the signal, relative to the pixel's index in its
/// phase, of the window that has the pixel there.
#[derive(Clone, Copy)]
struct Tap {
    ky: usize,
    kx: usize,
    down: isize,
    right: isize,
}

/// Row y of the picture is row ky of the window `(y + padding - ky) / stride`, if that is an
/// integer: with `y = stride * i + row`, of the window `i + (row + padding - ky) / stride`.
fn phases(shape: &ConvolutionShape) -> Vec<Phase> {
    let &ConvolutionShape {
        kernel,
        stride,
        padding,
        ..
    } = shape;
    let shifts = |first: usize| {
        let shift = move |k: usize| (first + padding) as isize - k as isize;
        (0..kernel)
            .map(move |k| (k, shift(k)))
            .filter_map(move |(k, shift)| {
                (shift.rem_euclid(stride as isize) == 0)
                    .then_some((k, shift.div_euclid(stride as isize)))
            })
    };
    let taps = |row: usize, column: usize| {
        shifts(row)
            .flat_map(move |(ky, down)| {
                shifts(column).map(move |(kx, right)| Tap {
                    ky,
                    kx,
                    down,
                    right,
                })
            })
            .collect()
    };
    let starts = (0..stride).flat_map(|row| (0..stride).map(move |column| (row, column)));
    starts
        .map(|(row, column)| Phase {
            row,
            column,
            taps: taps(row, column),
        })
        .collect()
}
