//! Weighted moments of colours, summed block by block, and the Gaussians that follow from them.

use super::Colour;
use super::gaussian::{Component, regularised};

/// Pixels that are evaluated together, so that the loops over them become SIMD.
pub(super) const BLOCK: usize = 64;
/// Sums are taken relative to mid-grey: `E[xy] - E[x]E[y]` then cancels less.
pub(super) const MID_GREY: f32 = 127.5;

/// The channels of a block's colours. A block shorter than `BLOCK` is padded with black.
pub(super) fn planes(block: &[Colour]) -> [[f32; BLOCK]; 3] {
    let mut planes = [[0.0; BLOCK]; 3];
    for (i, colour) in block.iter().enumerate() {
        for (plane, value) in planes.iter_mut().zip(colour) {
            plane[i] = *value;
        }
    }
    planes
}

/// Sum of the weights, and weighted sums of colours and of their products, relative to mid-grey.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    pub weight: f64,
    pub sum: [f64; 3],
    /// The lower triangle.
    products: [[f64; 3]; 3],
}

impl Moments {
    /// Adds a block's colours, each with its weight.
    #[inline(always)]
    pub(super) fn add_block(&mut self, planes: &[[f32; BLOCK]; 3], weights: &[f32; BLOCK]) {
        /// Partial sums that are added to in parallel, as SIMD.
        const LANES: usize = 4;
        // The sum of the weights, three weighted sums of colours, six of their products.
        let mut sums = [[0.0f32; LANES]; 10];
        for first in (0..BLOCK).step_by(LANES) {
            for lane in 0..LANES {
                let i = first + lane;
                let [r, g, b] = [0, 1, 2].map(|channel: usize| planes[channel][i] - MID_GREY);
                let [wr, wg, wb] = [r, g, b].map(|value| weights[i] * value);
                let terms = [
                    weights[i],
                    wr,
                    wg,
                    wb,
                    wr * r,
                    wg * r,
                    wg * g,
                    wb * r,
                    wb * g,
                    wb * b,
                ];
                for (sum, term) in sums.iter_mut().zip(terms) {
                    sum[lane] += term;
                }
            }
        }
        let [weight, r, g, b, rr, gr, gg, br, bg, bb] =
            sums.map(|sum| f64::from(sum.iter().sum::<f32>()));
        self.weight += weight;
        for (sum, term) in self.sum.iter_mut().zip([r, g, b]) {
            *sum += term;
        }
        let products = [[rr, 0.0, 0.0], [gr, gg, 0.0], [br, bg, bb]];
        for (row, terms) in self.products.iter_mut().zip(products) {
            for (sum, term) in row.iter_mut().zip(terms) {
                *sum += term;
            }
        }
    }
}

/// Components with these moments; those with a weight of at most half a pixel are left out.
pub(super) fn components(moments: &[Moments]) -> Vec<Component> {
    let kept = moments.iter().filter(|m| m.weight > 0.5);
    let total: f64 = kept.clone().map(|m| m.weight).sum();
    kept.map(|m| {
        let mean = m.sum.map(|sum| sum / m.weight);
        let mut covariance = [[0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..=i {
                covariance[i][j] = m.products[i][j] / m.weight - mean[i] * mean[j];
                covariance[j][i] = covariance[i][j];
            }
        }
        Component {
            weight: m.weight / total,
            mean: mean.map(|value| value + f64::from(MID_GREY)),
            covariance: regularised(covariance),
        }
    })
    .collect()
}
