//! What a file is, by its content; its name plays no part.

use image::ImageFormat;

use crate::error::Error;

/// The format of a file that can be read here.
///
/// # Errors
/// `picture-unsupported` for any other file, saying what it seems to be where that can be told.
pub(super) fn sniff(bytes: &[u8]) -> Result<ImageFormat, Error> {
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif | ImageFormat::Bmp)) => {
            Ok(format)
        }
        _ => {
            let seems = seems_to_be(bytes).unwrap_or("no picture that is known here");
            Err(Error::PictureUnsupported(format!("it seems to be {seems}; PNG, JPEG, WebP, GIF and BMP can be read")))
        }
    }
}

/// A name for the kinds of file that people take for such a picture.
fn seems_to_be(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(usize, &[u8], &str); 14] = [
        (0, b"II*\0", "a TIFF picture"),
        (0, b"MM\0*", "a TIFF picture"),
        (4, b"ftypavi", "an AVIF picture"),
        (4, b"ftyphei", "a HEIC picture"),
        (4, b"ftyphev", "a HEIC picture"),
        (4, b"ftypmif1", "a HEIC picture"),
        (4, b"ftyp", "a video"),
        (0, b"\x1aE\xdf\xa3", "a video"),
        (0, b"\xff\x0a", "a JPEG XL picture"),
        (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
        (0, b"\0\0\x01\0", "an icon"),
        (0, b"8BPS", "a Photoshop document"),
        (0, b"%PDF", "a PDF document"),
        (0, b"PK\x03\x04", "a ZIP archive"),
    ];
    let signed =
        SIGNATURES.iter().find(|(start, signature, _)| bytes.get(*start..).is_some_and(|rest| rest.starts_with(signature)));
    signed.map(|&(_, _, name)| name).or_else(|| {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
        [("<html", "a web page"), ("<!doctype html", "a web page"), ("<svg", "an SVG drawing"), ("<?xml", "an XML document")]
            .into_iter()
            .find_map(|(tag, name)| text.contains(tag).then_some(name))
    })
}
