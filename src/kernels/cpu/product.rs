//! The inner loop in which the CPU spends its time: a matrix product of shifted rows.

use pulp::{Arch, Simd, WithSimd};

/// Output channels that are computed together: each value that is read is used this often.
pub const BLOCK: usize = 6;

/// Vectors of positions that are computed together: each weight that is read is used this often.
/// 6 x 2 sums and their operands fit into the 16 vector registers of x86. 4 x 3 do not, and took
/// 1.5 times as long with fused multiply-adds in wasm; 4 x 2 take 6 % longer.
const VECTORS: usize = 2;

/// Number of source values that fit into the level 2 cache beside the weights. They are read for all
/// output channels before the next ones. With a whole picture at a time, class model steps at side
/// 512 took a third longer in wasm.
const CACHED: usize = 128 * 1024;

/// The number of positions in a portion, if `planes` planes are read at each position.
pub fn portion(planes: usize) -> usize {
    (CACHED / planes / WIDEST_TILE).max(2) * WIDEST_TILE
}

/// Positions that are computed together on processors with the widest vectors.
pub const WIDEST_TILE: usize = VECTORS * 16;

/// `sums[o][n] = sum over k of weights[o][k] * source[offsets[k] + n]`, for every position n below
/// `length`.
///
/// A convolution is such a product: each k is one channel and one tap of the kernel, and another tap
/// reads the same memory at another offset. So no matrix of windows ("im2col") is built.
pub struct ShiftedProduct<'a, F> {
    /// The weights in blocks of output channels: `[blocks][k][BLOCK]`.
    pub panels: &'a [f32],
    /// Index in the source at which each k begins.
    pub offsets: &'a [usize],
    /// Has at least `length.max(WIDEST_TILE)` values from every offset on.
    pub source: &'a [f32],
    /// The number of positions.
    pub length: usize,
    /// The number of positions that are finished at a time.
    pub portion: usize,
    /// The number of output channels.
    pub channels: usize,
    /// Called with an output channel, the first position of a portion, and the portion's sums.
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
        // One tile of padding on each side of a portion.
        let width = self.portion.min(self.length) + 2 * tile;
        let mut sums = vec![0.0; BLOCK * width];
        for start in (0..self.length).step_by(self.portion) {
            let end = self.length.min(start + self.portion);
            for block in 0..self.channels.div_ceil(BLOCK) {
                let panel = &self.panels[block * depth * BLOCK..][..depth * BLOCK];
                for position in (start..end).step_by(tile) {
                    // The last tile is moved back to end at the last position. Some sums are
                    // computed twice, with the same bits.
                    let first = position.min(last);
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
    /// It is bound by arithmetic. Two k per iteration, or 144 to 576 k at all positions before the
    /// next ones, so that their operands stay in the level 1 cache, made a whole gradient 2 to 5 %
    /// slower (wasm, x86).
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
