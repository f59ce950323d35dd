//! EXIF orientation.

use deep_inside::image_input::decode_file;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgba, RgbaImage};

use crate::files::{encode, exif, fixture, photo, webp_with_exif};
use crate::{largest_difference, pixels, size};

#[test]
fn all_eight_orientations_give_identical_pixels() {
    let upright = photo(7, 5);
    for orientation in 1..=8 {
        for big_endian in [false, true] {
            let stored = stored_as(&upright, orientation);
            let exif = exif(orientation, big_endian);
            for bytes in [
                png_with_exif(&stored, &exif),
                webp_with_exif(&stored, &exif),
            ] {
                let picture = decode_file(&bytes).unwrap();
                assert_eq!(
                    (picture.width(), picture.height()),
                    (7, 5),
                    "orientation {orientation}"
                );
                assert!(
                    picture.rgba() == *upright.as_raw(),
                    "orientation {orientation}, big endian {big_endian}"
                );
            }
        }
    }
}

#[test]
fn all_eight_orientations_of_a_jpeg_are_upright() {
    let upright = blocks();
    for orientation in 1..=8 {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
        encoder.set_exif_metadata(exif(orientation, true)).unwrap();
        DynamicImage::from(stored_as(&upright, orientation))
            .to_rgb8()
            .write_with_encoder(encoder)
            .unwrap();
        let picture = decode_file(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), upright.dimensions());
        assert!(
            largest_difference(&picture.rgba(), upright.as_raw()) <= 4,
            "orientation {orientation}"
        );
    }
}

#[test]
fn all_eight_orientations_of_a_lossy_webp_are_upright() {
    let plain = fixture("lossy.webp");
    let stored = pixels(&plain);
    for orientation in 1..=8 {
        let exif = exif(orientation, orientation % 2 == 0);
        let prefixed = [b"Exif\0\0", &exif[..]].concat();
        for exif in [exif, prefixed] {
            let picture = decode_file(&extended_webp(&plain, 0x08, &[(b"EXIF", &exif)])).unwrap();
            let upright =
                RgbaImage::from_raw(picture.width(), picture.height(), picture.rgba().to_vec())
                    .unwrap();
            assert!(
                stored_as(&upright, orientation).into_raw() == stored,
                "orientation {orientation}"
            );
        }
    }
}

#[test]
fn a_webp_whose_metadata_is_missing_or_unflagged_is_decoded() {
    let plain = fixture("lossy.webp");
    assert_eq!(size(&extended_webp(&plain, 0x0c, &[])), (32, 16));
    assert_eq!(
        size(&extended_webp(&plain, 0, &[(b"junk", b"odd")])),
        (32, 16)
    );
    assert_eq!(
        size(&extended_webp(&plain, 0, &[(b"EXIF", &exif(6, true))])),
        (16, 32)
    );
}

#[test]
fn invalid_exif_is_ignored() {
    let upright = photo(7, 5);
    let valid = exif(6, false);
    let mut invalid: Vec<Vec<u8>> = (1..valid.len())
        .map(|length| valid[..length].to_vec())
        .filter(|truncated| truncated.len() < 20)
        .collect();
    invalid.extend([
        exif(0, false),
        exif(9, true),
        b"no exif at all".to_vec(),
        vec![0xff; 300],
    ]);
    let mut huge = valid.clone();
    huge[8..10].copy_from_slice(&[0xff, 0xff]);
    huge[10] = 0;
    invalid.push(huge);
    for exif in invalid {
        for bytes in [
            png_with_exif(&upright, &exif),
            webp_with_exif(&upright, &exif),
        ] {
            assert!(
                decode_file(&bytes).unwrap().rgba() == *upright.as_raw(),
                "{exif:?}"
            );
        }
    }
    let mut jpeg = encode(&upright, ImageFormat::Jpeg);
    jpeg.splice(2..2, *b"\xff\xe1\0\x10Exif\0\0MM\0*\xff\xff");
    assert_eq!(size(&jpeg), (7, 5));
}

/// Six flat blocks of 16 x 16 pixels in different greys: a JPEG keeps them.
fn blocks() -> RgbaImage {
    RgbaImage::from_fn(48, 32, |x, y| {
        let grey = (x / 16 * 80 + y / 16 * 35) as u8;
        Rgba([grey, grey, grey, 255])
    })
}

fn png_with_exif(picture: &RgbaImage, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// A lossy WebP file as an extended WebP file, with these flags and further chunks.
fn extended_webp(plain: &[u8], flags: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBPVP8X\x0a\0\0\0".to_vec();
    body.extend([flags, 0, 0, 0, 31, 0, 0, 15, 0, 0]);
    body.extend(&plain[12..]);
    for (name, chunk) in chunks {
        body.extend(*name);
        body.extend((chunk.len() as u32).to_le_bytes());
        body.extend(*chunk);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// The stored pixels that `orientation` turns into `upright`. For each value, the EXIF standard
/// names the visual side of the 0th row and of the 0th column.
fn stored_as(upright: &RgbaImage, orientation: u16) -> RgbaImage {
    let (width, height) = upright.dimensions();
    let (columns, rows) = if orientation < 5 {
        (width, height)
    } else {
        (height, width)
    };
    RgbaImage::from_fn(columns, rows, |column, row| {
        let (x, y) = match orientation {
            1 => (column, row),                          // top, left
            2 => (width - 1 - column, row),              // top, right
            3 => (width - 1 - column, height - 1 - row), // bottom, right
            4 => (column, height - 1 - row),             // bottom, left
            5 => (row, column),                          // left, top
            6 => (width - 1 - row, column),              // right, top
            7 => (width - 1 - row, height - 1 - column), // right, bottom
            _ => (row, height - 1 - column),             // left, bottom
        };
        *upright.get_pixel(x, y)
    })
}
