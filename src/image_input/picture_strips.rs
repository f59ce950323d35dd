//! Builds a picture from strips of stored pixels, which an external decoder provides.

use image::metadata::Orientation;
use image::{DynamicImage, RgbaImage};

use super::limits::picture_size;
use super::picture::{Picture, composite_on_white};
use super::picture_builder::PictureBuilder;
use super::reduce_rows::RowReducer;
use crate::error::Error;

/// Bytes of a strip: large enough for a small number of strips, and much smaller than a large
/// photo.
const STRIP_BYTES: u32 = 4 << 20;

/// A rectangle of the stored pixels: whole rows, or whole columns if the orientation swaps rows and
/// columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strip {
    /// First column, even.
    pub x: u32,
    /// First row, even.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Turns strips upright, reduces them if the file is over the limits of a picture, and composites
/// them on white.
///
/// ```
/// use deep_inside::image_input::PictureStrips;
/// use image::metadata::Orientation;
///
/// let mut strips = PictureStrips::new(2, 1, Orientation::Rotate90)?;
/// while let Some(strip) = strips.next_strip() {
///     strips.push([1, 2, 3, 255].repeat((strip.width * strip.height) as usize))?;
/// }
/// let picture = strips.finish()?;
/// assert_eq!((picture.width(), picture.height()), (1, 2));
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub struct PictureStrips {
    columns: u32,
    rows: u32,
    orientation: Orientation,
    /// Rows, or columns, of a strip; even, so that strips start at whole chroma samples.
    step: u32,
    /// The number of strips that have been pushed.
    pushed: u32,
    reducer: Option<RowReducer>,
    builder: PictureBuilder,
}

impl PictureStrips {
    /// Starts a picture from a file of `columns` x `rows` pixels as stored, which `orientation`
    /// turns upright.
    ///
    /// # Errors
    /// `picture-empty` when a side is 0; `picture-too-large` when the file is over the limits of
    /// [`picture_size`], or memory is exhausted.
    pub fn new(columns: u32, rows: u32, orientation: Orientation) -> Result<Self, Error> {
        let file_size = if is_quarter_turn(orientation) {
            (rows, columns)
        } else {
            (columns, rows)
        };
        let (width, height) = picture_size(file_size.0, file_size.1)?;
        let builder = PictureBuilder::new(width, height, file_size)?;
        let is_reduced = (width, height) != file_size;
        let reducer =
            is_reduced.then(|| RowReducer::new([file_size.0, file_size.1], [width, height]));
        let step = (STRIP_BYTES / (file_size.0 * 4)).max(2) & !1;
        Ok(Self {
            columns,
            rows,
            orientation,
            step,
            pushed: 0,
            reducer,
            builder,
        })
    }

    /// The number of strips that have been pushed, and the number of all strips.
    pub fn progress(&self) -> (usize, usize) {
        (
            self.pushed as usize,
            self.length().div_ceil(self.step) as usize,
        )
    }

    /// Rows of the upright picture, before reduction: the stored rows, or columns.
    fn length(&self) -> u32 {
        if is_quarter_turn(self.orientation) {
            self.columns
        } else {
            self.rows
        }
    }

    /// The strip to be pushed next; `None` when all have been pushed.
    pub fn next_strip(&self) -> Option<Strip> {
        let (columns, rows, length) = (self.columns, self.rows, self.length());
        let left = length.div_ceil(self.step).checked_sub(self.pushed + 1)?;
        let start = self.step
            * if is_from_the_end(self.orientation) {
                left
            } else {
                self.pushed
            };
        let count = self.step.min(length - start);
        Some(if is_quarter_turn(self.orientation) {
            Strip {
                x: start,
                y: 0,
                width: count,
                height: rows,
            }
        } else {
            Strip {
                x: 0,
                y: start,
                width: columns,
                height: count,
            }
        })
    }

    /// Takes the RGBA pixels of the [`next_strip`](Self::next_strip), row-major as stored.
    ///
    /// # Errors
    /// `picture-corrupt` when `rgba` does not have the strip's size.
    pub fn push(&mut self, rgba: Vec<u8>) -> Result<(), Error> {
        let strip = self.next_strip().unwrap_or(Strip {
            x: 0,
            y: 0,
            width: 0,
            height: 0,
        });
        let wrong = || {
            Error::PictureCorrupt(format!(
                "a strip of {} x {} pixels was expected",
                strip.width, strip.height
            ))
        };
        let stored = RgbaImage::from_raw(strip.width, strip.height, rgba).ok_or_else(wrong)?;
        let mut upright = DynamicImage::ImageRgba8(stored);
        upright.apply_orientation(self.orientation);
        let height = upright.height();
        let mut rgba = upright.into_rgba8().into_raw();
        if rgba.len() as u64 != u64::from(strip.width) * u64::from(strip.height) * 4
            || rgba.is_empty()
        {
            return Err(wrong());
        }
        self.pushed += 1;
        let Some(reducer) = &mut self.reducer else {
            return self.builder.push_rows(&rgba);
        };
        composite_on_white(&mut rgba);
        for row in rgba.chunks_exact(rgba.len() / height as usize) {
            if let Some(reduced) = reducer.push(row) {
                self.builder.push_rows(reduced)?;
            }
        }
        Ok(())
    }

    /// The picture, once all strips have been pushed.
    ///
    /// # Errors
    /// `picture-corrupt` when strips are missing.
    pub fn finish(self) -> Result<Picture, Error> {
        self.builder.finish()
    }
}

/// Whether rows become columns.
fn is_quarter_turn(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(
        orientation,
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH
    )
}

/// Whether the last stored rows, or columns, come first in the upright picture.
fn is_from_the_end(orientation: Orientation) -> bool {
    use Orientation::{FlipVertical, Rotate180, Rotate270, Rotate270FlipH};
    matches!(
        orientation,
        Rotate180 | FlipVertical | Rotate270 | Rotate270FlipH
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn pixel(x: u32, y: u32) -> [u8; 4] {
        [
            (x * 7 % 251) as u8,
            (y * 11 % 241) as u8,
            ((x + y) % 256) as u8,
            255,
        ]
    }

    fn opened(columns: u32, rows: u32, orientation: Orientation) -> (Picture, u32) {
        let mut strips = PictureStrips::new(columns, rows, orientation).unwrap();
        let mut count = 0;
        while let Some(Strip {
            x,
            y,
            width,
            height,
        }) = strips.next_strip()
        {
            assert!(
                x % 2 == 0 && y % 2 == 0 && width * height * 4 <= STRIP_BYTES,
                "{x}, {y}, {width} x {height}"
            );
            strips
                .push(
                    (y..y + height)
                        .flat_map(|y| (x..x + width).flat_map(move |x| pixel(x, y)))
                        .collect(),
                )
                .unwrap();
            count += 1;
        }
        (strips.finish().unwrap(), count)
    }

    #[test]
    fn strips_make_the_same_upright_picture_as_the_whole() {
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            // Odd sides, and several strips in both directions.
            let (columns, rows) = (1501, 1403);
            let stored = RgbaImage::from_fn(columns, rows, |x, y| image::Rgba(pixel(x, y)));
            let mut whole = DynamicImage::ImageRgba8(stored);
            whole.apply_orientation(orientation);
            let (picture, count) = opened(columns, rows, orientation);
            assert!(count > 1);
            assert_eq!(
                (picture.width(), picture.height()),
                (whole.width(), whole.height())
            );
            assert!(picture.rgba() == whole.as_bytes(), "orientation {exif}");
        }
    }

    #[test]
    fn a_file_beyond_the_largest_picture_is_reduced_and_keeps_its_size() {
        for (orientation, file_size) in [
            (Orientation::NoTransforms, (20_000, 600)),
            (Orientation::Rotate270, (600, 20_000)),
        ] {
            let (picture, _) = opened(20_000, 600, orientation);
            assert_eq!(picture.file_size(), file_size);
            assert_eq!(
                (picture.width(), picture.height()),
                picture_size(file_size.0, file_size.1).unwrap()
            );
            assert!(picture.width().max(picture.height()) <= 16_384);
        }
    }

    #[test]
    fn transparent_pixels_are_composited_before_they_are_averaged() {
        let mut strips = PictureStrips::new(20_000, 2, Orientation::NoTransforms).unwrap();
        let strip = strips.next_strip().unwrap();
        strips
            .push([0, 0, 0, 0].repeat((strip.width * strip.height) as usize))
            .unwrap();
        assert!(
            strips
                .finish()
                .unwrap()
                .rgb()
                .iter()
                .all(|&value| value == 255)
        );
    }

    #[test]
    fn strips_of_the_wrong_size_are_refused() {
        let mut strips = PictureStrips::new(4, 4, Orientation::NoTransforms).unwrap();
        assert_eq!(
            strips.push(vec![0; 60]).unwrap_err().code(),
            "picture-corrupt"
        );
        strips.push(vec![0; 64]).unwrap();
        assert_eq!(strips.push(vec![]).unwrap_err().code(), "picture-corrupt");
        let unfinished = PictureStrips::new(4, 4, Orientation::NoTransforms).unwrap();
        assert_eq!(unfinished.finish().unwrap_err().code(), "picture-corrupt");
        assert_eq!(
            PictureStrips::new(0, 4, Orientation::NoTransforms)
                .err()
                .unwrap()
                .code(),
            "picture-empty"
        );
    }
}
