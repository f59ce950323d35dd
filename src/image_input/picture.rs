//! The decoded picture.

use super::limits::check_size;
use crate::error::Error;

/// An upright, opaque picture of 8-bit sRGB pixels; never empty, and of at most 50 million pixels
/// and 16,384 pixels per side.
///
/// Transparent pixels are composited on white when a picture is made, so that the network, the
/// colour models and the visitor see the same colours. Alpha is always 255.
#[derive(Clone, PartialEq)]
pub struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) file_size: (u32, u32),
    pub(super) rgba: Vec<u8>,
}

impl Picture {
    /// A picture of `width * height` RGBA pixels, row-major from the top left, composited on white.
    ///
    /// # Errors
    /// `picture-empty` when a side is 0; `picture-too-large` when a side is longer than 16,384
    /// pixels or there are more than 50 million; `picture-corrupt` when `rgba.len()` is not `width
    /// * height * 4`.
    pub fn from_rgba(mut rgba: Vec<u8>, width: u32, height: u32) -> Result<Self, Error> {
        check_size(width, height)?;
        let expected = u64::from(width) * u64::from(height) * 4;
        if rgba.len() as u64 != expected {
            return Err(Error::PictureCorrupt(format!(
                "{width} x {height} pixels need {expected} bytes, not {}",
                rgba.len()
            )));
        }
        lay_on_white(&mut rgba);
        Ok(Self {
            width,
            height,
            file_size: (width, height),
            rgba,
        })
    }

    /// Columns, at least 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, at least 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Columns and rows of the picture's file, upright: larger than the picture if the file was
    /// over the limits of a picture and was reduced.
    pub fn file_size(&self) -> (u32, u32) {
        self.file_size
    }

    /// The pixels: R, G, B, 255, row-major from the top left.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// Composites RGBA pixels on white, in place.
pub(super) fn lay_on_white(rgba: &mut [u8]) {
    for pixel in rgba.chunks_exact_mut(4) {
        let alpha = u32::from(pixel[3]);
        if alpha < 255 {
            for value in &mut pixel[..3] {
                *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            }
            pixel[3] = 255;
        }
    }
}
