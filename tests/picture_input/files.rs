//! Makes picture files.

use std::io::Cursor;

use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgba, RgbaImage};

pub const FORMATS: [ImageFormat; 5] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Bmp,
];
/// Chroma subsampling of the JPEG files: horizontal and vertical factors of luma over chroma.
pub const SAMPLINGS: [&str; 5] = ["1x1", "2x1", "1x2", "2x2", "4x1"];
pub const BLACK: [u8; 4] = [0, 0, 0, 255];
pub const WHITE: [u8; 4] = [255; 4];

/// An opaque picture in which every pixel, row and column differs from its neighbours.
pub fn photo(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        Rgba([
            (x * 37 + y * 11) as u8,
            (x * x * 7 + y * 5) as u8,
            (x * y * 30) as u8,
            255,
        ])
    })
}

pub fn encode(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = DynamicImage::from(picture.clone());
    let picture = if format == ImageFormat::Jpeg {
        picture.to_rgb8().into()
    } else {
        picture
    };
    picture
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

pub fn webp_with_exif(picture: &RgbaImage, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// A BMP of one row of two 32-bit pixels: B, G, R, alpha.
pub fn bmp(header: u32, compression: u32, alpha_mask: u32, pixels: [[u8; 4]; 2]) -> Vec<u8> {
    let mut info = header.to_le_bytes().to_vec();
    info.extend([2i32, 1].map(i32::to_le_bytes).concat());
    info.extend([1u16, 32].map(u16::to_le_bytes).concat());
    info.extend(compression.to_le_bytes());
    info.resize(40, 0);
    // The masks are part of the newer headers, and follow the old one.
    if header > 40 || compression == 3 || compression == 6 {
        info.extend([0xff_0000, 0xff00, 0xff].map(u32::to_le_bytes).concat());
    }
    if header >= 56 || compression == 6 {
        info.extend(alpha_mask.to_le_bytes());
    }
    info.resize(info.len().max(header as usize), 0);
    let start = 14 + info.len() as u32;
    [
        &b"BM"[..],
        &(start + 8).to_le_bytes(),
        &[0; 4],
        &start.to_le_bytes(),
        &info,
        &pixels.concat(),
    ]
    .concat()
}

/// The names of the JPEG files of each sampling in these codings.
pub fn sampled_jpegs(codings: &[&str]) -> Vec<String> {
    SAMPLINGS
        .iter()
        .flat_map(|sampling| {
            codings
                .iter()
                .map(move |coding| format!("sampling-{sampling}{coding}.jpg"))
        })
        .collect()
}

/// A TIFF header with one directory of one entry: the orientation, 0x0112.
pub fn exif(orientation: u16, big_endian: bool) -> Vec<u8> {
    let short = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let long = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut exif = if big_endian {
        b"MM\0*".to_vec()
    } else {
        b"II*\0".to_vec()
    };
    exif.extend(long(8));
    exif.extend([short(1), short(0x0112), short(3)].concat());
    exif.extend(long(1));
    exif.extend([short(orientation), short(0)].concat());
    exif.extend(long(0));
    exif
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/bad_pictures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

pub fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = (body.len() as u32).to_be_bytes().to_vec();
    chunk.extend_from_slice(name);
    chunk.extend_from_slice(body);
    let mut crc = u32::MAX;
    for byte in &chunk[4..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    chunk.extend((!crc).to_be_bytes());
    chunk
}
