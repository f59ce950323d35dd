//! Planes of every s-th row and column, in which the windows at stride s lie side by side.
//!
//! With stride 1, and padded rows stored one after the other, the value at one position of a window
//! (a tap) lies at the same distance from the window's first value, for every window: each tap is a
//! shift. With a stride the same holds within each of the planes that consist of every s-th row and
//! column ("phases").

use super::Mask;
use crate::kernels::Window;

/// The phases of padded planes, for a forward pass.
pub struct Phases<'a> {
    window: &'a Window,
    /// Rows and columns of a plane.
    size: [usize; 2],
    /// Rows and columns of a phase.
    phase: [usize; 2],
}

impl<'a> Phases<'a> {
    /// For planes of `size`.
    pub fn new(window: &'a Window, size: [usize; 2]) -> Self {
        let (count, span) = (window.count(size), window.span());
        // Rows and columns that a window has after its first.
        let phase =
            std::array::from_fn(|axis| count[axis] + (span[axis] - 1) / window.stride[axis]);
        Self {
            window,
            size,
            phase,
        }
    }

    /// The number of columns of a phase.
    pub fn width(&self) -> usize {
        self.phase[1]
    }

    /// The number of phases.
    pub fn count(&self) -> usize {
        self.window.stride[0] * self.window.stride[1]
    }

    /// The number of values in the phases of one plane.
    pub fn length(&self) -> usize {
        self.count() * self.phase[0] * self.phase[1]
    }

    /// Where the value of each tap of the first window lies in the phases of a plane, row by row.
    pub fn offsets(&self) -> impl Iterator<Item = usize> + use<> {
        let Window {
            kernel,
            stride,
            dilation,
            ..
        } = *self.window;
        let [height, width] = self.phase;
        let taps = (0..kernel[0]).flat_map(move |ky| (0..kernel[1]).map(move |kx| (ky, kx)));
        taps.map(move |(ky, kx)| {
            let (down, right) = (ky * dilation[0], kx * dilation[1]);
            let phase = down % stride[0] * stride[1] + right % stride[1];
            (phase * height + down / stride[0]) * width + right / stride[1]
        })
    }

    /// Copies `plane` to `phases`. What is padding, or in no window, is not written.
    pub fn fill(&self, plane: &[f32], phases: &mut [f32]) {
        let Window {
            stride, padding, ..
        } = *self.window;
        let [rows, columns] = self.size;
        let [height, width] = self.phase;
        for (phase, lines) in phases.chunks_exact_mut(height * width).enumerate() {
            let (down, right) = (phase / stride[1], phase % stride[1]);
            if !self.is_read(0, down) || !self.is_read(1, right) {
                continue;
            }
            // Column x of the phase is column `x * stride + right - left` of the plane.
            let skipped = padding.left.saturating_sub(right).div_ceil(stride[1]);
            let start = (skipped * stride[1] + right - padding.left).min(columns);
            for (y, line) in lines.chunks_exact_mut(width).enumerate() {
                let Some(row) = (y * stride[0] + down)
                    .checked_sub(padding.top)
                    .filter(|&row| row < rows)
                else {
                    continue;
                };
                let pixels = &plane[row * columns + start..][..columns - start];
                let Some(line) = line.get_mut(skipped..) else {
                    continue;
                };
                copy_strided(line, pixels, stride[1]);
            }
        }
    }

    /// Whether a tap reads this row or column of phases.
    fn is_read(&self, axis: usize, phase: usize) -> bool {
        let Window {
            kernel,
            stride,
            dilation,
            ..
        } = *self.window;
        (0..kernel[axis]).any(|k| k * dilation[axis] % stride[axis] == phase)
    }
}

/// Copies every `stride`-th value, as many as there are and as fit.
fn copy_strided(to: &mut [f32], from: &[f32], stride: usize) {
    match stride {
        1 => {
            let count = to.len().min(from.len());
            to[..count].copy_from_slice(&from[..count]);
        }
        // In pairs, so that it is vectorised.
        2 => {
            let (pairs, last) = from.as_chunks::<2>();
            to.iter_mut()
                .zip(pairs)
                .for_each(|(to, &[value, _])| *to = value);
            if let (Some(to), Some(&value)) = (to.get_mut(pairs.len()), last.first()) {
                *to = value;
            }
        }
        _ => {
            let from = from.iter().step_by(stride);
            to.iter_mut().zip(from).for_each(|(to, &value)| *to = value);
        }
    }
}

/// For a backward pass: every `stride`-th row and column of pixels from one on, and the taps that
/// reach them.
pub struct PixelPhase {
    /// Its first row.
    pub row: usize,
    /// Its first column.
    pub column: usize,
    /// The taps.
    pub taps: Vec<Tap>,
}

/// A position in the kernel, and the offset in the signal, relative to the pixel's index in its
/// phase, of the window that has the pixel there.
#[derive(Clone, Copy)]
pub struct Tap {
    /// Row in the kernel.
    pub ky: usize,
    /// Column in the kernel.
    pub kx: usize,
    /// Rows from the pixel's to the window's.
    pub down: isize,
    /// Columns from the pixel's to the window's.
    pub right: isize,
}

/// The phases of the pixels of a plane.
///
/// Row y of the padded plane is row k of the window `(y - k * dilation) / stride`, if that is an
/// integer: with `y = stride * i + row + padding`, of the window `i + (row + padding - k *
/// dilation) / stride`.
pub fn pixel_phases(window: &Window) -> Vec<PixelPhase> {
    let before = window.padding.before();
    let shifts = |axis: usize, first: usize| {
        let (stride, dilation) = (window.stride[axis] as isize, window.dilation[axis]);
        let shift = move |k: usize| (first + before[axis]) as isize - (k * dilation) as isize;
        (0..window.kernel[axis])
            .map(move |k| (k, shift(k)))
            .filter(move |(_, shift)| shift.rem_euclid(stride) == 0)
            .map(move |(k, shift)| (k, shift.div_euclid(stride)))
    };
    let taps = |row: usize, column: usize| {
        shifts(0, row)
            .flat_map(move |(ky, down)| {
                shifts(1, column).map(move |(kx, right)| Tap {
                    ky,
                    kx,
                    down,
                    right,
                })
            })
            .collect()
    };
    let [rows, columns] = window.stride;
    let starts = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    starts
        .map(|(row, column)| PixelPhase {
            row,
            column,
            taps: taps(row, column),
        })
        .collect()
}

/// A padded signal, for a backward pass over all [`PixelPhase`]s.
pub struct PaddedSignal {
    /// Rows and columns that are added before the signal.
    before: [usize; 2],
    /// Rows and columns of a padded plane.
    size: [usize; 2],
}

impl PaddedSignal {
    /// For the gradient of planes of `size`.
    pub fn new(window: &Window, phases: &[PixelPhase], size: [usize; 2]) -> Self {
        // How far beyond the signal's edges the windows of the outermost pixels lie.
        let taps = || phases.iter().flat_map(|phase| &phase.taps);
        let farthest =
            |shift: &dyn Fn(&Tap) -> isize| taps().map(shift).max().unwrap_or(0).max(0) as usize;
        let before = [farthest(&|tap| -tap.down), farthest(&|tap| -tap.right)];
        let after = [farthest(&|tap| tap.down), farthest(&|tap| tap.right)];
        let size = std::array::from_fn(|axis| {
            before[axis] + size[axis].div_ceil(window.stride[axis]) + after[axis]
        });
        Self { before, size }
    }

    /// The number of columns of a padded plane.
    pub fn width(&self) -> usize {
        self.size[1]
    }

    /// The number of values in a padded plane.
    pub fn length(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Where the first value of the signal lies in a padded plane.
    pub fn first(&self) -> usize {
        self.before[0] * self.size[1] + self.before[1]
    }

    /// Whether planes of `size` are already what [`fill`](PaddedSignal::fill) makes of them.
    pub fn is_unpadded(&self, size: [usize; 2]) -> bool {
        self.before == [0, 0] && self.size == size
    }

    /// Where the window of a tap and the first pixel of its phase lies in a padded plane.
    pub fn offset(&self, tap: &Tap) -> usize {
        let [down, right] = [tap.down, tap.right];
        let row = self.before[0].wrapping_add_signed(down);
        row * self.size[1] + self.before[1].wrapping_add_signed(right)
    }

    /// Rows and columns of a signal of `size` that fit into a padded plane. Windows that lie
    /// entirely in the padding contribute to no pixel, and are left out.
    pub fn used(&self, size: [usize; 2]) -> [usize; 2] {
        std::array::from_fn(|axis| size[axis].min(self.size[axis] - self.before[axis]))
    }

    /// Copies a plane of the signal with this number of columns to a padded plane, whose padding is
    /// not written.
    pub fn fill(&self, signal: &[f32], columns: usize, padded: &mut [f32]) {
        let [above, left] = self.before;
        let [_, used] = self.used([signal.len() / columns, columns]);
        let lines = padded.chunks_exact_mut(self.size[1]).skip(above);
        for (line, signal) in lines.zip(signal.chunks_exact(columns)) {
            line[left..left + used].copy_from_slice(&signal[..used]);
        }
    }
}

/// The number of pixels along an axis in the phase that begins at `first`.
pub fn pixels_in_phase(pixels: usize, first: usize, stride: usize) -> usize {
    pixels.saturating_sub(first).div_ceil(stride)
}

/// Splits sums, of the positions from `first` on, into rows: the row, the first column, and the
/// sums. A row has `width` positions; those from `used` on are padding and are left out.
pub fn lines(
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
