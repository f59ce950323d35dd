//! Finds a file's format and size from its first bytes, without decoding it.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

use super::jpeg_structure::jpeg_size;
use super::limits::SCRATCH_BYTES;

/// The media type, such as `image/avif`, of a format that is recognised by its first bytes,
/// supported or not.
pub fn media_type(head: &[u8]) -> Option<&'static str> {
    image::guess_format(head)
        .ok()
        .map(|format| format.to_mime_type())
}

/// The columns and rows in the header, before orientation, if `head` contains the header of a
/// supported format.
pub fn stated_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut reader = ImageReader::new(Cursor::new(head))
        .with_guessed_format()
        .ok()?;
    match reader.format() {
        Some(ImageFormat::Png) => {
            // The decoder fails on sizes beyond the address space.
            let side = |start| {
                head.get(start..start + 4)
                    .map(|side| side.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
            };
            return side(16).zip(side(20));
        }
        Some(ImageFormat::Jpeg) => return jpeg_size(head),
        _ => {}
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(SCRATCH_BYTES);
    reader.limits(limits);
    reader.into_dimensions().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_without_its_pixels_is_enough() {
        let sample: &[u8] = include_bytes!("../../www/samples/chelsea.jpg");
        assert_eq!(
            (media_type(&sample[..2000]), stated_size(&sample[..2000])),
            (Some("image/jpeg"), Some((451, 300)))
        );
        let png = [
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(),
            &[0, 0, 200, 1, 0, 1, 0, 0],
        ]
        .concat();
        assert_eq!(
            (stated_size(&png), stated_size(&png[..23])),
            (Some((51_201, 65_536)), None)
        );
        assert_eq!(
            media_type(b"\0\0\0\x20ftypavif\0\0\0\0"),
            Some("image/avif")
        );
        assert_eq!(
            (
                media_type(b"words"),
                stated_size(b"words"),
                stated_size(&sample[..20])
            ),
            (None, None, None)
        );
    }
}
