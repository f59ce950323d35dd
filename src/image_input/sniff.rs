//! Detects a file's format by its content; the file name is not used.

use image::ImageFormat;

use crate::error::Error;

/// The format of a supported file.
///
/// # Errors
/// `picture-unsupported` for any other file, with the name of its format if that is recognised.
pub(super) fn sniff(bytes: &[u8]) -> Result<ImageFormat, Error> {
    match image::guess_format(bytes) {
        Ok(
            format @ (ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::WebP
            | ImageFormat::Gif
            | ImageFormat::Bmp),
        ) => Ok(format),
        _ => {
            let seems = seems_to_be(bytes).unwrap_or("no known picture format");
            Err(Error::PictureUnsupported(format!(
                "it seems to be {seems}; PNG, JPEG, WebP, GIF and BMP can be read"
            )))
        }
    }
}

/// The name of a format that people may mistake for a supported one.
fn seems_to_be(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(usize, &[u8], &str); 44] = [
        (0, b"IIU\0", "a camera's raw file"),
        (0, b"IIRO", "a camera's raw file"),
        (0, b"IIRS", "a camera's raw file"),
        (0, b"MMOR", "a camera's raw file"),
        (0, b"FUJIFILMCCD-RAW", "a camera's raw file"),
        (0, b"FOVb", "a camera's raw file"),
        (0, b"\0MRM", "a camera's raw file"),
        (8, b"CR\x02", "a camera's raw file"),
        (4, b"ftypcrx", "a camera's raw file"),
        (0, b"II\xbc", "a JPEG XR picture"),
        (0, b"II*\0", "a TIFF picture, or a camera's raw file"),
        (0, b"MM\0*", "a TIFF picture, or a camera's raw file"),
        (0, b"II+\0", "a TIFF picture"),
        (0, b"MM\0+", "a TIFF picture"),
        (0, b"\xff\x0a", "a JPEG XL picture"),
        (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
        (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
        (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
        (0, b"\x1aE\xdf\xa3", "a video"),
        (8, b"AVI LIST", "a video"),
        (0, b"\0\0\x01\0", "an icon"),
        (0, b"\0\0\x02\0", "a cursor"),
        (0, b"icns", "an icon"),
        (0, b"8BPS", "a Photoshop document"),
        (0, b"gimp xcf", "a GIMP document"),
        (0, b"%PDF", "a PDF document"),
        (0, b"%!PS", "a PostScript document"),
        (0, b"\xd7\xcd\xc6\x9a", "a Windows metafile"),
        (40, b" EMF", "a Windows metafile"),
        (0, b"qoif", "a QOI picture"),
        (0, b"v/1\x01", "an OpenEXR picture"),
        (0, b"#?RADIANCE", "a Radiance HDR picture"),
        (0, b"#?RGBE", "a Radiance HDR picture"),
        (0, b"DDS ", "a DirectDraw texture"),
        (0, b"\xabKTX ", "a KTX texture"),
        (0, b"SIMPLE  =", "a FITS picture"),
        (0, b"farbfeld", "a farbfeld picture"),
        (0, b"BPG\xfb", "a BPG picture"),
        (0, b"FLIF", "a FLIF picture"),
        (0, b"\x8aMNG", "an MNG animation"),
        (0, b"\x8bJNG", "a JNG picture"),
        (0, b"PK\x03\x04", "a ZIP archive"),
        (0, b"\x1f\x8b", "a gzip archive"),
        (0, b"Rar!", "a RAR archive"),
    ];
    let starts = |start: usize, signature: &[u8]| {
        bytes
            .get(start..)
            .is_some_and(|rest| rest.starts_with(signature))
    };
    if starts(4, b"ftyp")
        && let Some(name) = seems_to_be_by_brand(bytes)
    {
        return Some(name);
    }
    let signed = SIGNATURES
        .iter()
        .find(|(start, signature, _)| starts(*start, signature));
    signed.map(|&(_, _, name)| name).or_else(|| {
        if let [b'P', b'1'..=b'7' | b'f' | b'F', space, ..] = bytes
            && space.is_ascii_whitespace()
        {
            return Some("a Netpbm picture");
        }
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
        [
            ("<html", "a web page"),
            ("<!doctype html", "a web page"),
            ("<svg", "an SVG drawing"),
            ("<?xml", "an XML document"),
        ]
        .into_iter()
        .find_map(|(tag, name)| text.contains(tag).then_some(name))
    })
}

/// The format of an ISO media file, by its major brand and its compatible brands.
fn seems_to_be_by_brand(bytes: &[u8]) -> Option<&'static str> {
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let brands = bytes
        .get(8..length.min(bytes.len()).min(256))?
        .chunks_exact(4);
    let known = brands
        .enumerate()
        .filter(|(index, _)| *index != 1)
        .find_map(|(_, brand)| match brand {
            b"avif" | b"avis" => Some("an AVIF picture"),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some("a HEIC picture"),
            b"crx " => Some("a camera's raw file"),
            _ => None,
        });
    known.or(match bytes.get(8..12)? {
        b"mif1" | b"msf1" => Some("a HEIF picture"),
        _ => Some("a video"),
    })
}
