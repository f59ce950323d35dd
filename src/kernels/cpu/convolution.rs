//! Convolutions, forward and backward, as shifted products of [phases](super::phases).

use std::borrow::Cow;

use super::phases::{PaddedSignal, Phases, Tap, lines, pixel_phases, pixels_in_phase, write_sums};
use super::product::{BLOCK, ShiftedProduct, WIDEST_TILE, portion};
use super::{BackwardPass, ForwardPass};
use crate::kernels::ConvolutionShape;

/// The forward weights of a convolution, from `[out, in / groups, rows, columns]`, in the order in
/// which [`forward`] reads them: `[groups][blocks of out][in, ky, kx][BLOCK]`.
pub fn pack_forward(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let (depth, channels_out) = (shape.fan_in(), shape.group().channels_out);
    let groups = weight.chunks_exact(channels_out * depth);
    groups
        .flat_map(|weight| {
            panels(channels_out, depth, |channel, k| {
                weight[channel * depth + k]
            })
        })
        .collect()
}

/// The weights in the order in which [`backward`] reads them: `[groups]`, then for each phase
/// `[blocks of in][out, (ky, kx) of the phase][BLOCK]`.
pub fn pack_backward(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let ConvolutionShape {
        channels_in,
        channels_out,
        window,
        ..
    } = shape.group();
    let phases = pixel_phases(&window);
    let mut packed = Vec::new();
    for weight in weight.chunks_exact(channels_out * shape.fan_in()) {
        for phase in &phases {
            let depth = channels_out * phase.taps.len();
            packed.extend(panels(channels_in, depth, |channel, k| {
                let (out, Tap { ky, kx, .. }) =
                    (k / phase.taps.len(), phase.taps[k % phase.taps.len()]);
                let [rows, columns] = window.kernel;
                weight[((out * channels_in + channel) * rows + ky) * columns + kx]
            }));
        }
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

/// Convolves one picture with [packed](pack_forward) weights, and writes `output`, `[channels_out,
/// rows_out, columns_out]`.
pub fn forward(pass: &ForwardPass, output: &mut [f32]) {
    for (group, output) in pass.groups().zip(pass.output_groups(output)) {
        forward_group(&group, output);
    }
}

fn forward_group(pass: &ForwardPass, output: &mut [f32]) {
    let &ForwardPass {
        input,
        shape:
            ConvolutionShape {
                channels_in,
                channels_out,
                window,
                ..
            },
        weights,
        bias,
        size: [rows, columns],
        activation,
    } = pass;
    let [rows_out, columns_out] = window.count([rows, columns]);
    let phases = Phases::new(&window, [rows, columns]);
    let (width, phases_length) = (phases.width(), phases.length());
    let length = (rows_out - 1) * width + columns_out;
    let is_unpadded = window.taps() == 1 && phases.count() == 1 && phases_length == rows * columns;
    let source = if is_unpadded && length >= WIDEST_TILE {
        Cow::Borrowed(input)
    } else {
        let mut source = vec![0.0; channels_in * phases_length + WIDEST_TILE];
        let planes = input.chunks_exact(rows * columns);
        for (plane, source) in planes.zip(source.chunks_exact_mut(phases_length)) {
            phases.fill(plane, source);
        }
        Cow::Owned(source)
    };
    let mut offsets = Vec::with_capacity(channels_in * window.taps());
    for channel in 0..channels_in {
        offsets.extend(
            phases
                .offsets()
                .map(|offset| channel * phases_length + offset),
        );
    }
    let [floor, ceiling] = activation.bounds();
    let finish = |channel: usize, first: usize, sums: &[f32]| {
        let bias = bias[channel];
        let output = &mut output[channel * rows_out * columns_out..][..rows_out * columns_out];
        for (row, column, sums) in lines(first, sums, [width, columns_out]) {
            for (output, sum) in output[row * columns_out + column..].iter_mut().zip(sums) {
                *output = clamp(sum + bias, [floor, ceiling]);
            }
        }
    };
    ShiftedProduct {
        panels: weights,
        offsets: &offsets,
        source: &source,
        length,
        portion: portion(channels_in * phases.count()),
        channels: channels_out,
        finish,
    }
    .compute();
}

/// A value within bounds. A NaN stays a NaN.
#[inline(always)]
pub fn clamp(value: f32, [floor, ceiling]: [f32; 2]) -> f32 {
    let value = if value < floor { floor } else { value };
    if value > ceiling { ceiling } else { value }
}

/// Gradient of a convolution with respect to its input, `[channels_in, rows, columns]`, with
/// [packed](pack_backward) weights.
pub fn backward(pass: &BackwardPass, gradient: &mut [f32]) {
    for (group, gradient) in pass.groups().zip(pass.gradient_groups(gradient)) {
        backward_group(&group, gradient);
    }
}

fn backward_group(pass: &BackwardPass, gradient: &mut [f32]) {
    let &BackwardPass {
        signal,
        shape:
            ConvolutionShape {
                channels_in,
                channels_out,
                window,
                ..
            },
        weights,
        size: [rows, columns],
        mask,
        accumulate,
    } = pass;
    let [rows_out, columns_out] = window.count([rows, columns]);
    let phases = pixel_phases(&window);
    let padded = PaddedSignal::new(&window, &phases, [rows, columns]);
    let (plane, width) = (padded.length(), padded.width());
    let source = if padded.is_unpadded([rows_out, columns_out]) && plane >= WIDEST_TILE {
        Cow::Borrowed(signal)
    } else {
        let mut source = vec![0.0; channels_out * plane + WIDEST_TILE];
        for (source, signal) in source
            .chunks_exact_mut(plane)
            .zip(signal.chunks_exact(rows_out * columns_out))
        {
            padded.fill(signal, columns_out, source);
        }
        Cow::Owned(source)
    };
    let mut remaining = weights;
    for phase in &phases {
        let depth = channels_out * phase.taps.len();
        let (panels, others) = remaining.split_at(channels_in.next_multiple_of(BLOCK) * depth);
        remaining = others;
        let padded = &padded;
        let offsets: Vec<usize> = (0..channels_out)
            .flat_map(|channel| {
                let taps = phase.taps.iter();
                taps.map(move |tap| channel * plane + padded.offset(tap))
            })
            .collect();
        let [down, right] = window.stride;
        let phase_rows = pixels_in_phase(rows, phase.row, down);
        let phase_columns = pixels_in_phase(columns, phase.column, right);
        if phase_rows == 0 || phase_columns == 0 {
            continue;
        }
        let finish = |channel: usize, first: usize, sums: &[f32]| {
            let plane = channel * rows * columns..(channel + 1) * rows * columns;
            let gradient = &mut gradient[plane.clone()];
            let mask = mask.map(|(rule, output)| (rule, &output[plane]));
            for (row, column, sums) in lines(first, sums, [width, phase_columns]) {
                let start = (row * down + phase.row) * columns + column * right + phase.column;
                let mask = mask.map(|(rule, output)| (rule, &output[start..]));
                write_sums(&mut gradient[start..], sums, right, mask, accumulate);
            }
        };
        ShiftedProduct {
            panels,
            offsets: &offsets,
            source: &source,
            length: (phase_rows - 1) * width + phase_columns,
            portion: portion(channels_out),
            channels: channels_in,
            finish,
        }
        .compute();
    }
}
