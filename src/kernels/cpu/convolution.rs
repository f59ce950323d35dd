//! Convolutions and their way back, as shifted products.
//!
//! With stride 1, and the picture's rows laid one after the other with their padding between them,
//! the value that a window's corner (ky, kx) sees lies `ky * width + kx` behind the one that its
//! first corner sees, whatever the window: each place in the kernel is a shift. With a larger
//! stride s the same holds within each of the s x s pictures of every s-th row and column
//! ("phases").

use std::borrow::Cow;

use super::product::{BLOCK, ShiftedProduct, WIDEST_TILE, portion};
use crate::kernels::{ConvolutionShape, ReluRule};

/// The forward weights of a convolution, from `[out, in, kernel, kernel]`, in the order in which
/// [`forward`] reads them: `[blocks of out][in, ky, kx][BLOCK]`.
pub fn pack_forward(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let depth = shape.channels_in * shape.kernel * shape.kernel;
    panels(shape.channels_out, depth, |channel, k| {
        weight[channel * depth + k]
    })
}

/// The same weights in the order in which [`backward`] reads them: for each phase `[blocks of
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

/// `[blocks of channels][depth][BLOCK]` of a weight for each channel and k; 0 where the last block
/// has no more channels.
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

/// One picture, `[channels, rows, columns]`, convolved with [packed](pack_forward) weights, plus
/// the bias: `output`, `[channels_out, rows, columns]`. Where `rectify`, negative values become 0.
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
    let reach = (kernel - 1) / stride; // how many rows of a phase a window has below its first
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
                    // A window may end before the last column does.
                    let seen = columns.min(width - padding);
                    line[padding..padding + seen].copy_from_slice(&input[..seen]);
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

/// Writes to `gradient`, `[channels_in, rows, columns]`, what comes back to a picture of that size
/// from the signal at its convolution's result, `[channels_out, rows_out, columns_out]`, with
/// [packed](pack_backward) weights; on top of what is there where `add`. Where a mask is given, the
/// sum then goes back through the ReLU whose result it is.
pub fn backward(
    signal: &[f32],
    shape: &ConvolutionShape,
    packed: &[f32],
    [rows, columns]: [usize; 2],
    mask: Option<(ReluRule, &[f32])>,
    add: bool,
    gradient: &mut [f32],
) {
    let &ConvolutionShape {
        channels_in,
        channels_out,
        stride,
        ..
    } = shape;
    let [rows_out, columns_out] = shape.output_size([rows, columns]);
    let phases = phases(shape);
    let taps = || phases.iter().flat_map(|phase| &phase.taps);
    // How far beyond the signal's edges the furthest pixel looks.
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
                // Of windows that lie in the padding alone no pixel hears.
                let heard = columns_out.min(width - before);
                line[before..before + heard].copy_from_slice(&signal[..heard]);
            }
        }
        Cow::Owned(source)
    };
    let mut packed = packed;
    for phase in &phases {
        let depth = channels_out * phase.taps.len();
        let (panels, others) = packed.split_at(channels_in.next_multiple_of(BLOCK) * depth);
        packed = others;
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
        let [seen_rows, seen_columns] = [count(rows, phase.row), count(columns, phase.column)];
        if seen_rows == 0 || seen_columns == 0 {
            continue;
        }
        let finish = |channel: usize, first: usize, sums: &[f32]| {
            let whole = channel * rows * columns..(channel + 1) * rows * columns;
            let gradient = &mut gradient[whole.clone()];
            let mask = mask.map(|(rule, active)| (rule, &active[whole]));
            for (row, column, sums) in lines(first, sums, [width, seen_columns]) {
                let start = (row * stride + phase.row) * columns + column * stride + phase.column;
                let mask = mask.map(|(rule, active)| (rule, &active[start..]));
                take_back(&mut gradient[start..], sums, stride, mask, add);
            }
        };
        let length = (seen_rows - 1) * width + seen_columns;
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

/// Sums from position `first` on, row by row: the row, the column at which they begin, and they
/// themselves. A row has `width` positions, of which those from `seen` on are in the padding.
fn lines(
    first: usize,
    sums: &[f32],
    [width, seen]: [usize; 2],
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
                &sums[start..end.min(start + seen.saturating_sub(column))],
            )
        })
    });
    // Where the first position is in the padding, its line is all padding.
    lines.filter(|(_, _, sums)| !sums.is_empty())
}

/// Writes `sums` to every `stride`-th value of the gradient, on top of what is there where `add`,
/// and takes it through the mask.
pub fn take_back(
    gradient: &mut [f32],
    sums: &[f32],
    stride: usize,
    mask: Option<(ReluRule, &[f32])>,
    add: bool,
) {
    let write =
        |(gradient, &sum): (&mut f32, &f32)| *gradient = if add { *gradient + sum } else { sum };
    if stride == 1 {
        // Without gaps, several at a time.
        let gradient = &mut gradient[..sums.len()];
        gradient.iter_mut().zip(sums).for_each(write);
        if let Some((rule, active)) = mask {
            rule.back(active, gradient);
        }
        return;
    }
    gradient
        .iter_mut()
        .step_by(stride)
        .zip(sums)
        .for_each(write);
    if let Some((rule, active)) = mask {
        rule.back(
            active.iter().step_by(stride),
            gradient.iter_mut().step_by(stride).take(sums.len()),
        );
    }
}

/// The pixels of every `stride`-th row and column from one on, and the places in the kernel that
/// see them.
struct Phase {
    row: usize,
    column: usize,
    taps: Vec<Tap>,
}

/// A place in the kernel, and how many rows and columns of the signal its window lies after the
/// pixel's own.
#[derive(Clone, Copy)]
struct Tap {
    ky: usize,
    kx: usize,
    down: isize,
    right: isize,
}

/// Pixel y of the picture is place ky of the window `(y + padding - ky) / stride`, where that is
/// whole: with `y = stride * i + row`, of the window `i + (row + padding - ky) / stride`.
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
    let places = (0..stride).flat_map(|row| (0..stride).map(move |column| (row, column)));
    places
        .map(|(row, column)| Phase {
            row,
            column,
            taps: taps(row, column),
        })
        .collect()
}
