//! Pixels to PNG files.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::error::Error;

/// `width * height` RGBA pixels, row-major, as the bytes of a PNG file. The file holds nothing but
/// the pixels: no date, no place, no trace of the file that the photo came from.
///
/// # Errors
/// `internal` when the pixels do not fill the sides.
pub fn write_png(rgba: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    encode(rgba, width, height, ExtendedColorType::Rgba8)
}

/// The same for one grey value a pixel, such as a mask's.
///
/// # Errors
/// `internal` when the values do not fill the sides.
pub fn write_grey_png(grey: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    encode(grey, width, height, ExtendedColorType::L8)
}

fn encode(
    values: &[u8],
    width: u32,
    height: u32,
    kind: ExtendedColorType,
) -> Result<Vec<u8>, Error> {
    let expected = u64::from(width) * u64::from(height) * u64::from(kind.bits_per_pixel() / 8);
    if values.len() as u64 != expected {
        return Err(Error::Internal(format!(
            "a PNG of {width} x {height} needs {expected} values, not {}",
            values.len()
        )));
    }
    let mut file = Vec::new();
    let written = PngEncoder::new(&mut file).write_image(values, width, height, kind);
    written.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_input::decode_file;

    #[test]
    fn what_is_written_reads_back_and_nothing_else_is_in_the_file() {
        let rgba = [9, 8, 7, 255, 1, 2, 3, 255];
        let file = write_png(&rgba, 2, 1).unwrap();
        assert_eq!(decode_file(&file).unwrap().rgba(), rgba);
        let mut chunks = Vec::new();
        let mut rest = &file[8..];
        while let [a, b, c, d, name @ ..] = rest {
            chunks.push(String::from_utf8_lossy(&name[..4]).into_owned());
            rest = &rest[12 + u32::from_be_bytes([*a, *b, *c, *d]) as usize..];
        }
        assert_eq!(chunks, ["IHDR", "IDAT", "IEND"]);
        let mask = write_grey_png(&[0, 255, 77], 1, 3).unwrap();
        assert_eq!(
            decode_file(&mask).unwrap().rgba(),
            [0, 0, 0, 255, 255, 255, 255, 255, 77, 77, 77, 255]
        );
    }

    #[test]
    fn pixels_that_do_not_fill_the_sides_are_refused() {
        assert_eq!(write_png(&[0; 8], 1, 1).unwrap_err().code(), "internal");
    }
}
