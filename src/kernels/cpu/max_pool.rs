//! Max-pooling, forward and backward.

use pulp::{Arch, Simd, WithSimd};

use super::Mask;
use crate::kernels::{PoolShape, ReluRule};

/// The maximum and the argmax, `ky * kernel + kx`, of each window of one plane. The first of equal
/// values wins, as in PyTorch. The maximum of a window with a NaN is NaN.
pub fn forward(
    input: &[f32],
    size: [usize; 2],
    shape: PoolShape,
    output: &mut [f32],
    argmax: &mut [i32],
) {
    Arch::new().dispatch(Forward {
        input,
        size,
        shape,
        output,
        argmax,
    });
}

struct Forward<'a> {
    input: &'a [f32],
    size: [usize; 2],
    shape: PoolShape,
    output: &'a mut [f32],
    argmax: &'a mut [i32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            input,
            size: [rows, columns],
            shape,
            output,
            argmax,
        } = self;
        let PoolShape { kernel, stride } = shape;
        let [_, columns_out] = shape.output_size([rows, columns]);
        let width = columns_out.next_multiple_of(S::F32_LANES);
        // One row of the input, deinterleaved by the stride: the values of neighbouring windows at
        // one tap are neighbours.
        let reach = width + (kernel - 1) / stride;
        let mut phases = vec![f32::NEG_INFINITY; stride * reach];
        let (mut largest, mut best_tap) = (vec![0.0; width], vec![0; width]);
        let lines = output
            .chunks_exact_mut(columns_out)
            .zip(argmax.chunks_exact_mut(columns_out));
        for (y, (output, argmax)) in lines.enumerate() {
            largest.fill(f32::NEG_INFINITY);
            best_tap.fill(0);
            for ky in 0..kernel.min(rows - y * stride) {
                let line = &input[(y * stride + ky) * columns..][..columns];
                for (phase, phases) in phases.chunks_exact_mut(reach).enumerate() {
                    let pixels = line.iter().skip(phase).step_by(stride);
                    phases
                        .iter_mut()
                        .zip(pixels)
                        .for_each(|(to, &pixel)| *to = pixel);
                }
                for kx in 0..kernel {
                    let tap = simd.splat_i32s((ky * kernel + kx) as i32);
                    let values = &phases[kx % stride * reach + kx / stride..][..width];
                    let (largest, best_tap) = (
                        S::as_mut_simd_f32s(&mut largest).0,
                        S::as_mut_simd_i32s(&mut best_tap).0,
                    );
                    for ((largest, best_tap), &value) in largest
                        .iter_mut()
                        .zip(best_tap)
                        .zip(S::as_simd_f32s(values).0)
                    {
                        let number = simd.equal_f32s(value, value);
                        let larger = simd.or_m32s(
                            simd.greater_than_f32s(value, *largest),
                            simd.not_m32s(number),
                        );
                        *largest = simd.select_f32s(larger, value, *largest);
                        *best_tap = simd.select_i32s(larger, tap, *best_tap);
                    }
                }
            }
            output.copy_from_slice(&largest[..columns_out]);
            argmax.copy_from_slice(&best_tap[..columns_out]);
        }
    }
}

/// Gradient of one plane with respect to the input: each window's signal goes to its argmax.
/// `gradient` must be 0 before. The mask, if any, is applied to the sums. With
/// [`ReluRule::Leaky`] signals are distributed instead.
pub fn backward(
    signal: &[f32],
    argmax: &[i32],
    [rows, columns]: [usize; 2],
    shape: PoolShape,
    mask: Option<Mask>,
    gradient: &mut [f32],
) {
    match mask {
        Some((ReluRule::Leaky(_), active)) => {
            return distribute(signal, active, [rows, columns], shape, gradient);
        }
        None | Some((ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided, _)) => {}
    }
    let PoolShape { kernel, stride } = shape;
    let [_, columns_out] = shape.output_size([rows, columns]);
    for (y, (signal, argmax)) in signal
        .chunks_exact(columns_out)
        .zip(argmax.chunks_exact(columns_out))
        .enumerate()
    {
        for (x, (signal, &tap)) in signal.iter().zip(argmax).enumerate() {
            let tap = tap as usize;
            gradient[(y * stride + tap / kernel) * columns + x * stride + tap % kernel] += signal;
        }
    }
    if let Some((rule, active)) = mask {
        rule.apply(active, gradient);
    }
}

/// Distributes each window's signal over its values, the pool's input `active`, in proportion to
/// them. A window of zeros passes nothing.
fn distribute(
    signal: &[f32],
    active: &[f32],
    [rows, columns]: [usize; 2],
    shape: PoolShape,
    gradient: &mut [f32],
) {
    let PoolShape { kernel, stride } = shape;
    let [_, columns_out] = shape.output_size([rows, columns]);
    // Sums over the rows of a line of windows, then over the columns of each window; ratios are
    // distributed in the reverse order. Values beyond the last column are 0.
    let reach = columns.max((columns_out - 1) * stride + kernel);
    let (mut sums, mut ratio_sums) = (vec![0.0; reach], vec![0.0; reach]);
    let (mut totals, mut ratios) = (vec![0.0; columns_out], vec![0.0; columns_out]);
    for (y, signal) in signal.chunks_exact(columns_out).enumerate() {
        let lines = y * stride * columns..(y * stride + kernel).min(rows) * columns;
        sums.fill(0.0);
        for line in active[lines.clone()].chunks_exact(columns) {
            sums.iter_mut()
                .zip(line)
                .for_each(|(sum, value)| *sum += value);
        }
        totals.fill(0.0);
        for k in 0..kernel {
            totals
                .iter_mut()
                .zip(sums[k..].iter().step_by(stride))
                .for_each(|(total, sum)| *total += sum);
        }
        for ((ratio, signal), &total) in ratios.iter_mut().zip(signal).zip(&totals) {
            *ratio = if total > 0.0 { signal / total } else { 0.0 };
        }
        ratio_sums.fill(0.0);
        for k in 0..kernel {
            ratio_sums[k..]
                .iter_mut()
                .step_by(stride)
                .zip(&ratios)
                .for_each(|(sum, ratio)| *sum += ratio);
        }
        for (gradient, line) in gradient[lines.clone()]
            .chunks_exact_mut(columns)
            .zip(active[lines].chunks_exact(columns))
        {
            for ((gradient, value), ratio) in gradient.iter_mut().zip(line).zip(&ratio_sums) {
                *gradient += ratio * value;
            }
        }
    }
}
