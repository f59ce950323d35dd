//! Builds a picture from strips of rows.

use super::limits::{check_size, picture_size, reserved};
use super::picture::{Picture, lay_on_white};
use crate::error::Error;

/// Fills a [`Picture`] from the top, without a second copy of its pixels.
///
/// ```
/// use deep_inside::image_input::PictureBuilder;
///
/// let mut builder = PictureBuilder::new(2, 3, (2, 3))?;
/// for strip in [&[255; 2 * 2 * 4][..], &[255; 2 * 4]] {
///     builder.push_rows(strip.len() as u32 / 8, |rows| rows.copy_from_slice(strip))?;
/// }
/// assert_eq!(builder.finish()?.height(), 3);
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub struct PictureBuilder {
    width: u32,
    height: u32,
    file_size: (u32, u32),
    rgba: Vec<u8>,
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
        let rgba = reserved(width as usize * height as usize * 4)?;
        Ok(Self {
            width,
            height,
            file_size,
            rgba,
        })
    }

    /// Adds the next `count` rows: `fill` writes their `width * count` RGBA pixels, row-major,
    /// which are then composited on white.
    ///
    /// # Errors
    /// `picture-corrupt` when fewer than `count` rows are missing.
    pub fn push_rows(&mut self, count: u32, fill: impl FnOnce(&mut [u8])) -> Result<(), Error> {
        let row = self.width as usize * 4;
        let (start, left) = (
            self.rgba.len(),
            self.height as usize - self.rgba.len() / row,
        );
        if count as usize > left {
            return Err(Error::PictureCorrupt(format!(
                "{count} more rows for a picture that has {left} to go"
            )));
        }
        self.rgba.resize(start + count as usize * row, 0);
        fill(&mut self.rgba[start..]);
        lay_on_white(&mut self.rgba[start..]);
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
            rgba,
        } = self;
        let rows = rgba.len() / (width as usize * 4);
        if rows < height as usize {
            return Err(Error::PictureCorrupt(format!(
                "{rows} rows of a picture that has {height}"
            )));
        }
        Ok(Picture {
            width,
            height,
            file_size,
            rgba,
        })
    }
}
