//! A picture file's bytes to a [`Picture`].

use image::ImageFormat;

use super::Picture;
use super::decode_jpeg::decode_jpeg;
use super::decode_other::decode_other;
use super::limits::check_file_bytes;
use super::sniff::sniff;
use crate::error::Error;

/// Decodes a PNG, JPEG, WebP, GIF or BMP file, told apart by content; of an animation, its first
/// frame.
///
/// The picture comes back upright, as the file's EXIF orientation asks (EXIF that cannot be read is
/// ignored), with its transparent parts on white, in sRGB: ICC profiles are applied, of RGB, grey
/// and CMYK, and a PNG's cICP, or its gAMA with cHRM; a profile that cannot be read, or of another
/// kind than the pixels, is ignored. A BMP's own profile is not applied. 16 bits become 8.
///
/// Limits: 200 MB of file, 65,535 pixels a side and 150 million in all, and the memory of reading
/// it: 1.5 GB, or 640 MB where addresses have 32 bits. All are checked on the header, before memory
/// is taken. Above 50 million pixels or 16,384 a side the picture is reduced by the mean over areas
/// to [`picture_size`](super::picture_size), and [`Picture::file_size`] tells.
///
/// # Errors
/// `picture-empty` without bytes or pixels, `picture-too-large` over a limit, `picture-unsupported`
/// with its kind for a file that is not read here, `picture-corrupt` when the file contradicts
/// itself or was cut in its pixel data.
pub fn decode_file(bytes: &[u8]) -> Result<Picture, Error> {
    check_file_bytes(bytes.len() as u64)?;
    match sniff(bytes)? {
        ImageFormat::Jpeg => decode_jpeg(bytes),
        format => decode_other(format, bytes),
    }?
    .into_picture()
}
