//! A saliency map and the frame it belongs to.

use burn::tensor::{Device, Tensor, TensorData};

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
        sampled(&self.values, [self.rows, self.columns], width, height)
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
        sampled(
            &self.signed,
            [self.map.rows, self.map.columns],
            width,
            height,
        )
    }
}

/// `values` on a grid of `rows` x `columns` cells, bilinearly in a frame of `width` x `height`
/// cells over the same area.
pub(super) fn sampled(
    values: &[f32],
    [rows, columns]: [usize; 2],
    width: usize,
    height: usize,
) -> Vec<f32> {
    if (width, height) == (columns, rows) {
        return values.to_vec();
    }
    let across = interpolation_weights(columns, width);
    let mut frame = Vec::with_capacity(width * height);
    for (above, below, v) in interpolation_weights(rows, height) {
        let (above, below) = (&values[above * columns..], &values[below * columns..]);
        frame.extend(across.iter().map(|&(left, right, u)| {
            let top = above[left] + u * (above[right] - above[left]);
            let bottom = below[left] + u * (below[right] - below[left]);
            top + v * (bottom - top)
        }));
    }
    frame
}

/// The same along one axis as a matrix, `[1, 1, frame, grid]`: its product with values on the grid
/// is their interpolation.
pub(super) fn interpolation(grid: usize, frame: usize, device: &Device) -> Tensor<4> {
    let mut matrix = vec![0.0; frame * grid];
    for (row, (left, right, weight)) in matrix
        .chunks_exact_mut(grid)
        .zip(interpolation_weights(grid, frame))
    {
        row[left] += 1.0 - weight;
        row[right] += weight;
    }
    Tensor::from_data(TensorData::new(matrix, [1, 1, frame, grid]), device)
}

/// For each of `frame` positions along an axis: the two nearest of `grid` cell centres and the
/// second one's weight.
pub fn interpolation_weights(grid: usize, frame: usize) -> Vec<(usize, usize, f32)> {
    (0..frame)
        .map(|position| {
            let centre = (position as f64 + 0.5) * grid as f64 / frame as f64 - 0.5;
            let first = centre.clamp(0.0, (grid - 1) as f64);
            let left = first as usize;
            (left, (left + 1).min(grid - 1), (first - left as f64) as f32)
        })
        .collect()
}
