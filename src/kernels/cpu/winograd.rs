//! Backward pass of 3x3 convolutions with stride 1 by Winograd's minimal filtering F(4x4, 3x3): 36
//! multiplications for 16 values instead of 144.
//!
//! `Y = A^T ((G g G^T) * (B^T d B)) A` for an output tile Y of 4x4 values, where d is the input tile
//! of 6x6 values, g the kernel, and * the elementwise product (Lavin & Gray, arXiv 1509.09308,
//! sections 4.1 and 4.3). Summed over channels, * is a matrix product for each of the 36 elements.
//!
//! It rounds the values of a tile differently. In a forward pass that would decide which of equal
//! values wins a max-pool, and in a constant picture all values are equal. So only the backward
//! pass uses it.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::BackwardPass;
use super::convolution::panels;
use super::phases::write_sums;
use super::product::{BLOCK, ShiftedProduct, WIDEST_TILE};
use crate::kernels::{ConvolutionShape, Padding, Window};

/// Side of an output tile.
const TILE: usize = 4;
/// Side of an input tile.
const INPUT_TILE: usize = 6;
/// Number of elements of an input tile, and of products.
const ELEMENTS: usize = INPUT_TILE * INPUT_TILE;

/// G, the kernel's transform.
const G: [[f32; 3]; INPUT_TILE] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// The number of tiles is padded to a multiple of this, the widest processors' vectors.
const LANES: usize = 16;

/// Number of transformed values that are computed before the products read them: they fit into the
/// level 2 cache.
const CACHED: usize = 256 * 1024;

/// Whether the backward pass of such a convolution can be computed here, and is faster so.
pub fn is_faster(shape: &ConvolutionShape) -> bool {
    let ConvolutionShape {
        channels_in,
        window,
        ..
    } = shape.group();
    let Padding { top, left, .. } = window.padding;
    window.unpadded() == Window::square(3, 1, 0) && top == left && top < 3 && channels_in >= BLOCK
}

/// The transformed weights of a convolution, from `[out, in / groups, 3, 3]`, in the order in which
/// [`backward`] reads them: `[groups][elements][blocks of in][out][BLOCK]`.
pub fn pack(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let group = shape.group();
    let groups = weight.chunks_exact(group.channels_out * group.fan_in());
    groups
        .flat_map(|weight| pack_group(weight, &group))
        .collect()
}

fn pack_group(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let &ConvolutionShape {
        channels_in,
        channels_out,
        ..
    } = shape;
    let mut packed =
        Vec::with_capacity(ELEMENTS * channels_out * channels_in.next_multiple_of(BLOCK));
    for element in 0..ELEMENTS {
        let (row, column) = (G[element / INPUT_TILE], G[element % INPUT_TILE]);
        packed.extend(panels(channels_in, channels_out, |channel, out| {
            let kernel = &weight[(out * channels_in + channel) * 9..][..9];
            // The backward pass uses the kernel rotated by 180 degrees.
            let taps = (0..9).map(|tap| row[2 - tap / 3] * column[2 - tap % 3] * kernel[tap]);
            taps.sum()
        }));
    }
    packed
}

/// As [`convolution::backward`](super::convolution::backward), with weights from [`pack`].
pub fn backward(pass: &BackwardPass, gradient: &mut [f32]) {
    for (group, gradient) in pass.groups().zip(pass.gradient_groups(gradient)) {
        backward_group(&group, gradient);
    }
}

fn backward_group(pass: &BackwardPass, gradient: &mut [f32]) {
    let &BackwardPass {
        signal,
        shape,
        weights,
        size: [rows, columns],
        mask,
        accumulate,
    } = pass;
    let ConvolutionShape {
        channels_in,
        channels_out,
        window,
        ..
    } = shape;
    let [_, columns_out] = shape.output_size([rows, columns]);
    let [down, across] = [rows, columns].map(|length| length.div_ceil(TILE));
    // Tiles are stored row by row, with one more per row and column, because an input tile extends
    // into the next ones.
    let [height, width] = [down + 1, across + 1];
    let source = deinterleaved(
        signal,
        channels_out,
        columns_out,
        2 - window.padding.top,
        [height, width],
    );
    let band = (CACHED / ELEMENTS / channels_out / width).clamp(1, down);
    let mut buffers = Buffers::new(&shape, band * width);
    let mut line = vec![0.0; across * TILE];
    for top in (0..down).step_by(band) {
        let length = (band.min(down - top) - 1) * width + across;
        for channel in 0..channels_out {
            let planes = &source[channel * TILE * TILE * height * width + top * width..];
            buffers.transform_signal(
                channel,
                |row, column| {
                    &planes[(row % TILE * TILE + column) * height * width + row / TILE * width..]
                },
                length,
            );
        }
        buffers.multiply(weights, length);
        for channel in 0..channels_in {
            buffers.transform_products(channel, length);
            let plane = channel * rows * columns..(channel + 1) * rows * columns;
            let gradient = &mut gradient[plane.clone()];
            let mask = mask.map(|(rule, output)| (rule, &output[plane]));
            for row in top * TILE..rows.min((top + band) * TILE) {
                let first = (row / TILE - top) * width;
                let [a, b, c, d] = std::array::from_fn(|column| {
                    &buffers.results[(row % TILE * TILE + column) * buffers.positions + first..]
                        [..across]
                });
                for (tile, sums) in line.chunks_exact_mut(TILE).enumerate() {
                    sums.copy_from_slice(&[a[tile], b[tile], c[tile], d[tile]]);
                }
                let start = row * columns;
                let mask = mask.map(|(rule, output)| (rule, &output[start..]));
                write_sums(
                    &mut gradient[start..],
                    &line[..columns],
                    1,
                    mask,
                    accumulate,
                );
            }
        }
    }
}

/// Intermediate values of the tiles that are computed at a time.
struct Buffers {
    channels_in: usize,
    channels_out: usize,
    /// The number of tiles, padded.
    positions: usize,
    /// Values transformed along one axis.
    halfway: Vec<f32>,
    /// `B^T d B`: `[elements][channels_out][positions]`.
    transformed: Vec<f32>,
    /// Products with the weights: `[elements][channels_in][positions]`.
    products: Vec<f32>,
    /// `A^T m A` of one channel: `[4][4][positions]`.
    results: Vec<f32>,
}

impl Buffers {
    fn new(shape: &ConvolutionShape, tiles: usize) -> Self {
        let &ConvolutionShape {
            channels_in,
            channels_out,
            ..
        } = shape;
        let positions = tiles.next_multiple_of(LANES);
        Self {
            channels_in,
            channels_out,
            positions,
            halfway: vec![0.0; ELEMENTS * (positions + LANES)],
            transformed: vec![0.0; ELEMENTS * channels_out * positions + WIDEST_TILE],
            products: vec![0.0; ELEMENTS * channels_in * positions],
            results: vec![0.0; TILE * TILE * positions],
        }
    }

    /// Transforms one channel of a signal. `values` gives, for one of the six rows and the first
    /// four columns of an input tile, this element of every tile; the fifth and the sixth column
    /// are the first two of the next tile.
    fn transform_signal<'a>(
        &mut self,
        channel: usize,
        values: impl Fn(usize, usize) -> &'a [f32],
        length: usize,
    ) {
        let stretch = self.positions + LANES;
        for (column, halfway) in self
            .halfway
            .chunks_exact_mut(INPUT_TILE * stretch)
            .take(TILE)
            .enumerate()
        {
            SignalTransform::apply(
                std::array::from_fn(|row| values(row, column)),
                parts(halfway, stretch),
                length + 1,
            );
        }
        let plane = self.channels_out * self.positions;
        for (row, transformed) in self
            .transformed
            .chunks_exact_mut(INPUT_TILE * plane)
            .enumerate()
        {
            let halfway = |column: usize| {
                &self.halfway[(column % TILE * INPUT_TILE + row) * stretch + column / TILE..]
            };
            let elements =
                parts(transformed, plane).map(|element| &mut element[channel * self.positions..]);
            SignalTransform::apply(std::array::from_fn(halfway), elements, length);
        }
    }

    /// Computes the products of all elements and channels.
    fn multiply(&mut self, packed: &[f32], length: usize) {
        let Self {
            channels_in,
            channels_out,
            positions,
            ..
        } = *self;
        let offsets: Vec<usize> = (0..channels_out)
            .map(|channel| channel * positions)
            .collect();
        let panels = packed.chunks_exact(packed.len() / ELEMENTS);
        for (element, (panels, products)) in panels
            .zip(self.products.chunks_exact_mut(channels_in * positions))
            .enumerate()
        {
            let source = &self.transformed[element * channels_out * positions..];
            let finish = |channel: usize, first: usize, sums: &[f32]| {
                products[channel * positions + first..][..sums.len()].copy_from_slice(sums);
            };
            ShiftedProduct {
                panels,
                offsets: &offsets,
                source,
                length,
                portion: length,
                channels: channels_in,
                finish,
            }
            .compute();
        }
    }

    /// Transforms the products of one channel to its results.
    fn transform_products(&mut self, channel: usize, length: usize) {
        let Self {
            channels_in,
            positions,
            ..
        } = *self;
        for (column, halfway) in self
            .halfway
            .chunks_exact_mut(TILE * positions)
            .take(INPUT_TILE)
            .enumerate()
        {
            let products = |row: usize| {
                &self.products[((row * INPUT_TILE + column) * channels_in + channel) * positions..]
            };
            ProductsTransform::apply(
                std::array::from_fn(products),
                parts(halfway, positions),
                length,
            );
        }
        for (row, results) in self.results.chunks_exact_mut(TILE * positions).enumerate() {
            let halfway = |column: usize| &self.halfway[(column * TILE + row) * positions..];
            ProductsTransform::apply(
                std::array::from_fn(halfway),
                parts(results, positions),
                length,
            );
        }
    }
}

/// The planes of a signal, each split into 16 planes of every fourth row and column:
/// `[channels][4][4][down][across]`. Zeros are added: `before` rows and columns before the signal,
/// and at the end as many as fill the planes.
fn deinterleaved(
    signal: &[f32],
    channels: usize,
    columns: usize,
    before: usize,
    [down, across]: [usize; 2],
) -> Vec<f32> {
    let mut source = vec![0.0; channels * TILE * TILE * down * across + WIDEST_TILE];
    let planes = source.chunks_exact_mut(TILE * TILE * down * across);
    for (planes, signal) in planes.zip(signal.chunks_exact(signal.len() / channels)) {
        for (line, y) in signal.chunks_exact(columns).zip(before..) {
            if y / TILE == down {
                // Windows that lie entirely in the padding contribute to no input pixel.
                break;
            }
            for x in 0..TILE {
                let to =
                    &mut planes[((y % TILE * TILE + x) * down + y / TILE) * across..][..across];
                // Column n of the plane is column `4 n + x - before` of the signal.
                let skipped = before.saturating_sub(x).div_ceil(TILE);
                let from = line.iter().skip(skipped * TILE + x - before).step_by(TILE);
                to[skipped..]
                    .iter_mut()
                    .zip(from)
                    .for_each(|(to, &value)| *to = value);
            }
        }
    }
    source
}

/// The first N chunks of this length.
fn parts<const N: usize>(values: &mut [f32], length: usize) -> [&mut [f32]; N] {
    let mut parts = values.chunks_exact_mut(length);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// A transform of [`INPUT_TILE`] values to N, for many tiles at once, along one axis of the tiles.
trait Transform<const N: usize>: Sized {
    /// The transform of one vector of tiles.
    fn at<S: Simd>(simd: S, values: [S::f32s; INPUT_TILE]) -> [S::f32s; N];

    /// Transforms the first `length` tiles, and as many after them as fill the last vector.
    fn apply(from: [&[f32]; INPUT_TILE], to: [&mut [f32]; N], length: usize) {
        Arch::new().dispatch(Application::<Self, N> {
            from,
            to,
            length,
            transform: PhantomData,
        });
    }
}

struct Application<'a, T, const N: usize> {
    from: [&'a [f32]; INPUT_TILE],
    to: [&'a mut [f32]; N],
    length: usize,
    transform: PhantomData<T>,
}

impl<T: Transform<N>, const N: usize> WithSimd for Application<'_, T, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.length.next_multiple_of(S::F32_LANES);
        let from = self.from.map(|values| S::as_simd_f32s(&values[..length]).0);
        let mut to = self
            .to
            .map(|values| S::as_mut_simd_f32s(&mut values[..length]).0);
        for position in 0..length / S::F32_LANES {
            let values = T::at(simd, from.map(|values| values[position]));
            for (to, value) in to.iter_mut().zip(values) {
                to[position] = value;
            }
        }
    }
}

/// `B^T d`.
struct SignalTransform;

impl Transform<INPUT_TILE> for SignalTransform {
    #[inline(always)]
    fn at<S: Simd>(simd: S, d: [S::f32s; INPUT_TILE]) -> [S::f32s; INPUT_TILE] {
        let times =
            |factor: f32, value, sum| simd.mul_add_e_f32s(simd.splat_f32s(factor), value, sum);
        let (even, odd) = (times(-4.0, d[2], d[4]), times(-4.0, d[1], d[3]));
        let (near, far) = (simd.sub_f32s(d[4], d[2]), simd.sub_f32s(d[3], d[1]));
        [
            times(4.0, d[0], times(-5.0, d[2], d[4])),
            simd.add_f32s(even, odd),
            simd.sub_f32s(even, odd),
            times(2.0, far, near),
            times(-2.0, far, near),
            times(4.0, d[1], times(-5.0, d[3], d[5])),
        ]
    }
}

/// `A^T m`.
struct ProductsTransform;

impl Transform<TILE> for ProductsTransform {
    #[inline(always)]
    fn at<S: Simd>(simd: S, m: [S::f32s; INPUT_TILE]) -> [S::f32s; TILE] {
        let times =
            |factor: f32, value, sum| simd.mul_add_e_f32s(simd.splat_f32s(factor), value, sum);
        let (near, far) = (simd.add_f32s(m[1], m[2]), simd.add_f32s(m[3], m[4]));
        let (near_difference, far_difference) =
            (simd.sub_f32s(m[1], m[2]), simd.sub_f32s(m[3], m[4]));
        [
            simd.add_f32s(m[0], simd.add_f32s(near, far)),
            times(2.0, far_difference, near_difference),
            times(4.0, far, near),
            simd.add_f32s(m[5], times(8.0, far_difference, near_difference)),
        ]
    }
}
