//! Depthwise convolutions, in which each output channel reads one input channel, forward and
//! backward.
//!
//! A value that is read takes part in few products, so memory limits them as much as arithmetic
//! does: a plane is copied to [phases](super::phases) that fit into the cache, and all its products
//! follow at once.

use pulp::{Arch, Simd, WithSimd};

use super::phases::{PaddedSignal, Phases, pixel_phases, pixels_in_phase};
use super::{BackwardPass, ForwardPass};

/// Vectors of positions that are computed together.
const VECTORS: usize = 4;

/// Positions that are computed together on processors with the widest vectors.
const WIDEST_TILE: usize = VECTORS * 16;

/// Convolves one picture with weights in plain order, and writes `output`, `[channels, rows_out,
/// columns_out]`.
pub fn forward(pass: &ForwardPass, output: &mut [f32]) {
    Arch::new().dispatch(Forward { pass, output });
}

struct Forward<'a> {
    pass: &'a ForwardPass<'a>,
    output: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let ForwardPass {
            input,
            shape,
            weights,
            bias,
            size: [rows, columns],
            activation,
        } = *self.pass;
        let window = &shape.window;
        let [rows_out, columns_out] = window.count([rows, columns]);
        let phases = Phases::new(window, [rows, columns]);
        let mut taps: Vec<(usize, f32)> = phases.offsets().map(|offset| (offset, 0.0)).collect();
        let mut source = vec![0.0; phases.length() + WIDEST_TILE];
        let length = (rows_out - 1) * phases.width() + columns_out;
        let mut sums = vec![0.0; length.next_multiple_of(WIDEST_TILE) + WIDEST_TILE];
        let bounds = activation.bounds().map(|bound| simd.splat_f32s(bound));
        let planes = input.chunks_exact(rows * columns);
        let outputs = self.output.chunks_exact_mut(rows_out * columns_out);
        let weights = weights.chunks_exact(window.taps());
        for (((plane, output), weights), &bias) in planes.zip(outputs).zip(weights).zip(bias) {
            if window.stride == [1, 1] {
                let first = window.padding.top * phases.width() + window.padding.left;
                let lines = plane.chunks_exact(columns);
                pad_rows(simd, lines, &mut source[first..], phases.width());
            } else {
                phases.fill(plane, &mut source[..phases.length()]);
            }
            for ((_, to), &weight) in taps.iter_mut().zip(weights) {
                *to = weight;
            }
            add_taps(simd, &taps, bias, &source, &mut sums, length);
            let [floor, ceiling] = bounds;
            write_rows(simd, &sums, phases.width(), output, columns_out, |sums| {
                // Not minima and maxima: a NaN stays a NaN.
                let low = simd.less_than_f32s(sums, floor);
                let sums = simd.select_f32s(low, floor, sums);
                let high = simd.greater_than_f32s(sums, ceiling);
                simd.select_f32s(high, ceiling, sums)
            });
        }
    }
}

/// Gradient of a depthwise convolution with respect to its input, `[channels, rows, columns]`, with
/// weights in plain order.
pub fn backward(pass: &BackwardPass, gradient: &mut [f32]) {
    Arch::new().dispatch(Backward { pass, gradient });
}

struct Backward<'a> {
    pass: &'a BackwardPass<'a>,
    gradient: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let BackwardPass {
            signal,
            shape,
            weights,
            size: [rows, columns],
            mask,
            accumulate,
        } = *self.pass;
        let window = &shape.window;
        let [down, right] = window.stride;
        let [rows_out, columns_out] = window.count([rows, columns]);
        let phases = pixel_phases(window);
        let padded = PaddedSignal::new(window, &phases, [rows, columns]);
        let width = padded.width();
        let [rows_used, columns_used] = padded.used([rows_out, columns_out]);
        // Of each phase: where its taps are, in the padded signal and in the weights.
        let taps: Vec<Vec<(usize, usize)>> = phases
            .iter()
            .map(|phase| {
                let taps = phase.taps.iter();
                taps.map(|tap| (padded.offset(tap), tap.ky * window.kernel[1] + tap.kx))
                    .collect()
            })
            .collect();
        let mut source = vec![0.0; padded.length() + WIDEST_TILE];
        // Of the phases of one row of phases.
        let positions = padded.length().next_multiple_of(WIDEST_TILE) + WIDEST_TILE;
        let mut sums = vec![0.0; right * positions];
        let mut line = vec![0.0; columns];
        let mut weighted = Vec::with_capacity(window.taps());
        let (area, area_out) = (rows * columns, rows_out * columns_out);
        for channel in 0..shape.channels_in {
            let gradient = &mut self.gradient[channel * area..][..area];
            let mask = mask.map(|(rule, output)| (rule, &output[channel * area..][..area]));
            let weights = &weights[channel * window.taps()..][..window.taps()];
            let signal = &signal[channel * area_out..][..area_out];
            let values = signal.chunks_exact(columns_out).take(rows_used);
            let values = values.map(|values| &values[..columns_used]);
            pad_rows(simd, values, &mut source[padded.first()..], width);
            for first_row in 0..down.min(rows) {
                let phase_rows = pixels_in_phase(rows, first_row, down);
                for (sums, taps) in sums
                    .chunks_exact_mut(positions)
                    .zip(&taps[first_row * right..])
                    .take(right.min(columns))
                {
                    let length = (phase_rows - 1) * width + columns.div_ceil(right);
                    weighted.clear();
                    weighted.extend(taps.iter().map(|&(offset, tap)| (offset, weights[tap])));
                    add_taps(simd, &weighted, 0.0, &source, sums, length);
                }
                if [down, right] == [1, 1] && !accumulate {
                    write_rows(simd, &sums, width, gradient, columns, |sums| sums);
                    continue;
                }
                for row in 0..phase_rows {
                    let start = (row * down + first_row) * columns;
                    let gradient = &mut gradient[start..][..columns];
                    let sums = &sums[row * width..];
                    match (right, accumulate) {
                        (1, false) => gradient.copy_from_slice(&sums[..columns]),
                        (1, true) => add(gradient, sums),
                        (_, false) => interleave(sums, positions, right, gradient),
                        (_, true) => {
                            interleave(sums, positions, right, &mut line);
                            add(gradient, &line);
                        }
                    }
                }
            }
            if let Some((rule, output)) = mask {
                rule.apply(output, gradient);
            }
        }
    }
}

/// Copies rows to `padded`, in which rows are `width` apart. Each is followed by as many zeros as
/// fill its last vector; the next row overwrites them.
///
/// In a network's last layers a row has seven values, and calls of memcpy took as long as the
/// products.
#[inline(always)]
fn pad_rows<'a, S: Simd>(
    simd: S,
    rows: impl Iterator<Item = &'a [f32]>,
    padded: &mut [f32],
    width: usize,
) {
    for (row, values) in rows.enumerate() {
        let (whole, rest) = S::as_simd_f32s(values);
        let (padded, _) = S::as_mut_simd_f32s(&mut padded[row * width..]);
        let vectors = whole.iter().copied().chain([simd.partial_load_f32s(rest)]);
        for (to, from) in padded.iter_mut().zip(vectors) {
            *to = from;
        }
    }
}

/// Writes `finish` of the first `columns` sums of each row of `width` to `output`, without gaps.
///
/// It writes whole vectors: what lies beyond the end of a row is overwritten by the next row.
#[inline(always)]
fn write_rows<S: Simd>(
    simd: S,
    sums: &[f32],
    width: usize,
    output: &mut [f32],
    columns: usize,
    finish: impl Fn(S::f32s) -> S::f32s,
) {
    let vectors = columns.div_ceil(S::F32_LANES);
    for row in 0..output.len() / columns {
        let (sums, _) = S::as_simd_f32s(&sums[row * width..]);
        let (whole, rest) = S::as_mut_simd_f32s(&mut output[row * columns..]);
        for (output, &sums) in whole.iter_mut().zip(&sums[..vectors]) {
            *output = finish(sums);
        }
        if whole.len() < vectors {
            simd.partial_store_f32s(rest, finish(sums[whole.len()]));
        }
    }
}

fn add(gradient: &mut [f32], sums: &[f32]) {
    gradient
        .iter_mut()
        .zip(sums)
        .for_each(|(gradient, sum)| *gradient += sum);
}

/// Writes the values of `count` phases, which begin at distances of `apart`, in turn.
fn interleave(phases: &[f32], apart: usize, count: usize, line: &mut [f32]) {
    if count == 2 {
        // In pairs, so that it is vectorised.
        let (pairs, last) = line.as_chunks_mut::<2>();
        let (even, odd) = (&phases[..pairs.len() + last.len()], &phases[apart..]);
        for ((pair, &even), &odd) in pairs.iter_mut().zip(even).zip(odd) {
            *pair = [even, odd];
        }
        if let (Some(last), Some(&value)) = (last.first_mut(), even.last()) {
            *last = value;
        }
        return;
    }
    for (phase, values) in phases.chunks(apart).enumerate().take(count) {
        let pixels = line.iter_mut().skip(phase).step_by(count);
        pixels
            .zip(values)
            .for_each(|(pixel, &value)| *pixel = value);
    }
}

/// `sums[n] = start + sum over the taps of weight * source[offset + n]` for every n below `length`,
/// and for as many after them as fill the last tile.
#[inline(always)]
fn add_taps<S: Simd>(
    simd: S,
    taps: &[(usize, f32)],
    start: f32,
    source: &[f32],
    sums: &mut [f32],
    length: usize,
) {
    let tile = VECTORS * S::F32_LANES;
    for (first, sums) in (0..length).step_by(tile).zip(sums.chunks_exact_mut(tile)) {
        let mut totals = [simd.splat_f32s(start); VECTORS];
        for &(offset, weight) in taps {
            let (values, _) = S::as_simd_f32s(&source[offset + first..][..tile]);
            let weight = simd.splat_f32s(weight);
            for (total, &value) in totals.iter_mut().zip(values) {
                *total = simd.mul_add_e_f32s(weight, value, *total);
            }
        }
        let (sums, _) = S::as_mut_simd_f32s(sums);
        sums.iter_mut()
            .zip(totals)
            .for_each(|(sum, total)| *sum = total);
    }
}
