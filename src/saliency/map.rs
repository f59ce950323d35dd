//! The result of a saliency method: a map on a grid over the photo.

use crate::imaging::interpolate_grid;

/// Non-negative saliency over a photo, on the grid on which it was computed.
///
/// The grid covers the whole photo edge to edge: cell (i, j) of a `rows` x `columns` grid is the
/// photo's area `[j, j+1) / columns` by `[i, i+1) / rows`. [`sampled`](SaliencyMap::sampled)
/// interpolates it to any size.
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
    /// The map at `width` x `height` pixels, row-major: interpolated bilinearly between the centres
    /// of the grid's cells, constant beyond the outermost centres. At the grid's own size the
    /// values are unchanged.
    pub fn sampled(&self, width: usize, height: usize) -> Vec<f32> {
        interpolate_grid(&self.values, [self.rows, self.columns], width, height)
    }
}

/// A map with its signed values, and how complete the attribution is.
#[derive(Debug, Clone, PartialEq)]
pub struct Saliency {
    /// The magnitudes, which the paper calls the saliency map.
    pub map: SaliencyMap,
    /// The attribution's sum over the colour channels, on the same grid: positive for the target,
    /// negative against it.
    pub signed: Vec<f32>,
    /// For methods that promise completeness, the relative difference of the attribution's sum from
    /// the score's rise above the mean picture: over all crops, `sum of |sum - rise| / sum of
    /// |rise|`. `None` if every rise is 0.
    pub completeness_gap: Option<f64>,
}

impl Saliency {
    /// The signed values at `width` x `height` pixels, as [`SaliencyMap::sampled`].
    pub fn signed_sampled(&self, width: usize, height: usize) -> Vec<f32> {
        interpolate_grid(
            &self.signed,
            [self.map.rows, self.map.columns],
            width,
            height,
        )
    }
}
