//! Linear interpolation between the centres of a grid's cells.

/// Values on a grid of `rows` x `columns` cells, row-major, interpolated in a frame of `width` x
/// `height` cells over the same area: row-major, bilinear between the centres of the grid's cells,
/// constant beyond the outermost centres. A frame of the grid's own size gets the values unchanged.
///
/// ```
/// use deep_inside::imaging::interpolate_grid;
///
/// assert_eq!(interpolate_grid(&[0.0, 4.0], [1, 2], 4, 1), [0.0, 1.0, 3.0, 4.0]);
/// ```
pub fn interpolate_grid(
    values: &[f32],
    [rows, columns]: [usize; 2],
    width: usize,
    height: usize,
) -> Vec<f32> {
    if (width, height) == (columns, rows) {
        return values.to_vec();
    }
    let horizontal = interpolation_weights(columns, width);
    let mut frame = Vec::with_capacity(width * height);
    for (above, below, v) in interpolation_weights(rows, height) {
        let (above, below) = (&values[above * columns..], &values[below * columns..]);
        frame.extend(horizontal.iter().map(|&(left, right, u)| {
            let top = above[left] + u * (above[right] - above[left]);
            let bottom = below[left] + u * (below[right] - below[left]);
            top + v * (bottom - top)
        }));
    }
    frame
}

/// For each of `frame` positions along an axis: the indices of the two nearest of `grid` cell
/// centres, and the second one's weight, 0..=1; the first one has the rest.
pub fn interpolation_weights(grid: usize, frame: usize) -> Vec<(usize, usize, f32)> {
    (0..frame)
        .map(|position| {
            let centre = (position as f64 + 0.5) * grid as f64 / frame as f64 - 0.5;
            let coordinate = centre.clamp(0.0, (grid - 1) as f64);
            let left = coordinate as usize;
            (
                left,
                (left + 1).min(grid - 1),
                (coordinate - left as f64) as f32,
            )
        })
        .collect()
}
