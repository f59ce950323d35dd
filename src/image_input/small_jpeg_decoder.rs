//! The JPEG decoder of web builds. It is a third of the native decoder's download size; the
//! browser's own decoder reads most photos there.

use std::io::{ErrorKind, Read};

use jpeg_decoder::{ColorTransform, Decoder, Error as JpegError, PixelFormat, UnsupportedFeature};

use super::decode_jpeg::Scans;
use super::jpeg_structure::{Colours, JpegStructure};
use super::limits::{check_memory, picture_size};
use crate::error::Error;

/// Replaces the data after the last scan: bits of 1, which are no valid code, so that the decoder
/// notices a truncated scan; then the end marker.
const END: [u8; 34] = {
    let mut end = [0; 34];
    let mut index = 0;
    while index < 34 {
        end[index] = 0xff;
        index += 2;
    }
    end[33] = 0xd9;
    end
};

/// Decodes the scans of a JPEG file of this structure.
///
/// # Errors
/// `picture-corrupt` when pixels are missing; `picture-unsupported` for a kind of JPEG that this
/// decoder does not support; `picture-too-large` over a limit.
pub(super) fn decode_scans(bytes: &[u8], structure: &JpegStructure) -> Result<Scans, Error> {
    let (columns, rows) = (structure.columns, structure.rows);
    picture_size(columns, rows)?;
    let pixels = u64::from(columns) * u64::from(rows);
    let samples = structure.samples(pixels) + structure.kept_coefficient_bytes();
    // The decoder has pixels in its own format, which are copied to RGBA.
    check_memory(
        columns,
        rows,
        bytes.len() as u64 + (pixels * 3 + samples).max(pixels * 7),
    )?;
    if structure.arithmetic {
        return Err(unsupported("with arithmetic coding"));
    }
    if structure.has_three_samplings() {
        return Err(unsupported("with three samplings of its colours"));
    }

    let mut decoder = Decoder::new(bytes[..structure.end].chain(&END[..]));
    decoder.set_color_transform(match structure.colours {
        Colours::Grey => ColorTransform::Grayscale,
        Colours::Rgb => ColorTransform::RGB,
        Colours::Ycc => ColorTransform::YCbCr,
        Colours::Cmyk => ColorTransform::CMYK,
        Colours::Ycck => ColorTransform::YCCK,
    });
    let mut values = decoder.decode().map_err(refusal)?;
    let info = decoder.info().ok_or(Error::PictureEmpty)?;
    let pixels = usize::from(info.width) * usize::from(info.height);
    let missing = (pixels * 4).saturating_sub(values.len());
    values.try_reserve_exact(missing).map_err(|_| {
        Error::PictureTooLarge(format!(
            "{columns} x {rows} pixels need more memory than there is"
        ))
    })?;
    values.resize(pixels * 4, 255);
    match info.pixel_format {
        PixelFormat::L8 => {
            for index in (0..pixels).rev() {
                let grey = values[index];
                values[index * 4..index * 4 + 4].copy_from_slice(&[grey, grey, grey, 255]);
            }
        }
        PixelFormat::RGB24 => {
            for index in (0..pixels).rev() {
                let [red, green, blue] = [
                    values[index * 3],
                    values[index * 3 + 1],
                    values[index * 3 + 2],
                ];
                values[index * 4..index * 4 + 4].copy_from_slice(&[red, green, blue, 255]);
            }
        }
        // The decoder has already inverted the inks.
        PixelFormat::CMYK32 => values.iter_mut().for_each(|ink| *ink = 255 - *ink),
        PixelFormat::L16 => return Err(unsupported("of more than 8 bits a colour")),
    }
    Ok(Scans {
        pixels: values,
        size: (columns, rows),
        exif: decoder.exif_data().map(<[u8]>::to_vec),
        profile: decoder.icc_profile(),
    })
}

fn unsupported(kind: &str) -> Error {
    Error::PictureUnsupported(format!("it is a JPEG {kind}"))
}

/// The decoder's error in words for visitors: its own messages name internals.
fn refusal(error: JpegError) -> Error {
    match error {
        JpegError::Unsupported(UnsupportedFeature::ArithmeticEntropyCoding) => {
            unsupported("with arithmetic coding")
        }
        JpegError::Unsupported(_) => unsupported("of an unsupported kind"),
        JpegError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            Error::PictureCorrupt("the file ends in the middle of the picture".into())
        }
        _ => Error::PictureCorrupt(
            "its JPEG data is inconsistent, or ends in the middle of the picture".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image_input::whole_jpeg_decoder;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!(
            "{}/../tests/bad_pictures/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    }

    fn decoded(bytes: &[u8]) -> Result<Scans, Error> {
        decode_scans(bytes, &JpegStructure::read(bytes)?)
    }

    fn names() -> Vec<String> {
        let of_coding = |coding| {
            ["1x1", "2x1", "1x2", "2x2", "4x1"]
                .map(|sampling| format!("sampling-{sampling}{coding}.jpg"))
        };
        let mut names = ["", "-separate", "-progressive"].map(of_coding).concat();
        names.extend(["cmyk.jpg".to_owned(), "progressive.jpg".to_owned()]);
        names
    }

    #[test]
    fn both_decoders_give_the_same_pictures() {
        for name in names() {
            let bytes = fixture(&name);
            let (small, whole) = (
                decoded(&bytes).unwrap(),
                whole_jpeg_decoder::decode_scans(&bytes, &JpegStructure::read(&bytes).unwrap())
                    .unwrap(),
            );
            let largest = small
                .pixels
                .iter()
                .zip(&whole.pixels)
                .map(|(one, other)| one.abs_diff(*other))
                .max();
            assert!(
                largest <= Some(4) && small.pixels.len() == whole.pixels.len(),
                "{name}: {largest:?}"
            );
        }
    }

    #[test]
    fn a_file_without_end_marker_opens_and_one_that_was_cut_does_not() {
        for name in names() {
            let bytes = fixture(&name);
            let whole = decoded(&bytes).unwrap().pixels;
            assert!(
                decoded(&bytes[..bytes.len() - 2]).unwrap().pixels == whole,
                "{name}"
            );
            // The last byte may hold only padding bits of 1.
            for length in 16..bytes.len() - 3 {
                let code = decoded(&bytes[..length])
                    .map(|_| ())
                    .map_err(|error| error.code());
                assert_eq!(
                    code,
                    Err("picture-corrupt"),
                    "{name} cut at {length} of {}",
                    bytes.len()
                );
            }
        }
    }

    #[test]
    fn arithmetic_coding_is_named() {
        let error = decoded(&fixture("sampling-2x2-arithmetic.jpg"))
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), "picture-unsupported");
        assert!(error.detail().contains("arithmetic"));
    }
}
