//! Max-pooling, forward and backward.

use pulp::{Arch, Simd, WithSimd};

use super::Mask;
use crate::kernels::{BoundedRule, PoolShape, ReluRule, Window};

/// The maximum and the argmax, `ky * kernel[1] + kx`, of each window of one plane. The first of
/// equal values wins, as in PyTorch. The maximum of a window with a NaN is NaN. Every window must
/// have a value in the plane.
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
        let window = &shape.window;
        let (stride, [_, columns_tap]) = (window.stride, window.kernel);
        let [_, columns_out] = shape.output_size([rows, columns]);
        let width = columns_out.next_multiple_of(S::F32_LANES);
        // One row of the input, deinterleaved by the stride: the values of neighbouring windows at
        // one tap are neighbours. Padding stays at minus infinity.
        let reach = width + (window.span()[1] - 1) / stride[1];
        let mut phases = vec![f32::NEG_INFINITY; stride[1] * reach];
        let (mut largest, mut best_tap) = (vec![0.0; width], vec![0; width]);
        let first_tap = |axis: usize, index: usize| {
            let padding = window.padding.before()[axis];
            let outside = padding.saturating_sub(index * window.stride[axis]);
            outside.div_ceil(window.dilation[axis])
        };
        let first_columns: Vec<i32> = (0..width).map(|x| first_tap(1, x) as i32).collect();
        let lines = output
            .chunks_exact_mut(columns_out)
            .zip(argmax.chunks_exact_mut(columns_out));
        for (y, (output, argmax)) in lines.enumerate() {
            largest.fill(f32::NEG_INFINITY);
            // In a window of values that are all minus infinity, the first one in the plane wins.
            let first_row = (first_tap(0, y) * columns_tap) as i32;
            for (best_tap, first_column) in best_tap.iter_mut().zip(&first_columns) {
                *best_tap = first_row + first_column;
            }
            for (ky, row) in tap_rows(window, y, rows) {
                let line = &input[row * columns..][..columns];
                for (phase, phases) in phases.chunks_exact_mut(reach).enumerate() {
                    // Value x of the phase is column `x * stride + phase - left` of the plane.
                    let left = window.padding.left;
                    let skipped = left.saturating_sub(phase).div_ceil(stride[1]);
                    let pixels = line.iter().skip(skipped * stride[1] + phase - left);
                    phases
                        .iter_mut()
                        .skip(skipped)
                        .zip(pixels.step_by(stride[1]))
                        .for_each(|(to, &pixel)| *to = pixel);
                }
                for kx in 0..columns_tap {
                    let tap = simd.splat_i32s((ky * columns_tap + kx) as i32);
                    let right = kx * window.dilation[1];
                    let start = right % stride[1] * reach + right / stride[1];
                    let values = &phases[start..][..width];
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

/// The rows of a kernel that lie in a plane of `rows` rows, for windows of row `y`: the kernel's
/// row, and the plane's.
fn tap_rows(window: &Window, y: usize, rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let (start, dilation) = (y * window.stride[0], window.dilation[0]);
    let top = window.padding.top;
    (0..window.kernel[0]).filter_map(move |ky| {
        let row = (start + ky * dilation).checked_sub(top)?;
        (row < rows).then_some((ky, row))
    })
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
    if let Some((
        BoundedRule {
            rule: ReluRule::Leaky(slope),
            upper,
        },
        active,
    )) = mask
    {
        distribute(signal, active, [rows, columns], shape, gradient);
        if upper < f32::INFINITY {
            for (gradient, &value) in gradient.iter_mut().zip(active) {
                *gradient *= if value >= upper { slope } else { 1.0 };
            }
        }
        return;
    }
    let Window {
        kernel: [_, columns_tap],
        stride,
        dilation,
        padding,
    } = shape.window;
    let [_, columns_out] = shape.output_size([rows, columns]);
    for (y, (signal, argmax)) in signal
        .chunks_exact(columns_out)
        .zip(argmax.chunks_exact(columns_out))
        .enumerate()
    {
        for (x, (signal, &tap)) in signal.iter().zip(argmax).enumerate() {
            let (ky, kx) = (tap as usize / columns_tap, tap as usize % columns_tap);
            let row = y * stride[0] + ky * dilation[0] - padding.top;
            let column = x * stride[1] + kx * dilation[1] - padding.left;
            gradient[row * columns + column] += signal;
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
    let window = &shape.window;
    let (stride, left) = (window.stride[1], window.padding.left);
    let [_, columns_out] = shape.output_size([rows, columns]);
    // Sums over the rows of a line of windows, then over the columns of each window; ratios are
    // distributed in the reverse order. Values in the padding are 0.
    let reach = (left + columns).max((columns_out - 1) * stride + window.span()[1]);
    let (mut sums, mut ratio_sums) = (vec![0.0; reach], vec![0.0; reach]);
    let (mut totals, mut ratios) = (vec![0.0; columns_out], vec![0.0; columns_out]);
    let taps = || (0..window.kernel[1]).map(|kx| kx * window.dilation[1]);
    for (y, signal) in signal.chunks_exact(columns_out).enumerate() {
        sums.fill(0.0);
        for (_, row) in tap_rows(window, y, rows) {
            sums[left..]
                .iter_mut()
                .zip(&active[row * columns..][..columns])
                .for_each(|(sum, value)| *sum += value);
        }
        totals.fill(0.0);
        for tap in taps() {
            totals
                .iter_mut()
                .zip(sums[tap..].iter().step_by(stride))
                .for_each(|(total, sum)| *total += sum);
        }
        for ((ratio, signal), &total) in ratios.iter_mut().zip(signal).zip(&totals) {
            *ratio = if total > 0.0 { signal / total } else { 0.0 };
        }
        ratio_sums.fill(0.0);
        for tap in taps() {
            ratio_sums[tap..]
                .iter_mut()
                .step_by(stride)
                .zip(&ratios)
                .for_each(|(sum, ratio)| *sum += ratio);
        }
        for (_, row) in tap_rows(window, y, rows) {
            let line = row * columns..(row + 1) * columns;
            for ((gradient, value), ratio) in gradient[line.clone()]
                .iter_mut()
                .zip(&active[line])
                .zip(&ratio_sums[left..])
            {
                *gradient += ratio * value;
            }
        }
    }
}
