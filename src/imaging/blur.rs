//! Gaussian blur of a grid of values.

/// A grid of `width` columns, row-major, blurred by a Gaussian whose standard deviation is `sigma`
/// pixels to within half a pixel: three box blurs along each axis, at a cost that does not depend
/// on sigma. At the edge a box averages the pixels inside the grid.
///
/// ```
/// use deep_inside::imaging::gaussian_blur;
///
/// let blurred = gaussian_blur(&[0.0, 0.0, 9.0, 0.0, 0.0], 5, 1.0);
/// assert!(9.0 > blurred[2] && blurred[2] > blurred[1] && blurred[1] > blurred[0]);
/// ```
pub fn gaussian_blur(values: &[f32], width: usize, sigma: f64) -> Vec<f32> {
    let mut rows = values.to_vec();
    // The variance of one of three boxes of 2r + 1 pixels is ((2r + 1)^2 - 1) / 12 = sigma^2 / 3.
    let radius =
        ((((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize).min(values.len());
    if radius == 0 || values.is_empty() {
        return rows;
    }
    let height = values.len() / width;
    for row in rows.chunks_exact_mut(width) {
        blur_line(row, radius);
    }
    let mut columns = transposed(&rows, width);
    for column in columns.chunks_exact_mut(height) {
        blur_line(column, radius);
    }
    transposed(&columns, height)
}

fn blur_line(line: &mut [f32], radius: usize) {
    let mut sums = Vec::with_capacity(line.len() + 1);
    for _ in 0..3 {
        sums.clear();
        sums.push(0.0);
        let mut sum = 0.0;
        sums.extend(line.iter().map(|&value| {
            sum += f64::from(value);
            sum
        }));
        for (position, value) in line.iter_mut().enumerate() {
            let (first, end) = (
                position.saturating_sub(radius),
                (position + radius + 1).min(sums.len() - 1),
            );
            *value = ((sums[end] - sums[first]) / (end - first) as f64) as f32;
        }
    }
}

fn transposed(values: &[f32], width: usize) -> Vec<f32> {
    (0..width)
        .flat_map(|x| values.iter().skip(x).step_by(width))
        .copied()
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_gaussian_of_the_given_deviation() {
        let (width, height, sigma) = (101, 81, 6.0);
        let mut map = vec![0.0; width * height];
        map[40 * width + 50] = 1.0;
        let blurred = gaussian_blur(&map, width, sigma);
        let moment = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            blurred
                .iter()
                .enumerate()
                .map(|(i, &v)| {
                    f64::from(v) * f((i % width) as f64 - 50.0, (i / width) as f64 - 40.0)
                })
                .sum()
        };
        assert!((moment(&|_, _| 1.0) - 1.0).abs() < 1e-4);
        assert!((moment(&|x, _| x * x).sqrt() - sigma).abs() < 0.5);
        assert!((moment(&|_, y| y * y).sqrt() - sigma).abs() < 0.5);
    }

    #[test]
    fn a_constant_grid_stays_constant_up_to_the_edge() {
        for (width, height) in [(7, 5), (1, 30), (30, 1), (1, 1)] {
            assert!(
                gaussian_blur(&vec![3.0; width * height], width, 4.0)
                    .iter()
                    .all(|v| (v - 3.0).abs() < 1e-5)
            );
        }
    }
}
