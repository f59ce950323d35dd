//! The way back of 3x3 convolutions with stride 1 by Winograd's minimal filtering F(4x4, 3x3): 36
//! multiplications for 16 values instead of 144.
//!
//! `Y = A^T ((G g G^T) * (B^T d B)) A` for a tile Y of 4x4 values, d the 6x6 values that it is made
//! from and g the kernel; * goes value by value (Lavin & Gray, arXiv 1509.09308, sections 4.1 and
//! 4.3). Summed over channels, * is a matrix product at each of the 36 places.
//!
//! It rounds each value of a tile in its own way. Going forward that would decide which of equal
//! values wins a max-pool, as a constant picture has them everywhere; so only the way back is
//! computed like this.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::convolution::{panels, take_back};
use super::product::{BLOCK, ShiftedProduct, WIDEST_TILE};
use crate::kernels::{ConvolutionShape, ReluRule};

/// Side of a tile of results.
const TILE: usize = 4;
/// Side of what a tile is made from.
const REACH: usize = 6;
/// How many products there are.
const PLACES: usize = REACH * REACH;

/// G, the kernel's transform.
const G: [[f32; 3]; REACH] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// What positions are padded to: the widest processors' vectors.
const LANES: usize = 16;

/// Values of transformed signals that are computed before the products take them: they stay in the
/// second nearest cache.
const NEAR: usize = 256 * 1024;

/// Whether the way back of such a convolution can be computed here, and is the faster for it.
pub fn serves(shape: &ConvolutionShape) -> bool {
    let &ConvolutionShape {
        channels_in,
        kernel,
        stride,
        padding,
        ..
    } = shape;
    (kernel, stride) == (3, 1) && padding < kernel && channels_in >= BLOCK
}

/// The transformed weights of a convolution, from `[out, in, 3, 3]`, in the order in which
/// [`backward`] reads them: `[places][blocks of in][out][BLOCK]`.
pub fn pack(weight: &[f32], shape: &ConvolutionShape) -> Vec<f32> {
    let &ConvolutionShape {
        channels_in,
        channels_out,
        ..
    } = shape;
    let mut packed =
        Vec::with_capacity(PLACES * channels_out * channels_in.next_multiple_of(BLOCK));
    for (row, column) in (0..PLACES).map(|place| (G[place / REACH], G[place % REACH])) {
        packed.extend(panels(channels_in, channels_out, |channel, out| {
            let kernel = &weight[(out * channels_in + channel) * 9..][..9];
            // What goes back meets the kernel turned round.
            let taps = (0..9).map(|tap| row[2 - tap / 3] * column[2 - tap % 3] * kernel[tap]);
            taps.sum()
        }));
    }
    packed
}

/// As [`convolution::backward`](super::convolution::backward), with weights that were
/// [packed](pack) here.
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
        padding,
        ..
    } = shape;
    let [_, columns_out] = shape.output_size([rows, columns]);
    let [down, across] = [rows, columns].map(|length| length.div_ceil(TILE));
    // Tiles lie row by row, each with a place more, as the last one reaches into the next.
    let [height, width] = [down + 1, across + 1];
    let source = apart(
        signal,
        channels_out,
        columns_out,
        2 - padding,
        [height, width],
    );
    let band = (NEAR / PLACES / channels_out / width).clamp(1, down);
    let mut work = Work::new(shape, band * width);
    let mut line = vec![0.0; across * TILE];
    for top in (0..down).step_by(band) {
        let length = (band.min(down - top) - 1) * width + across;
        for channel in 0..channels_out {
            let planes = &source[channel * TILE * TILE * height * width + top * width..];
            work.transform_signal(
                channel,
                |row, column| {
                    &planes[(row % TILE * TILE + column) * height * width + row / TILE * width..]
                },
                length,
            );
        }
        work.multiply(packed, length);
        for channel in 0..channels_in {
            work.transform_products(channel, length);
            let whole = channel * rows * columns..(channel + 1) * rows * columns;
            let gradient = &mut gradient[whole.clone()];
            let active = mask.map(|(rule, active)| (rule, &active[whole]));
            for row in top * TILE..rows.min((top + band) * TILE) {
                let first = (row / TILE - top) * width;
                let [a, b, c, d] = std::array::from_fn(|column| {
                    &work.results[(row % TILE * TILE + column) * work.positions + first..][..across]
                });
                for (tile, sums) in line.chunks_exact_mut(TILE).enumerate() {
                    sums.copy_from_slice(&[a[tile], b[tile], c[tile], d[tile]]);
                }
                let start = row * columns;
                let mask = active.map(|(rule, active)| (rule, &active[start..]));
                take_back(&mut gradient[start..], &line[..columns], 1, mask, add);
            }
        }
    }
}

/// Room for what is computed on the way, of as many tiles as are taken at a time.
struct Work {
    channels_in: usize,
    channels_out: usize,
    /// How many tiles there is room for.
    positions: usize,
    /// What was transformed along one axis.
    halfway: Vec<f32>,
    /// `B^T d B`: `[places][channels_out][positions]`.
    transformed: Vec<f32>,
    /// Times the weights: `[places][channels_in][positions]`.
    products: Vec<f32>,
    /// One channel's `A^T m A`: `[4][4][positions]`.
    results: Vec<f32>,
}

impl Work {
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
            halfway: vec![0.0; PLACES * (positions + LANES)],
            transformed: vec![0.0; PLACES * channels_out * positions + WIDEST_TILE],
            products: vec![0.0; PLACES * channels_in * positions],
            results: vec![0.0; TILE * TILE * positions],
        }
    }

    /// One channel's transform of a signal. `values` gives, for one of the six rows and four
    /// columns of what a tile is made from, its value for every tile; the fifth and sixth column
    /// are the next tile's first two.
    fn transform_signal<'a>(
        &mut self,
        channel: usize,
        values: impl Fn(usize, usize) -> &'a [f32],
        length: usize,
    ) {
        let stretch = self.positions + LANES;
        for (column, halfway) in self
            .halfway
            .chunks_exact_mut(REACH * stretch)
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
        for (row, transformed) in self.transformed.chunks_exact_mut(REACH * plane).enumerate() {
            let halfway = |column: usize| {
                &self.halfway[(column % TILE * REACH + row) * stretch + column / TILE..]
            };
            let places =
                parts(transformed, plane).map(|place| &mut place[channel * self.positions..]);
            SignalTransform::apply(std::array::from_fn(halfway), places, length);
        }
    }

    /// The products at all places, of all channels.
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
        let panels = packed.chunks_exact(packed.len() / PLACES);
        for (place, (panels, products)) in panels
            .zip(self.products.chunks_exact_mut(channels_in * positions))
            .enumerate()
        {
            let source = &self.transformed[place * channels_out * positions..];
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

    /// One channel's results.
    fn transform_products(&mut self, channel: usize, length: usize) {
        let Self {
            channels_in,
            positions,
            ..
        } = *self;
        for (column, halfway) in self
            .halfway
            .chunks_exact_mut(TILE * positions)
            .take(REACH)
            .enumerate()
        {
            let products = |row: usize| {
                &self.products[((row * REACH + column) * channels_in + channel) * positions..]
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

/// Every fourth row and column of a signal's planes, from each of the first four on, as planes of
/// their own: `[channels][4][4][size]`. They begin `before` rows and columns before the signal,
/// with zeros, and end with as many as fill them.
fn apart(
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
                break; // of windows that lie in the padding alone no pixel hears
            }
            for x in 0..TILE {
                let to =
                    &mut planes[((y % TILE * TILE + x) * down + y / TILE) * across..][..across];
                // The plane's n-th column is the signal's of number `4 n + x - before`.
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

/// The first N parts of that length.
fn parts<const N: usize>(values: &mut [f32], length: usize) -> [&mut [f32]; N] {
    let mut parts = values.chunks_exact_mut(length);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// A transform of [`REACH`] values to N, at many positions: along one axis of a tile, and after
/// that along the other.
trait Transform<const N: usize>: Sized {
    /// At one vector of positions.
    fn at<S: Simd>(simd: S, values: [S::f32s; REACH]) -> [S::f32s; N];

    /// At the first `length` positions, and as many behind them as fill the last vector.
    fn apply(from: [&[f32]; REACH], to: [&mut [f32]; N], length: usize) {
        Arch::new().dispatch(Application::<Self, N> {
            from,
            to,
            length,
            transform: PhantomData,
        });
    }
}

struct Application<'a, T, const N: usize> {
    from: [&'a [f32]; REACH],
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

impl Transform<REACH> for SignalTransform {
    #[inline(always)]
    fn at<S: Simd>(simd: S, d: [S::f32s; REACH]) -> [S::f32s; REACH] {
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
    fn at<S: Simd>(simd: S, m: [S::f32s; REACH]) -> [S::f32s; TILE] {
        let times =
            |factor: f32, value, sum| simd.mul_add_e_f32s(simd.splat_f32s(factor), value, sum);
        let (near, far) = (simd.add_f32s(m[1], m[2]), simd.add_f32s(m[3], m[4]));
        let (near_apart, far_apart) = (simd.sub_f32s(m[1], m[2]), simd.sub_f32s(m[3], m[4]));
        [
            simd.add_f32s(m[0], simd.add_f32s(near, far)),
            times(2.0, far_apart, near_apart),
            times(4.0, far, near),
            simd.add_f32s(m[5], times(8.0, far_apart, near_apart)),
        ]
    }
}
