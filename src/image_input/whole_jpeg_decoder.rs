//! The JPEG decoder of native builds: bit-exact with libjpeg-turbo, arithmetic coding included.

use std::borrow::Cow;

use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, PixelFormat, ScalingFactor};

use super::decode_jpeg::Scans;
use super::jpeg_structure::{Colours, JpegStructure};
use super::limits::{FILE_PIXELS, check_memory, picture_size, zeros};
use crate::error::Error;

/// Most scans of a picture: each takes time, however little data it has.
const SCANS: usize = 500;

/// Decodes the scans of a JPEG file of this structure, at the smallest scale in eighths that is not
/// below [`picture_size`].
///
/// # Errors
/// `picture-corrupt` when pixels are missing; `picture-unsupported` for a kind of JPEG that the
/// decoder does not support; `picture-too-large` over a limit.
pub(super) fn decode_scans(bytes: &[u8], structure: &JpegStructure) -> Result<Scans, Error> {
    let (columns, rows) = (structure.columns, structure.rows);
    let (width, height) = picture_size(columns, rows)?;
    let scaled = |scale: ScalingFactor| {
        (
            scale.scale_dim(columns as usize),
            scale.scale_dim(rows as usize),
        )
    };
    // Scaled sizes are rounded up: without the first condition, a picture of a few pixels would be
    // scaled although it needs no reduction.
    let scale = ScalingFactor::SUPPORTED
        .into_iter()
        .filter(|scale| {
            (width, height) != (columns, rows)
                && scaled(*scale).0 >= width as usize
                && scaled(*scale).1 >= height as usize
        })
        .min_by_key(|scale| scale.block_size())
        .unwrap_or_default();
    let (scaled_columns, scaled_rows) = scaled(scale);
    let pixels = scaled_columns as u64 * scaled_rows as u64;
    let samples = structure.samples(pixels) + structure.kept_coefficient_bytes();
    check_memory(columns, rows, bytes.len() as u64 + pixels * 4 + samples)?;

    let mut jpeg = Cow::Borrowed(&bytes[..structure.end]);
    if !structure.end_marker {
        jpeg.to_mut().extend([0xff, 0xd9]);
    } else {
        jpeg = Cow::Borrowed(&bytes[..structure.end + 2]);
    }
    let mut limits = DecodeLimits::default();
    (
        limits.max_width,
        limits.max_height,
        limits.max_pixels,
        limits.max_scans,
    ) = (usize::MAX, usize::MAX, FILE_PIXELS, SCANS);
    let mut decoder = Decoder::new_with_limits(&jpeg, limits).map_err(refusal)?;
    let inks = matches!(structure.colours, Colours::Cmyk | Colours::Ycck);
    decoder.set_output_format(if inks {
        PixelFormat::Cmyk
    } else {
        PixelFormat::Rgba
    });
    decoder.set_scale(scale);
    let mut pixels = zeros(scaled_columns * scaled_rows * 4)?;
    decoder.decode_image_into(&mut pixels).map_err(refusal)?;
    Ok(Scans {
        pixels,
        size: (scaled_columns as u32, scaled_rows as u32),
        exif: decoder.exif_data().map(<[u8]>::to_vec),
        profile: decoder.icc_profile().ok().flatten(),
    })
}

/// The decoder's error in words for visitors: its own messages name internals.
fn refusal(error: JpegError) -> Error {
    match error {
        JpegError::Unsupported(_) => {
            Error::PictureUnsupported("it is a JPEG of an unsupported kind".into())
        }
        JpegError::LimitExceeded { .. } | JpegError::AllocationFailed { .. } => {
            Error::PictureTooLarge(
                "its JPEG data needs more memory or passes than a picture may take".into(),
            )
        }
        JpegError::UnexpectedEof => {
            Error::PictureCorrupt("the file ends in the middle of the picture".into())
        }
        _ => Error::PictureCorrupt("its JPEG data is inconsistent".into()),
    }
}
