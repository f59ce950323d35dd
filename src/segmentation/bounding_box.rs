//! Axis-aligned boxes of pixels.

use std::ops::Range;

use crate::error::Error;

/// A box in pixels: columns `x .. x + width`, rows `y .. y + height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoundingBox {
    /// The first column.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

impl BoundingBox {
    /// The smallest box around all pixels that an area overlaps. `area` is left, top, width and
    /// height in photo pixels; `photo` is the photo's columns and rows. The part of the area
    /// outside the photo is ignored.
    ///
    /// # Errors
    /// `setting-out-of-range` when a number is not finite, a side is not above 0, or the whole area
    /// lies outside the photo.
    pub fn touched_by(area: [f64; 4], photo: [u32; 2]) -> Result<Self, Error> {
        let [left, top, width, height] = area;
        if !area.iter().all(|value| value.is_finite()) || width <= 0.0 || height <= 0.0 {
            return Err(Error::SettingOutOfRange(
                "a rectangle needs four finite numbers, and sides above 0".to_owned(),
            ));
        }
        let span = |start: f64, length: f64, photo: u32| {
            let clip = |coordinate: f64| coordinate.clamp(0.0, f64::from(photo)) as u32;
            let (first, end) = (clip(start.floor()), clip((start + length).ceil()));
            (first < end).then_some((first, end - first))
        };
        match (span(left, width, photo[0]), span(top, height, photo[1])) {
            (Some((x, width)), Some((y, height))) => Ok(Self {
                x,
                y,
                width,
                height,
            }),
            _ => Err(Error::SettingOutOfRange(format!(
                "the rectangle lies outside the photo of {} x {} pixels",
                photo[0], photo[1]
            ))),
        }
    }

    /// The smallest box around stretches of pixels, row-major, of rows of `width` pixels, each
    /// within one row; `None` when there are none.
    pub fn around(stretches: &[Range<usize>], width: usize) -> Option<Self> {
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for stretch in stretches.iter().filter(|stretch| !stretch.is_empty()) {
            let (y, x) = (stretch.start / width, stretch.start % width);
            (left, right, top, bottom) = (
                left.min(x),
                right.max(x + stretch.len()),
                top.min(y),
                bottom.max(y + 1),
            );
        }
        (left < right).then(|| Self {
            x: left as u32,
            y: top as u32,
            width: (right - left) as u32,
            height: (bottom - top) as u32,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_area_becomes_the_box_of_the_pixels_that_it_overlaps() {
        let photo = [40, 30];
        for (area, [x, y, width, height]) in [
            ([3.0, 4.0, 5.0, 6.0], [3, 4, 5, 6]),
            ([3.9, 4.5, 0.2, 1.0], [3, 4, 2, 2]),
            ([7.25, 0.0, 0.5, 30.0], [7, 0, 1, 30]),
            ([-5.5, -1e300, 6.0, 2e300], [0, 0, 1, 30]),
            ([39.5, 29.5, 1e9, 1e9], [39, 29, 1, 1]),
        ] {
            assert_eq!(
                BoundingBox::touched_by(area, photo),
                Ok(BoundingBox {
                    x,
                    y,
                    width,
                    height
                }),
                "{area:?}"
            );
        }
    }

    #[test]
    fn an_empty_area_or_one_outside_the_photo_is_refused() {
        for area in [
            [-9.0, 0.0, 9.0, 5.0],
            [40.0, 0.0, 5.0, 5.0],
            [0.0, 30.0, 5.0, 5.0],
            [0.0, -7.0, 5.0, 6.5],
            [1e300, 0.0, 5.0, 5.0],
            [0.0, 0.0, 0.0, 5.0],
            [9.0, 9.0, -4.0, 5.0],
            [f64::NAN, 0.0, 5.0, 5.0],
            [0.0, 0.0, f64::INFINITY, 5.0],
        ] {
            let refused = BoundingBox::touched_by(area, [40, 30]).map_err(|error| error.code());
            assert_eq!(refused, Err("setting-out-of-range"), "{area:?}");
        }
    }

    #[test]
    fn the_box_fits_tightly() {
        // Of six columns: the fourth pixel of the second row, the second of the third.
        assert_eq!(
            BoundingBox::around(&[9..10, 13..14], 6),
            Some(BoundingBox {
                x: 1,
                y: 1,
                width: 3,
                height: 2
            })
        );
        assert_eq!(
            BoundingBox::around(&[8..11, 13..15, 18..18], 6),
            Some(BoundingBox {
                x: 1,
                y: 1,
                width: 4,
                height: 2
            })
        );
        assert_eq!(
            BoundingBox::around(&[0..6, 12..18], 6),
            Some(BoundingBox {
                x: 0,
                y: 0,
                width: 6,
                height: 3
            })
        );
        assert_eq!(
            BoundingBox::around(std::slice::from_ref(&(0..1)), 1),
            Some(BoundingBox {
                x: 0,
                y: 0,
                width: 1,
                height: 1
            })
        );
        assert_eq!(BoundingBox::around(&[], 3), None);
    }
}
