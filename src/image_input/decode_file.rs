//! A picture file's bytes to a [`Picture`].

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::Picture;
use super::check_container::check_container;
use super::limits::{DECODED_BYTES, FILE_BYTES, SCRATCH_BYTES, check_size};
use super::sniff::sniff;
use crate::error::Error;

/// Decodes a PNG, JPEG, WebP, GIF or BMP file, told apart by content; of an animation, its first frame.
///
/// The picture comes back upright, as the file's EXIF orientation asks (EXIF that cannot be read is ignored), with its
/// transparent parts on white. Values are taken as sRGB, 16 bits become 8; a colour profile is not applied.
///
/// Limits: 40 MB of file, 16,384 pixels a side, 50 million pixels, 256 MiB of decoded pixels; all but the first are read from the
/// header, before memory is taken.
///
/// # Errors
/// `picture-empty` without bytes or pixels, `picture-too-large` over a limit, `picture-unsupported` for another kind of file,
/// `picture-corrupt` when the file contradicts itself or was cut in its pixel data.
pub fn decode_file(bytes: &[u8]) -> Result<Picture, Error> {
    if bytes.is_empty() {
        return Err(Error::PictureEmpty);
    }
    if bytes.len() > FILE_BYTES {
        let megabytes = bytes.len() as f64 / 1e6;
        return Err(Error::PictureTooLarge(format!(
            "a file of {megabytes:.1} MB, and {} MB are the most",
            FILE_BYTES / 1_000_000
        )));
    }
    let format = sniff(bytes)?;
    check_container(format, bytes)?;

    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(SCRATCH_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    // The decoders' own limit does not count the pixels that they are asked for.
    if decoder.total_bytes() > DECODED_BYTES {
        return Err(Error::PictureTooLarge(format!("{width} x {height} pixels of {:?}", decoder.color_type())));
    }

    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    Picture::from_rgba(picture.into_rgba8().into_raw(), width, height)
}

/// Why a decoder refused.
fn refusal(error: ImageError) -> Error {
    let reason = error.to_string().trim_end_matches('.').to_owned();
    match error {
        ImageError::Limits(_) => Error::PictureTooLarge(reason),
        ImageError::Unsupported(_) => Error::PictureUnsupported(reason),
        _ => Error::PictureCorrupt(reason),
    }
}
