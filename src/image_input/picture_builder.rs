//! Builds a picture from strips of rows.

use super::limits::{check_size, picture_size, reserved};
use super::picture::{Picture, pixel_on_white};
use crate::error::Error;

/// Fills a [`Picture`] from the top, without a second copy of its pixels.
///
/// ```
/// use deep_inside::image_input::PictureBuilder;
///
/// let mut builder = PictureBuilder::new(2, 3, (2, 3))?;
/// for strip in [&[255; 2 * 2 * 4][..], &[255; 2 * 4]] {
///     builder.push_rows(strip)?;
/// }
/// assert_eq!(builder.finish()?.height(), 3);
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub struct PictureBuilder {
    width: u32,
    height: u32,
    file_size: (u32, u32),
    rgb: Vec<u8>,
}

impl PictureBuilder {
    /// Starts a picture of `width` x `height` pixels. `file_size` is the upright file's columns and
    /// rows: the same, or more if the file is reduced to [`picture_size`]. Allocates the memory of
    /// the whole picture.
    ///
    /// # Errors
    /// `picture-empty` when a side is 0; `picture-too-large` when the picture has more than 50
    /// million pixels or 16,384 per side, the file more than 150 million or 65,535 per side, or
    /// memory is exhausted.
    pub fn new(width: u32, height: u32, file_size: (u32, u32)) -> Result<Self, Error> {
        check_size(width, height)?;
        picture_size(file_size.0, file_size.1)?;
        let rgb = reserved(width as usize * height as usize * 3)?;
        Ok(Self {
            width,
            height,
            file_size,
            rgb,
        })
    }

    /// Adds the next rows, RGBA pixels, row-major, and composites them on white.
    ///
    /// # Errors
    /// `picture-corrupt` when the bytes are not whole rows, or the picture has fewer rows left.
    pub fn push_rows(&mut self, rgba: &[u8]) -> Result<(), Error> {
        let (pixels, rest) = rgba.as_chunks::<4>();
        let width = self.width as usize;
        let (count, left) = (
            pixels.len() / width,
            self.height as usize - self.rgb.len() / (width * 3),
        );
        if !rest.is_empty() || pixels.len() % width > 0 || count > left {
            let given = rgba.len();
            return Err(Error::PictureCorrupt(format!(
                "{given} bytes for a picture that has {left} rows of {width} pixels left"
            )));
        }
        self.rgb
            .extend(pixels.iter().flat_map(|pixel| pixel_on_white(*pixel)));
        Ok(())
    }

    /// The picture, once all rows have been added.
    ///
    /// # Errors
    /// `picture-corrupt` when rows are missing.
    pub fn finish(self) -> Result<Picture, Error> {
        let Self {
            width,
            height,
            file_size,
            rgb,
        } = self;
        let rows = rgb.len() / (width as usize * 3);
        if rows < height as usize {
            return Err(Error::PictureCorrupt(format!(
                "{rows} rows of a picture that has {height}"
            )));
        }
        Ok(Picture {
            width,
            height,
            file_size,
            rgb,
        })
    }
}
