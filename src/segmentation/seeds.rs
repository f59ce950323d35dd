//! The pixels from which the two colour models are estimated (section 3.2 of the paper).

use crate::error::Error;

/// Row-major indices of the most and the least salient pixels. No pixel is in both lists, and
/// neither list is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Seeds {
    /// Object seeds, in ascending order.
    pub foreground: Vec<u32>,
    /// Background seeds, in ascending order.
    pub background: Vec<u32>,
    /// The saliency at the upper quantile.
    pub upper: f32,
    /// The saliency at the lower quantile.
    pub lower: f32,
}

impl Seeds {
    /// Object seeds are the pixels with a saliency above the `foreground_quantile` of the map,
    /// background seeds those below its `background_quantile`. The paper uses 0.95 and 0.30.
    ///
    /// The q-quantile of n values is the value at index `floor(q * n)`, from 0, of their ascending
    /// order. Comparisons are strict: pixels that equal a quantile are no seeds. The exception is a
    /// map in which no value is above the upper quantile: then the pixels with the highest value
    /// are the object seeds. Likewise, if no value is below the lower quantile, the pixels with the
    /// lowest value are the background seeds.
    ///
    /// # Errors
    /// `setting-out-of-range` unless 0 < `background_quantile` < `foreground_quantile` < 1;
    /// `no-object-found` when all values are the same, or there are none.
    pub fn from_map(
        values: &[f32],
        foreground_quantile: f64,
        background_quantile: f64,
    ) -> Result<Self, Error> {
        if !(0.0 < background_quantile
            && background_quantile < foreground_quantile
            && foreground_quantile < 1.0)
        {
            return Err(Error::SettingOutOfRange(format!(
                "the quantiles must satisfy 0 < background ({background_quantile}) \
                 < foreground ({foreground_quantile}) < 1"
            )));
        }
        let (lowest, highest) = values
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| {
                (low.min(v), high.max(v))
            });
        if values.is_empty() || lowest >= highest {
            return Err(Error::NoObjectFound(
                "the saliency map is the same everywhere".into(),
            ));
        }
        let mut sorted = values.to_vec();
        let mut quantile = |q: f64| {
            let index = ((q * sorted.len() as f64) as usize).min(sorted.len() - 1);
            *sorted.select_nth_unstable_by(index, f32::total_cmp).1
        };
        let (upper, lower) = (quantile(foreground_quantile), quantile(background_quantile));
        let pick = |keep: &dyn Fn(f32) -> bool| -> Vec<u32> {
            values
                .iter()
                .zip(0..)
                .filter(|&(&value, _)| keep(value))
                .map(|(_, pixel)| pixel)
                .collect()
        };
        Ok(Self {
            foreground: if upper < highest {
                pick(&|v| v > upper)
            } else {
                pick(&|v| v == highest)
            },
            background: if lower > lowest {
                pick(&|v| v < lower)
            } else {
                pick(&|v| v == lowest)
            },
            upper,
            lower,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_top_twentieth_and_the_bottom_three_tenths_are_seeds() {
        let values: Vec<f32> = (0..1000).map(|i| ((i * 387) % 1000) as f32).collect();
        let seeds = Seeds::from_map(&values, 0.95, 0.30).unwrap();
        let values_of = |pixels: &[u32]| {
            let mut picked: Vec<f32> = pixels.iter().map(|&pixel| values[pixel as usize]).collect();
            picked.sort_by(f32::total_cmp);
            picked
        };
        assert_eq!(
            values_of(&seeds.foreground),
            (951..1000).map(|v| v as f32).collect::<Vec<_>>()
        );
        assert_eq!(
            values_of(&seeds.background),
            (0..300).map(|v| v as f32).collect::<Vec<_>>()
        );
        assert!(seeds.foreground.is_sorted() && seeds.background.is_sorted());
    }

    #[test]
    fn the_highest_and_lowest_values_are_seeds_only_where_no_others_are() {
        // Half the map is 0: nothing lies below the 30 % quantile, so the zeros are the seeds.
        let seeds = Seeds::from_map(
            &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
            0.75,
            0.30,
        )
        .unwrap();
        assert_eq!(
            seeds,
            Seeds {
                foreground: vec![8, 9],
                background: vec![0, 1, 2, 3, 4],
                upper: 3.0,
                lower: 0.0
            }
        );
        // Half the map is 1: nothing lies above the 75 % quantile.
        let seeds = Seeds::from_map(&[0.0, 0.5, 1.0, 1.0], 0.75, 0.30).unwrap();
        assert_eq!(
            seeds,
            Seeds {
                foreground: vec![2, 3],
                background: vec![0],
                upper: 1.0,
                lower: 0.5
            }
        );
    }

    #[test]
    fn a_constant_map_has_no_seeds() {
        for values in [vec![], vec![0.0], vec![0.0; 50], vec![7.5; 50]] {
            assert_eq!(
                Seeds::from_map(&values, 0.95, 0.30).unwrap_err().code(),
                "no-object-found"
            );
        }
    }

    #[test]
    fn quantiles_outside_their_range_are_refused() {
        let values = [0.0, 1.0];
        for (foreground, background) in [
            (1.0, 0.3),
            (0.95, 0.0),
            (0.3, 0.95),
            (0.5, 0.5),
            (f64::NAN, 0.3),
            (0.95, f64::NAN),
            (1e9, -3.0),
        ] {
            assert_eq!(
                Seeds::from_map(&values, foreground, background)
                    .unwrap_err()
                    .code(),
                "setting-out-of-range"
            );
        }
    }
}
