//! Decodes JPEG files.

use image::metadata::Orientation;

use super::colour::{Stored, read_profile, to_srgb};
use super::decoded::Decoded;
use super::jpeg_structure::{Colours, JpegStructure};
#[cfg(target_family = "wasm")]
use super::small_jpeg_decoder::decode_scans;
#[cfg(not(target_family = "wasm"))]
use super::whole_jpeg_decoder::decode_scans;
use crate::error::Error;

/// A JPEG file's decoded scans, and its metadata.
pub(super) struct Scans {
    /// RGBA pixels, or CMYK pixels with 255 for no ink.
    pub pixels: Vec<u8>,
    /// Columns and rows: the file's, or fewer if the decoder has reduced them.
    pub size: (u32, u32),
    /// The EXIF data, from the TIFF header on.
    pub exif: Option<Vec<u8>>,
    /// The ICC profile.
    pub profile: Option<Vec<u8>>,
}

/// Decodes a JPEG file.
///
/// # Errors
/// `picture-corrupt` when pixels are missing; `picture-unsupported`, with the kind of JPEG, for one
/// that is not supported; `picture-too-large` over a limit.
pub(super) fn decode_jpeg(bytes: &[u8]) -> Result<Decoded, Error> {
    let structure = JpegStructure::read(bytes)?;
    let Scans {
        pixels: mut rgba,
        size,
        exif,
        profile,
    } = decode_scans(bytes, &structure)?;
    let stored = match structure.colours {
        Colours::Grey => Stored::Grey,
        Colours::Rgb | Colours::Ycc => Stored::Rgb,
        Colours::Cmyk | Colours::Ycck => Stored::InvertedCmyk,
    };
    to_srgb(&mut rgba, stored, profile.as_deref().and_then(read_profile));
    let orientation = exif
        .as_deref()
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms);
    Ok(Decoded {
        rgba,
        size,
        file_size: (structure.columns, structure.rows),
        orientation,
    })
}
