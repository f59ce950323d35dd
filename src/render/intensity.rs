//! Converts a map's values to levels for drawing.

use crate::imaging::gaussian_blur;
use crate::saliency::SaliencyMap;

/// The fraction of the values that are at or below full intensity: a few extreme pixels must not
/// dim all the others.
const CLIP_QUANTILE: f64 = 0.995;
/// Standard deviation of the blur, relative to the grid's long side: 1.5 pixels for a network input
/// of side 227. Strided layers leave a raster of that size in every gradient, which would hide the
/// map.
const BLUR: f64 = 1.5 / 227.0;
/// The longest side, in pixels, at which levels are computed; for larger photos the levels are
/// interpolated.
const LONGEST_SIDE: f64 = 1024.0;

/// A map in 256 levels for drawing: 0 where the map is 0, 255 from its 99.5th percentile on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intensity {
    /// `rows * columns` levels, row-major. The grid covers the photo edge to edge.
    pub levels: Vec<u8>,
    /// Rows of the grid, at least 1.
    pub rows: usize,
    /// Columns of the grid, at least 1.
    pub columns: usize,
}

impl Intensity {
    /// The map at `width` x `height` pixels: interpolated, slightly blurred, and clipped at its
    /// 99.5th percentile. A map of zeros has level 0 everywhere.
    ///
    /// ```
    /// use deep_inside::render::Intensity;
    /// use deep_inside::saliency::SaliencyMap;
    ///
    /// let map = SaliencyMap { values: vec![0.0, 0.3, 0.6], rows: 1, columns: 3 };
    /// assert_eq!(Intensity::new(&map, 3, 1).levels, [0, 128, 255]);
    /// ```
    pub fn new(map: &SaliencyMap, width: usize, height: usize) -> Self {
        Self {
            levels: intensity(&map.sampled(width, height), width),
            rows: height,
            columns: width,
        }
    }

    /// The map at the size of a photo of `width` x `height` pixels, reduced to a long side of 1024
    /// pixels if that is longer.
    pub fn for_photo(map: &SaliencyMap, width: u32, height: u32) -> Self {
        let scale = (LONGEST_SIDE / f64::from(width.max(height))).min(1.0);
        let [columns, rows] =
            [width, height].map(|side| ((f64::from(side) * scale).round() as usize).max(1));
        Self::new(map, columns, rows)
    }
}

/// Levels of values >= 0 on a grid of `width` columns, row-major: after the blur each value
/// relative to the 99.5th percentile, 255 from there on.
pub fn intensity(values: &[f32], width: usize) -> Vec<u8> {
    levels(&blurred(values, width))
}

/// Levels of signed values on a grid of `width` columns, row-major: 128 is 0, and 1 and 255 are the
/// 99.5th percentile of the magnitudes.
pub fn signed_intensity(values: &[f32], width: usize) -> Vec<u8> {
    let blurred = blurred(values, width);
    let magnitudes: Vec<f32> = blurred.iter().map(|value| value.abs()).collect();
    let levels = levels(&magnitudes).into_iter().zip(blurred);
    levels
        .map(|(level, value)| {
            let distance = (f32::from(level) * 127.0 / 255.0).round() as u8;
            if value < 0.0 {
                128 - distance
            } else {
                128 + distance
            }
        })
        .collect()
}

fn blurred(values: &[f32], width: usize) -> Vec<f32> {
    let long_side = width.max(values.len() / width.max(1));
    gaussian_blur(values, width, BLUR * long_side as f64)
}

fn levels(values: &[f32]) -> Vec<u8> {
    let full = full_intensity(values);
    if full <= 0.0 {
        return vec![0; values.len()];
    }
    values
        .iter()
        // `as` clamps to 0..=255.
        .map(|value| (value / full * 255.0).round() as u8)
        .collect()
}

/// The value of level 255: the 99.5th percentile, or the largest value if the percentile is 0.
fn full_intensity(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    let rank = (CLIP_QUANTILE * values.len().saturating_sub(1) as f64).round() as usize;
    if rank >= sorted.len() {
        return 0.0;
    }
    let (_, percentile, above) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
    if *percentile > 0.0 {
        *percentile
    } else {
        above.iter().fold(0.0, |largest, value| value.max(largest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_extreme_value_does_not_dim_the_others() {
        let mut values = vec![1.0; 400];
        values[7] = 1e30;
        assert!(intensity(&values, 20).iter().all(|&level| level == 255));
    }

    #[test]
    fn a_single_value_above_zero_is_shown_and_zeros_stay_zero() {
        let mut values = vec![0.0; 400];
        assert_eq!(intensity(&values, 20), [0; 400]);
        assert_eq!(signed_intensity(&values, 20), [128; 400]);
        values[7] = 1e-6;
        let levels = intensity(&values, 20);
        assert_eq!((levels[7], levels[8]), (255, 0));
    }

    #[test]
    fn levels_are_relative_to_the_percentile() {
        // Of the 201 values, 199 is the percentile: 200 values are at most 199.
        let values: Vec<f32> = (0..=200).map(|value| value as f32).collect();
        let levels = levels(&values);
        assert_eq!([0, 100, 199, 200].map(|k| levels[k]), [0, 128, 255, 255]);
    }

    #[test]
    fn a_strided_raster_is_blurred_away() {
        let side = 227;
        let raster: Vec<f32> = (0..side * side)
            .map(|pixel| (pixel % side % 2) as f32)
            .collect();
        let levels = intensity(&raster, side);
        let middle = &levels[side * 100 + 50..][..100];
        let (least, most) = (middle.iter().min(), middle.iter().max());
        assert!(
            most.zip(least)
                .is_some_and(|(most, least)| most - least < 40)
        );
    }

    #[test]
    fn negative_values_are_below_128_and_positive_ones_above() {
        let mut values = vec![0.0; 9];
        (values[0], values[8]) = (-2.0, 2.0);
        let levels = signed_intensity(&values, 9);
        assert_eq!((levels[0], levels[4], levels[8]), (1, 128, 255));
    }

    #[test]
    fn for_a_large_photo_the_long_side_is_1024() {
        let map = SaliencyMap {
            values: vec![1.0],
            rows: 1,
            columns: 1,
        };
        for (photo, size) in [((300, 200), (300, 200)), ((4096, 1000), (1024, 250))] {
            let intensity = Intensity::for_photo(&map, photo.0, photo.1);
            assert_eq!((intensity.columns, intensity.rows), size);
        }
    }
}
