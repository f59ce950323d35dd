//! Decodes a picture file.

use image::ImageFormat;

use super::Picture;
use super::decode_jpeg::decode_jpeg;
use super::decode_other::decode_other;
use super::limits::check_file_bytes;
use super::sniff::sniff;
use crate::error::Error;

/// Decodes a PNG, JPEG, WebP, GIF or BMP file, recognised by its content. Of an animation, the
/// first frame is decoded.
///
/// - Orientation: the picture is upright, by the file's EXIF orientation. Invalid EXIF is ignored.
/// - Transparency: pixels are composited on white.
/// - Colour: converted to sRGB by the ICC profile (RGB, grey or CMYK), or by a PNG's cICP, or gAMA
///   with cHRM. A profile that is invalid or of another colour space than the pixels is ignored,
///   as is a BMP's profile.
/// - Depth: 16 bits become 8.
///
/// Limits: 200 MB per file, 65,535 pixels per side, 150 million pixels, and 1.5 GB of memory (640
/// MB on 32-bit targets). All are checked on the header, before memory is allocated. A picture of
/// more than 50 million pixels or 16,384 pixels per side is reduced by area averaging to
/// [`picture_size`](super::picture_size); [`Picture::file_size`] keeps the file's size.
///
/// # Errors
/// `picture-empty` without bytes or pixels; `picture-too-large` over a limit;
/// `picture-unsupported`, with the kind of file, for one that is not supported; `picture-corrupt`
/// when the file is inconsistent or its pixel data is truncated.
pub fn decode_file(bytes: &[u8]) -> Result<Picture, Error> {
    check_file_bytes(bytes.len() as u64)?;
    match sniff(bytes)? {
        ImageFormat::Jpeg => decode_jpeg(bytes),
        format => decode_other(format, bytes),
    }?
    .into_picture()
}
