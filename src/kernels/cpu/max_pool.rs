//! Max-pooling and its way back.

use pulp::{Arch, Simd, WithSimd};

use crate::kernels::{PoolShape, ReluRule};

/// One plane's largest value of each window, and where in its window it was, `ky * kernel + kx`:
/// the first of equal ones, as PyTorch has it. A window that holds a NaN gives NaN.
pub fn forward(
    input: &[f32],
    size: [usize; 2],
    shape: PoolShape,
    output: &mut [f32],
    taps: &mut [i32],
) {
    Arch::new().dispatch(Forward {
        input,
        size,
        shape,
        output,
        taps,
    });
}

struct Forward<'a> {
    input: &'a [f32],
    size: [usize; 2],
    shape: PoolShape,
    output: &'a mut [f32],
    taps: &'a mut [i32],
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
            taps,
        } = self;
        let PoolShape { kernel, stride } = shape;
        let [_, columns_out] = shape.output_size([rows, columns]);
        let width = columns_out.next_multiple_of(S::F32_LANES);
        // One row of the input, every stride-th value side by side, so that what neighbouring
        // windows see at one place lies side by side.
        let reach = width + (kernel - 1) / stride;
        let mut apart = vec![f32::NEG_INFINITY; stride * reach];
        let (mut largest, mut won) = (vec![0.0; width], vec![0; width]);
        let lines = output
            .chunks_exact_mut(columns_out)
            .zip(taps.chunks_exact_mut(columns_out));
        for (y, (output, taps)) in lines.enumerate() {
            largest.fill(f32::NEG_INFINITY);
            won.fill(0);
            for ky in 0..kernel.min(rows - y * stride) {
                let line = &input[(y * stride + ky) * columns..][..columns];
                for (phase, apart) in apart.chunks_exact_mut(reach).enumerate() {
                    let pixels = line.iter().skip(phase).step_by(stride);
                    apart
                        .iter_mut()
                        .zip(pixels)
                        .for_each(|(to, &pixel)| *to = pixel);
                }
                for kx in 0..kernel {
                    let tap = simd.splat_i32s((ky * kernel + kx) as i32);
                    let seen = &apart[kx % stride * reach + kx / stride..][..width];
                    let (largest, won) = (
                        S::as_mut_simd_f32s(&mut largest).0,
                        S::as_mut_simd_i32s(&mut won).0,
                    );
                    for ((largest, won), &value) in
                        largest.iter_mut().zip(won).zip(S::as_simd_f32s(seen).0)
                    {
                        let number = simd.equal_f32s(value, value);
                        let larger = simd.or_m32s(
                            simd.greater_than_f32s(value, *largest),
                            simd.not_m32s(number),
                        );
                        *largest = simd.select_f32s(larger, value, *largest);
                        *won = simd.select_i32s(larger, tap, *won);
                    }
                }
            }
            output.copy_from_slice(&largest[..columns_out]);
            taps.copy_from_slice(&won[..columns_out]);
        }
    }
}

/// One plane's way back: each window's signal to the place that won it. `gradient` is 0 before.
/// Where a mask is given, the sum then goes back through the ReLU whose result was pooled; by
/// [`ReluRule::Leaky`] signals are shared out instead.
pub fn backward(
    signal: &[f32],
    taps: &[i32],
    [rows, columns]: [usize; 2],
    shape: PoolShape,
    mask: Option<(ReluRule, &[f32])>,
    gradient: &mut [f32],
) {
    match mask {
        Some((ReluRule::Leaky(_), active)) => {
            return share_out(signal, active, [rows, columns], shape, gradient);
        }
        None | Some((ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided, _)) => {}
    }
    let PoolShape { kernel, stride } = shape;
    let [_, columns_out] = shape.output_size([rows, columns]);
    for (y, (signal, taps)) in signal
        .chunks_exact(columns_out)
        .zip(taps.chunks_exact(columns_out))
        .enumerate()
    {
        for (x, (signal, &tap)) in signal.iter().zip(taps).enumerate() {
            let tap = tap as usize;
            gradient[(y * stride + tap / kernel) * columns + x * stride + tap % kernel] += signal;
        }
    }
    if let Some((rule, active)) = mask {
        rule.back(active, gradient);
    }
}

/// Each window's signal to all of its places, in proportion to their values `active`: where there
/// are none, nothing.
fn share_out(
    signal: &[f32],
    active: &[f32],
    [rows, columns]: [usize; 2],
    shape: PoolShape,
    gradient: &mut [f32],
) {
    let PoolShape { kernel, stride } = shape;
    let [_, columns_out] = shape.output_size([rows, columns]);
    // Sums over the rows of a line of windows, then over the columns of each; and back the same
    // way. Beyond the last column all is 0.
    let reach = columns.max((columns_out - 1) * stride + kernel);
    let (mut sums, mut shares) = (vec![0.0; reach], vec![0.0; reach]);
    let (mut totals, mut parts) = (vec![0.0; columns_out], vec![0.0; columns_out]);
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
        for ((part, signal), &total) in parts.iter_mut().zip(signal).zip(&totals) {
            *part = if total > 0.0 { signal / total } else { 0.0 };
        }
        shares.fill(0.0);
        for k in 0..kernel {
            shares[k..]
                .iter_mut()
                .step_by(stride)
                .zip(&parts)
                .for_each(|(share, part)| *share += part);
        }
        for (gradient, line) in gradient[lines.clone()]
            .chunks_exact_mut(columns)
            .zip(active[lines].chunks_exact(columns))
        {
            for ((gradient, value), share) in gradient.iter_mut().zip(line).zip(&shares) {
                *gradient += share * value;
            }
        }
    }
}
