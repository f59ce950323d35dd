//! Limits on size and memory.

use std::io::Cursor;

use deep_inside::image_input::{decode_file, picture_size};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat};

use crate::files::{encode, exif, fixture, photo, png_chunk, webp_with_exif};
use crate::peak_memory::with_peak_memory;
use crate::{largest_difference, refused, refused_at_once};

#[test]
fn a_huge_size_is_refused_at_once_and_without_memory() {
    let claims = [
        (60_000, 60_000),
        (65_536, 65_537),
        (u32::MAX >> 1, u32::MAX >> 1),
        (65_536, 1),
        (1, 65_536),
        (12_248, 12_248),
    ];
    for (width, height) in claims {
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([8, 2, 0, 0, 0]);
        png.extend(png_chunk(b"IHDR", &header));
        png.extend(png_chunk(b"IDAT", &[0x78, 1, 3, 0, 0, 0, 0, 1]));
        png.extend(png_chunk(b"IEND", &[]));
        assert_eq!(png.len(), 65);
        refused_at_once(&png);
    }
}

#[test]
fn huge_sizes_in_other_formats_are_refused_at_once_too() {
    let mut jpeg = encode(&photo(8, 8), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|marker| marker == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    refused_at_once(&jpeg);

    let mut gif = encode(&photo(8, 8), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    refused_at_once(&gif);
    let mut frame = encode(&photo(8, 8), ImageFormat::Gif);
    let descriptor = frame
        .windows(5)
        .position(|block| block == [0x2c, 0, 0, 0, 0])
        .unwrap();
    frame[descriptor + 5..descriptor + 9].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    refused_at_once(&frame);

    let mut bmp = encode(&photo(8, 8), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0]);
    refused_at_once(&bmp);

    let mut webp = fixture("lossy.webp");
    let header = webp
        .windows(3)
        .position(|start| start == [0x9d, 1, 0x2a])
        .unwrap();
    webp[header + 3..header + 7].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    refused_at_once(&webp);
}

#[test]
fn a_metadata_chunk_beyond_the_end_of_the_file_allocates_no_memory() {
    let mut webp = webp_with_exif(&photo(8, 8), &[0; 16]);
    let exif = webp.windows(4).position(|name| name == b"EXIF").unwrap();
    webp[exif + 4..exif + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0xef]);
    let (code, memory) = with_peak_memory(|| refused(&webp));
    assert_eq!(code, "picture-corrupt");
    assert!(memory < 1 << 20, "{memory} bytes");
}

#[test]
fn a_file_of_more_pixels_than_a_picture_may_have_is_reduced() {
    // Area averaging keeps flat halves flat, and the edge between them in place.
    for (columns, rows) in [(8_160, 6_144), (17_000, 40)] {
        let picture = image::GrayImage::from_fn(columns, rows, |x, _| {
            image::Luma([if x < columns / 2 { 40 } else { 200 }])
        });
        let mut jpeg = Vec::new();
        JpegEncoder::new(&mut jpeg)
            .write_image(&picture, columns, rows, ExtendedColorType::L8)
            .unwrap();
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(&picture, columns, rows, ExtendedColorType::L8)
            .unwrap();
        for bytes in [jpeg, png] {
            let picture = decode_file(&bytes).unwrap();
            let (width, height) = picture_size(columns, rows).unwrap();
            assert_eq!(
                (picture.width(), picture.height(), picture.file_size()),
                (width, height, (columns, rows))
            );
            for (x, y, value) in [
                (0, 0, 40),
                (width / 2 - 8, height / 2, 40),
                (width / 2 + 8, 0, 200),
                (width - 1, height - 1, 200),
            ] {
                let pixel = &picture.rgba()[(y * width + x) as usize * 4..][..4];
                assert!(
                    largest_difference(pixel, &[value, value, value, 255]) <= 2,
                    "{pixel:?} at {x}, {y} should be {value}"
                );
            }
        }
    }
}

#[test]
fn the_size_of_a_reduced_file_is_upright() {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new(&mut jpeg);
    encoder.set_exif_metadata(exif(6, false)).unwrap();
    encoder
        .write_image(&[90; 17_000 * 8], 17_000, 8, ExtendedColorType::L8)
        .unwrap();
    let picture = decode_file(&jpeg).unwrap();
    assert_eq!(
        (picture.width(), picture.height(), picture.file_size()),
        (7, 16_384, (8, 17_000))
    );
}

#[test]
fn a_file_of_more_than_200_megabytes_is_too_large() {
    let mut bytes = encode(&photo(8, 8), ImageFormat::Png);
    bytes.resize(200_000_001, 0);
    refused_at_once(&bytes);
}

#[test]
fn pixels_that_need_more_memory_than_the_limit_are_too_large() {
    // Progressive CMYK: 12 bytes of coefficients and samples on top of 4 bytes per pixel.
    let frame = [
        &[0xff, 0xd8, 0xff, 0xc2, 0, 20, 8][..],
        &[0x27, 0x10, 0x3a, 0x98, 4],
        &[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0],
    ];
    let scan = [
        0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0, 0xff, 0xd9,
    ];
    let jpeg = [&frame.concat()[..], &scan].concat();
    refused_at_once(&jpeg);
    assert!(
        decode_file(&jpeg)
            .unwrap_err()
            .detail()
            .contains("15000 x 10000 pixels, which need 1668 MB")
    );
}

#[test]
fn a_photo_is_decoded_without_a_second_copy_of_its_pixels() {
    let photo = photo(1_600, 1_200);
    let pixels = 1_600 * 1_200;
    for (format, bytes_per_pixel) in [
        (ImageFormat::Jpeg, 7.1),
        (ImageFormat::Png, 4.1),
        (ImageFormat::Bmp, 4.1),
    ] {
        let mut bytes = Vec::new();
        DynamicImage::from(DynamicImage::from(photo.clone()).to_rgb8())
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        let (picture, memory) = with_peak_memory(|| decode_file(&bytes).unwrap());
        assert_eq!(picture.rgba().len(), pixels * 4);
        let most = bytes_per_pixel * pixels as f64 + 500_000.0;
        assert!(
            (memory as f64) < most,
            "{format:?}: {memory} bytes, {:.2} per pixel",
            memory as f64 / pixels as f64
        );
    }
}

#[test]
fn compressed_text_and_profiles_are_inflated_within_limits() {
    let bomb = deflated_zeros(400_000_000);
    for (name, most) in [(b"zTXt", 8), (b"iTXt", 8), (b"iCCP", 130)] {
        let mut body = b"bomb\0\0".to_vec();
        if name == b"iTXt" {
            body = b"bomb\0\x01\0\0\0".to_vec();
        }
        body.extend_from_slice(&bomb);
        let mut png = encode(&photo(4, 4), ImageFormat::Png);
        png.splice(33..33, png_chunk(name, &body));
        let (picture, memory) = with_peak_memory(|| decode_file(&png));
        assert_eq!(
            (picture.unwrap().width(), memory >> 20 < most),
            (4, true),
            "{memory} bytes"
        );
    }
}

#[test]
fn a_picture_has_its_files_size_or_the_largest_of_its_aspect_ratio() {
    for size in [
        (1, 1),
        (8_064, 6_048),
        (10_000, 5_000),
        (16_384, 3),
        (1, 16_384),
    ] {
        assert_eq!(picture_size(size.0, size.1), Ok(size));
    }
    for (columns, rows) in [
        (8_160, 6_144),
        (6_144, 8_192),
        (16_382, 3_628),
        (12_000, 9_000),
        (65_535, 1),
        (17, 65_535),
        (15_000, 10_000),
    ] {
        let (width, height) = picture_size(columns, rows).unwrap();
        let area = u64::from(width) * u64::from(height);
        assert!(
            area <= 50_000_000 && width <= 16_384 && height <= 16_384,
            "{width} x {height}"
        );
        assert!(
            area > 49_900_000 || width.max(height) == 16_384,
            "{columns} x {rows} -> {width} x {height}"
        );
        let drift = f64::from(width) * f64::from(rows) - f64::from(height) * f64::from(columns);
        assert!(
            drift.abs() <= f64::from(columns.max(rows)),
            "{columns} x {rows} -> {width} x {height}"
        );
    }
    let code = |columns, rows| picture_size(columns, rows).map_err(|error| error.code());
    assert_eq!(code(3, 0), Err("picture-empty"));
    assert_eq!(code(65_536, 1), Err("picture-too-large"));
    assert_eq!(code(15_000, 10_001), Err("picture-too-large"));
    assert_eq!(code(u32::MAX, u32::MAX), Err("picture-too-large"));
}

/// A zlib stream that inflates to about `count` zeros: 1 and the largest multiple of 258, with 13
/// bits for every 258.
fn deflated_zeros(count: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = vec![1, 1, 0]; // last block, fixed codes
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]); // the literal 0
    for _ in 0..count / 258 {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]); // copy 258 bytes from 1 back
    }
    bits.extend([0; 7]); // end
    let mut stream = vec![0x78, 1];
    stream.extend(bits.chunks(8).map(|byte| {
        byte.iter()
            .enumerate()
            .fold(0, |sum, (index, bit)| sum | bit << index)
    }));
    let inflated = (count / 258 * 258 + 1) as u32;
    stream.extend(((inflated % 65_521) << 16 | 1).to_be_bytes());
    stream
}
