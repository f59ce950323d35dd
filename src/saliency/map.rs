//! A saliency map and the frame it belongs to.

use crate::imaging::interpolate_grid;

/// Non-negative saliency over a photo, kept on the grid on which it was computed.
///
/// The grid covers the whole photo edge to edge: grid cell (i, j) of a `rows` x `columns` grid is
/// the photo's area `[j, j+1) / columns` by `[i, i+1) / rows`. [`sampled`](SaliencyMap::sampled)
/// brings it into a frame of any size.
#[derive(Debug, Clone, PartialEq)]
pub struct SaliencyMap {
    /// `rows * columns` values, row-major, each >= 0 and finite.
    pub values: Vec<f32>,
    /// Rows of the grid, at least 1.
    pub rows: usize,
    /// Columns of the grid, at least 1.
    pub columns: usize,
}

impl SaliencyMap {
    /// The map in a frame of `width` x `height` pixels: row-major, bilinear between the centres of
    /// the grid's cells, constant beyond the outermost centres. A frame of the grid's own size gets
    /// the values unchanged.
    pub fn sampled(&self, width: usize, height: usize) -> Vec<f32> {
        interpolate_grid(&self.values, [self.rows, self.columns], width, height)
    }
}

/// A map and what else its method tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Saliency {
    /// The magnitudes, which the paper calls the saliency map.
    pub map: SaliencyMap,
    /// On the same grid the attribution's sum over the colour channels: above 0 speaks for the
    /// target, below against it.
    pub signed: Vec<f32>,
    /// Of methods that promise completeness: by how much the attribution's sum misses the score's
    /// rise from the mean picture, as a part of that rise, over all views; `None` where there is no
    /// rise either.
    pub completeness_gap: Option<f64>,
}

impl Saliency {
    /// The signed values in a frame of `width` x `height` pixels, as [`SaliencyMap::sampled`].
    pub fn signed_sampled(&self, width: usize, height: usize) -> Vec<f32> {
        interpolate_grid(
            &self.signed,
            [self.map.rows, self.map.columns],
            width,
            height,
        )
    }
}
