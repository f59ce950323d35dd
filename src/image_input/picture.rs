//! The decoded picture.

use super::limits::check_size;
use crate::error::Error;

/// An upright, opaque picture of 8-bit sRGB pixels; never empty, and of at most 50 million pixels
/// and 16,384 pixels per side.
///
/// Transparent pixels are composited on white when a picture is made, so that the network, the
/// colour models and the visitor see the same colours. A picture has no alpha channel, which saves
/// a quarter of the memory.
#[derive(Clone, PartialEq)]
pub struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) file_size: (u32, u32),
    pub(super) rgb: Vec<u8>,
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
        composite_on_white(&mut rgba);
        Ok(Self {
            width,
            height,
            file_size: (width, height),
            rgb: without_alpha(rgba),
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

    /// The pixels: R, G and B, row-major from the top left.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// A copy of the pixels as RGBA, alpha 255: 200 MB for the largest picture.
    /// [`rgba_rows`](Self::rgba_rows) copies a part.
    pub fn rgba(&self) -> Vec<u8> {
        opaque(&self.rgb)
    }

    /// The rows `first..first + count` as RGBA pixels, alpha 255; rows beyond the picture are left
    /// out.
    pub fn rgba_rows(&self, first: u32, count: u32) -> Vec<u8> {
        let start = |row: u32| row.min(self.height) as usize * self.width as usize * 3;
        opaque(&self.rgb[start(first)..start(first.saturating_add(count))])
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// Composites RGBA pixels on white, in place.
pub(super) fn composite_on_white(rgba: &mut [u8]) {
    for pixel in rgba.as_chunks_mut::<4>().0 {
        let [red, green, blue] = pixel_on_white(*pixel);
        *pixel = [red, green, blue, 255];
    }
}

/// Composites an RGBA pixel on white.
pub(super) fn pixel_on_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(alpha);
    if alpha == 255 {
        return [red, green, blue];
    }
    [red, green, blue]
        .map(|value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// RGBA pixels as RGB, in the same memory; the rest of it is freed.
pub(super) fn without_alpha(mut rgba: Vec<u8>) -> Vec<u8> {
    let pixels = rgba.len() / 4;
    for pixel in 0..pixels {
        rgba.copy_within(pixel * 4..pixel * 4 + 3, pixel * 3);
    }
    rgba.truncate(pixels * 3);
    rgba.shrink_to_fit();
    rgba
}

fn opaque(rgb: &[u8]) -> Vec<u8> {
    let mut rgba = vec![255; rgb.len() / 3 * 4];
    for (pixel, colour) in rgba
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(rgb.as_chunks::<3>().0)
    {
        pixel[..3].copy_from_slice(colour);
    }
    rgba
}
