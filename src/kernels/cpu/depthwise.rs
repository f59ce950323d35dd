//! Depthwise convolutions, in which each output channel reads one input channel, forward and
//! backward.
//!
//! They are bound by memory: a value that is read takes part in few products. So a plane is copied
//! to [phases](super::phases) that fit into the cache, and all products of a plane follow at once.

use pulp::{Arch, Simd, WithSimd};

use super::convolution::clamp;
use super::phases::{PaddedSignal, Phases, pixel_phases, pixels_in_phase, write_sums};
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
        let offsets: Vec<usize> = phases.offsets().collect();
        let mut source = vec![0.0; phases.length() + WIDEST_TILE];
        let length = (rows_out - 1) * phases.width() + columns_out;
        let mut sums = vec![0.0; length.next_multiple_of(WIDEST_TILE)];
        let bounds = activation.bounds();
        let planes = input.chunks_exact(rows * columns);
        let outputs = self.output.chunks_exact_mut(rows_out * columns_out);
        let weights = weights.chunks_exact(window.taps());
        for (((plane, output), weights), &bias) in planes.zip(outputs).zip(weights).zip(bias) {
            phases.fill(plane, &mut source[..phases.length()]);
            let taps = || offsets.iter().copied().zip(weights.iter().copied());
            add_taps(simd, taps, bias, &source, &mut sums, length);
            let lines = output.chunks_exact_mut(columns_out);
            for (line, sums) in lines.zip(sums.chunks(phases.width())) {
                for (output, &sum) in line.iter_mut().zip(sums) {
                    *output = clamp(sum, bounds);
                }
            }
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
        let positions = padded.length().next_multiple_of(WIDEST_TILE);
        let mut sums = vec![0.0; right * positions];
        let mut line = vec![0.0; columns];
        let (area, area_out) = (rows * columns, rows_out * columns_out);
        for channel in 0..shape.channels_in {
            let gradient = &mut self.gradient[channel * area..][..area];
            let mask = mask.map(|(rule, output)| (rule, &output[channel * area..][..area]));
            let weights = &weights[channel * window.taps()..][..window.taps()];
            let signal = &signal[channel * area_out..][..area_out];
            padded.fill(signal, columns_out, &mut source[..padded.length()]);
            for first_row in 0..down.min(rows) {
                let phase_rows = pixels_in_phase(rows, first_row, down);
                for (sums, taps) in sums
                    .chunks_exact_mut(positions)
                    .zip(&taps[first_row * right..])
                    .take(right.min(columns))
                {
                    let length = (phase_rows - 1) * width + columns.div_ceil(right);
                    let taps = || taps.iter().map(|&(offset, tap)| (offset, weights[tap]));
                    add_taps(simd, taps, 0.0, &source, sums, length);
                }
                for row in 0..phase_rows {
                    let start = (row * down + first_row) * columns;
                    let mask = mask.map(|(rule, output)| (rule, &output[start..]));
                    let line = if right == 1 {
                        &sums[row * width..][..columns]
                    } else {
                        interleave(&sums[row * width..], positions, right, &mut line);
                        &line
                    };
                    write_sums(&mut gradient[start..], line, 1, mask, accumulate);
                }
            }
        }
    }
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
fn add_taps<S: Simd, T: Iterator<Item = (usize, f32)>>(
    simd: S,
    taps: impl Fn() -> T,
    start: f32,
    source: &[f32],
    sums: &mut [f32],
    length: usize,
) {
    let tile = VECTORS * S::F32_LANES;
    for (first, sums) in (0..length).step_by(tile).zip(sums.chunks_exact_mut(tile)) {
        let mut totals = [simd.splat_f32s(start); VECTORS];
        for (offset, weight) in taps() {
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
