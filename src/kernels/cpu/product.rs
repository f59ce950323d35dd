//! The one loop in which the CPU spends its time.

use pulp::{Arch, Simd, WithSimd};

/// Output channels that are computed together: each value read from the source is used this often.
pub const BLOCK: usize = 6;

/// Vectors of positions that are computed together: each weight read is used this often. (With 12
/// sums, what is read and what is multiplied fit into x86's 16 registers in wasm. 4 x 3 do not:
/// with fused multiplications that took half as long again; 4 x 2 take 6 % longer.)
const VECTORS: usize = 2;

/// Values of the source that fit into the second nearest cache beside the weights: so many are read
/// for all output channels before the next. (With all of a picture at a time, class model steps at
/// side 512 took a third longer in wasm.)
const NEAR: usize = 128 * 1024;

/// How many positions make a portion where each of `planes` planes is read.
pub fn portion(planes: usize) -> usize {
    (NEAR / planes / WIDEST_TILE).max(2) * WIDEST_TILE
}

/// Positions that are computed together on the widest processors.
pub const WIDEST_TILE: usize = VECTORS * 16;

/// `sums[o][n] = sum over k of weights[o][k] * source[offsets[k] + n]`, for every position n below
/// `length`.
///
/// A convolution is such a product: each k is one channel and one place in the kernel, and the same
/// channel seen from another place is the same memory, some values further on. So nothing is copied
/// together for it ("im2col").
pub struct ShiftedProduct<'a, F> {
    /// Groups of [`BLOCK`] output channels; in each, the weights of every k side by side:
    /// `[blocks][k][BLOCK]`.
    pub panels: &'a [f32],
    /// Where each k begins in the source.
    pub offsets: &'a [usize],
    /// Reaches at least `length.max(WIDEST_TILE)` values beyond every offset.
    pub source: &'a [f32],
    /// How many positions there are.
    pub length: usize,
    /// How many of them are finished at a time.
    pub portion: usize,
    /// How many output channels there are.
    pub channels: usize,
    /// Takes each output channel's number, the first position of a portion, and its sums.
    pub finish: F,
}

impl<F: FnMut(usize, usize, &[f32])> ShiftedProduct<'_, F> {
    /// Computes it with the widest vectors that the processor has.
    pub fn compute(self) {
        Arch::new().dispatch(self);
    }
}

impl<F: FnMut(usize, usize, &[f32])> WithSimd for ShiftedProduct<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let tile = VECTORS * S::F32_LANES;
        let depth = self.offsets.len();
        let last = self.length.max(tile) - tile;
        // Room for a tile before a portion and one behind it.
        let width = self.portion.min(self.length) + 2 * tile;
        let mut sums = vec![0.0; BLOCK * width];
        for start in (0..self.length).step_by(self.portion) {
            let end = self.length.min(start + self.portion);
            for block in 0..self.channels.div_ceil(BLOCK) {
                let panel = &self.panels[block * depth * BLOCK..][..depth * BLOCK];
                for place in (start..end).step_by(tile) {
                    // The very last tile is moved back to end where the positions end: some are
                    // computed twice, to the same bits.
                    let first = place.min(last);
                    let tile_sums = self.tile(simd, panel, first);
                    for (sums, tile_sums) in sums.chunks_exact_mut(width).zip(&tile_sums) {
                        let (sums, _) = S::as_mut_simd_f32s(
                            &mut sums[first + tile - start..first + 2 * tile - start],
                        );
                        sums.iter_mut()
                            .zip(tile_sums)
                            .for_each(|(sum, &tile_sum)| *sum = tile_sum);
                    }
                }
                for (channel, sums) in (block * BLOCK..self.channels).zip(sums.chunks_exact(width))
                {
                    (self.finish)(channel, start, &sums[tile..tile + end - start]);
                }
            }
        }
    }
}

impl<F> ShiftedProduct<'_, F> {
    /// The sums of one panel at the positions from `first` on.
    ///
    /// It is bound by multiplications and additions: taking two k in one round of the loop, or 144
    /// to 576 k at all positions before the next, so that what they read stays in the nearest
    /// cache, made a whole gradient 2 to 5 % slower (wasm, x86).
    #[inline(always)]
    fn tile<S: Simd>(&self, simd: S, panel: &[f32], first: usize) -> [[S::f32s; VECTORS]; BLOCK] {
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; BLOCK];
        for (weights, &offset) in panel.chunks_exact(BLOCK).zip(self.offsets) {
            let start = offset + first;
            let (values, _) = S::as_simd_f32s(&self.source[start..start + VECTORS * S::F32_LANES]);
            for (sums, &weight) in sums.iter_mut().zip(weights) {
                let weight = simd.splat_f32s(weight);
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum = simd.mul_add_e_f32s(weight, value, *sum);
                }
            }
        }
        sums
    }
}
