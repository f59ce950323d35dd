//! Decodes PNG, WebP, GIF and BMP files.

use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::bmp_header::{opaque_if_wholly_transparent, with_browser_alpha};
use super::check_webp::check_webp;
use super::colour::{Stored, png_colours, read_profile, to_srgb};
use super::decoded::Decoded;
use super::limits::{SCRATCH_BYTES, check_memory, picture_size, zeros};
use crate::error::Error;

/// Decodes a file of one of these formats; of an animation, the first frame. 16 bits become 8.
///
/// # Errors
/// `picture-corrupt` when the file is inconsistent or its pixel data is truncated;
/// `picture-unsupported`, with the kind of file, for one that is not supported; `picture-too-large`
/// over a limit, by the header, before memory is allocated.
pub(super) fn decode_other(format: ImageFormat, bytes: &[u8]) -> Result<Decoded, Error> {
    let mut file = Cow::Borrowed(bytes);
    match format {
        ImageFormat::WebP => file = check_webp(bytes)?,
        ImageFormat::Bmp => file = with_browser_alpha(bytes)?,
        _ => {}
    }
    let name = match format {
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        _ => "BMP",
    };
    let refusal = |error| refusal(error, name);

    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(SCRATCH_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(&*file), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (columns, rows) = decoder.dimensions();
    picture_size(columns, rows)?;
    let pixels = columns as usize * rows as usize;
    let colour = decoder.color_type();
    // The decoders' own limit does not include the output buffer. A frame that does not cover its
    // canvas, and WebP's planes, come on top of it.
    let output_bytes = (pixels as u64 * 4).max(decoder.total_bytes());
    let extra_bytes = if matches!(format, ImageFormat::Png | ImageFormat::Bmp) {
        0
    } else {
        pixels as u64 * 4
    };
    check_memory(
        columns,
        rows,
        bytes.len() as u64 + output_bytes + extra_bytes,
    )?;
    limits.max_alloc = Some(SCRATCH_BYTES + extra_bytes);
    decoder.set_limits(limits).map_err(refusal)?;

    // The prefix belongs to JPEG files, but some programs write it to other formats as well.
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif);
    let orientation = Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms);
    let described = if format == ImageFormat::Png {
        png_colours(bytes)?
    } else {
        None
    };
    let profile = described.or_else(|| {
        decoder
            .icc_profile()
            .ok()
            .flatten()
            .as_deref()
            .and_then(read_profile)
    });
    let decoded_bytes = decoder.total_bytes() as usize;
    let mut rgba = zeros(output_bytes as usize)?;
    decoder
        .read_image(&mut rgba[..decoded_bytes])
        .map_err(refusal)?;
    to_rgba8(&mut rgba, pixels, colour)?;
    if format == ImageFormat::Bmp {
        opaque_if_wholly_transparent(&mut rgba);
    }
    to_srgb(
        &mut rgba,
        if colour.has_color() {
            Stored::Rgb
        } else {
            Stored::Grey
        },
        profile,
    );
    Ok(Decoded {
        rgba,
        size: (columns, rows),
        file_size: (columns, rows),
        orientation,
    })
}

/// Converts the first `pixels` pixels of `values` from `colour` to 8-bit RGBA, in place, and
/// truncates `values` to them.
fn to_rgba8(values: &mut Vec<u8>, pixels: usize, colour: ColorType) -> Result<(), Error> {
    // 16 bits in native byte order: `value / 257`, rounded to the nearest.
    let narrow = |pair: [u8; 2]| ((u32::from(u16::from_ne_bytes(pair)) + 128) / 257) as u8;
    let each = |values: &mut [u8], size: usize, pixel: &dyn Fn(&[u8]) -> [u8; 4]| {
        // Pixels that grow are converted from the last, pixels that shrink from the first: none is
        // overwritten before it is read.
        let mut change = |index: usize| {
            let new = pixel(&values[index * size..(index + 1) * size]);
            values[index * 4..index * 4 + 4].copy_from_slice(&new);
        };
        if size <= 4 {
            (0..pixels).rev().for_each(&mut change)
        } else {
            (0..pixels).for_each(&mut change)
        }
    };
    match colour {
        ColorType::L8 => each(values, 1, &|v| [v[0], v[0], v[0], 255]),
        ColorType::La8 => each(values, 2, &|v| [v[0], v[0], v[0], v[1]]),
        ColorType::Rgb8 => each(values, 3, &|v| [v[0], v[1], v[2], 255]),
        ColorType::Rgba8 => {}
        ColorType::L16 => each(values, 2, &|v| {
            let grey = narrow([v[0], v[1]]);
            [grey, grey, grey, 255]
        }),
        ColorType::La16 => each(values, 4, &|v| {
            let grey = narrow([v[0], v[1]]);
            [grey, grey, grey, narrow([v[2], v[3]])]
        }),
        ColorType::Rgb16 => each(values, 6, &|v| {
            [
                narrow([v[0], v[1]]),
                narrow([v[2], v[3]]),
                narrow([v[4], v[5]]),
                255,
            ]
        }),
        ColorType::Rgba16 => each(values, 8, &|v| {
            [
                narrow([v[0], v[1]]),
                narrow([v[2], v[3]]),
                narrow([v[4], v[5]]),
                narrow([v[6], v[7]]),
            ]
        }),
        _ => {
            return Err(Error::PictureUnsupported(
                "its pixel format is not supported".into(),
            ));
        }
    }
    values.truncate(pixels * 4);
    values.shrink_to_fit();
    Ok(())
}

/// A decoder's error in words for visitors: the decoders' own messages name internals.
fn refusal(error: ImageError, format: &str) -> Error {
    match error {
        ImageError::Limits(_) => Error::PictureTooLarge(format!(
            "its {format} data needs more memory than a picture may take"
        )),
        ImageError::Unsupported(_) => {
            Error::PictureUnsupported(format!("it is a {format} of an unsupported kind"))
        }
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Error::PictureCorrupt("the file ends in the middle of the picture".into())
        }
        _ => Error::PictureCorrupt(format!("its {format} data is inconsistent")),
    }
}
