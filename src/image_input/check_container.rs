//! What the decoders let pass: files that were cut short, and sizes that they believe too early.

use image::ImageFormat;

use super::limits::check_size;
use crate::error::Error;

/// Checks a file's container before it is decoded.
///
/// The JPEG decoder paints the missing part of a cut file grey, so the file must go on to its end marker. The WebP decoder takes
/// the memory that a metadata chunk or a frame header asks for before it looks at the file, so chunks must lie in the file and
/// frames within the limits. The other decoders are strict themselves.
///
/// # Errors
/// `picture-corrupt` when the file was cut short, `picture-too-large` for a frame over the limits.
pub(super) fn check_container(format: ImageFormat, bytes: &[u8]) -> Result<(), Error> {
    match format {
        ImageFormat::Jpeg if !jpeg_reaches_its_end(bytes) => Err(cut_short()),
        ImageFormat::WebP => {
            let riff_size = little_endian(bytes, 4).unwrap_or(0) as usize;
            check_webp_chunks(&bytes[12..bytes.len().min(riff_size.saturating_add(8)).max(12)])
        }
        _ => Ok(()),
    }
}

fn cut_short() -> Error {
    Error::PictureCorrupt("the file ends in the middle of the picture".into())
}

/// Whether the end marker comes after the last scan, and not only inside a segment such as an embedded thumbnail.
fn jpeg_reaches_its_end(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [first, marker, after @ ..] = rest {
        rest = match (first, marker) {
            (0xff, 0xd9) => return true,
            // Start of file, restart markers, stuffed and fill bytes have no length.
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8 | 0xff) => &rest[1..],
            (0xff, _) => {
                let [high, low, ..] = *after else { return false };
                after.get(usize::from(u16::from_be_bytes([high, low]))..).unwrap_or(&[])
            }
            _ => &rest[1..],
        };
    }
    false
}

/// Checks a run of WebP chunks: name, size, body, padding to an even size.
fn check_webp_chunks(mut chunks: &[u8]) -> Result<(), Error> {
    while let Some(size) = little_endian(chunks, 4) {
        let body = chunks[8..].get(..size as usize).ok_or_else(cut_short)?;
        match &chunks[..4] {
            b"VP8 " => {
                if let Some(sides) = little_endian(body, 6) {
                    check_size(sides & 0x3fff, sides >> 16 & 0x3fff)?;
                }
            }
            b"ANMF" => check_webp_chunks(body.get(16..).ok_or_else(cut_short)?)?,
            _ => {}
        }
        chunks = chunks[8..].get(body.len().next_multiple_of(2)..).unwrap_or(&[]);
    }
    Ok(())
}

fn little_endian(bytes: &[u8], start: usize) -> Option<u32> {
    let four = bytes.get(start..start + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
