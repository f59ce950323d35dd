//! Checks of WebP files that come before decoding: the decoder allocates memory for sizes that a
//! file claims.

use std::borrow::Cow;

use super::limits::{check_memory, picture_size};
use crate::error::Error;

/// File offset of the flags in an extended file's header.
const FLAGS: usize = 20;

/// Checks a WebP file's chunks before it is decoded: they must lie in the file, and frames within
/// the limits. Returns the file, without the flags of metadata that is missing, which the decoder
/// would refuse although the picture is intact.
///
/// # Errors
/// `picture-corrupt` when the file was cut short, `picture-too-large` for a frame over the limits.
pub(super) fn check_webp(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let riff_size = u32_at(bytes, 4).unwrap_or(0) as usize;
    let chunks = bytes
        .get(12..bytes.len().min(riff_size.saturating_add(8)))
        .unwrap_or(&[]);
    check_chunks(chunks)?;
    let mut file = Cow::Borrowed(bytes);
    if chunks.starts_with(b"VP8X") {
        for (name, flag) in [(b"EXIF", 0x08), (b"XMP ", 0x04)] {
            if bytes.get(FLAGS).is_some_and(|flags| flags & flag != 0)
                && !Chunks(chunks).any(|chunk| chunk.0 == name)
            {
                file.to_mut()[FLAGS] &= !flag;
            }
        }
    }
    Ok(file)
}

/// Checks a sequence of chunks.
fn check_chunks(chunks: &[u8]) -> Result<(), Error> {
    for (name, body) in Chunks(chunks) {
        let body = body.ok_or_else(truncated)?;
        match name {
            b"VP8 " => {
                if let Some(sides) = u32_at(body, 6) {
                    let (width, height) = (sides & 0x3fff, sides >> 16 & 0x3fff);
                    picture_size(width, height)?;
                    // The luma and chroma planes come on top of the pixels.
                    check_memory(width, height, u64::from(width) * u64::from(height) * 6)?;
                }
            }
            b"ANMF" => check_chunks(body.get(16..).ok_or_else(truncated)?)?,
            _ => {}
        }
    }
    Ok(())
}

/// Iterates over a sequence of chunks (name, size, body, padding to an even size). Items are the
/// name and the body, or `None` for a truncated body.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let size = u32_at(self.0, 4)? as usize;
        let (name, body) = (&self.0[..4], self.0[8..].get(..size));
        self.0 = self.0[8..].get(size.next_multiple_of(2)..).unwrap_or(&[]);
        Some((name, body))
    }
}

fn truncated() -> Error {
    Error::PictureCorrupt("the file ends in the middle of the picture".into())
}

fn u32_at(bytes: &[u8], start: usize) -> Option<u32> {
    let four = bytes.get(start..start + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
