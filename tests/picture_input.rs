//! Invalid and unusual picture files: each gives the documented error or the right picture.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Cursor;

use deep_inside::image_input::{Picture, PictureBuilder, decode_file, picture_size};
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, Frame, ImageEncoder, ImageFormat, Rgba, RgbaImage};
use proptest::prelude::*;

const FORMATS: [ImageFormat; 5] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Bmp,
];
/// Chroma subsampling of the JPEG files: horizontal and vertical factors of luma over chroma.
const SAMPLINGS: [&str; 5] = ["1x1", "2x1", "1x2", "2x2", "4x1"];
const BLACK: [u8; 4] = [0, 0, 0, 255];
const WHITE: [u8; 4] = [255; 4];

// Files

#[test]
fn an_empty_file_is_an_empty_picture() {
    assert_eq!(refused(&[]), "picture-empty");
}

#[test]
fn random_bytes_are_no_picture() {
    let mut state = 7u32;
    let noise: Vec<u8> = (0..5000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    assert_eq!(refused(&noise), "picture-unsupported");
    assert_eq!(refused(&[0]), "picture-unsupported");
}

#[test]
fn a_png_signature_alone_is_corrupt() {
    assert_eq!(refused(b"\x89PNG\r\n\x1a\n"), "picture-corrupt");
}

#[test]
fn a_file_truncated_anywhere_before_its_last_pixel_is_corrupt() {
    for format in FORMATS {
        let whole = encode(&photo(96, 64), format);
        for length in (64..whole.len() - 64).step_by(64) {
            assert_eq!(
                refused(&whole[..length]),
                "picture-corrupt",
                "{format:?} cut at {length} of {}",
                whole.len()
            );
        }
    }
    let fixtures =
        ["progressive.jpg", "cmyk.jpg", "lossy.webp", "animated.webp"].map(str::to_owned);
    for name in fixtures.into_iter().chain(sampled_jpegs(&[
        "",
        "-separate",
        "-progressive",
        "-arithmetic",
    ])) {
        let whole = fixture(&name);
        // An animation may end after its first frame, and a JPEG before its end marker, unless its
        // coding is arithmetic.
        let frames: Vec<usize> = (0..whole.len() - 4)
            .filter(|&start| &whole[start..start + 4] == b"ANMF")
            .collect();
        let end_marker = if name.ends_with(".jpg") && !name.contains("arithmetic") {
            2
        } else {
            0
        };
        let end = frames.get(1).copied().unwrap_or(whole.len() - end_marker);
        for length in 16..end - end_marker.abs_diff(2) {
            assert_eq!(
                refused(&whole[..length]),
                "picture-corrupt",
                "{name} cut at {length} of {end}"
            );
        }
    }
}

#[test]
fn an_end_marker_does_not_make_a_truncated_jpeg_complete() {
    // A progressive JPEG that ends between two scans is complete, with less detail: not tested
    // here.
    for name in sampled_jpegs(&["", "-separate"]) {
        let whole = fixture(&name);
        for length in 16..whole.len() - 2 {
            let bytes = [&whole[..length], &[0xff, 0xd9]].concat();
            assert_eq!(
                refused(&bytes),
                "picture-corrupt",
                "{name} cut at {length} of {}",
                whole.len()
            );
        }
    }
}

#[test]
fn a_jpeg_without_its_end_marker_is_decoded_whatever_follows() {
    let other = fixture("progressive.jpg");
    let mut misleading = b"SEFH\xff\xda\0\x08\x01\x63\0\0\x3f\0\xff\xc0\0\x02".to_vec();
    misleading.extend(&other[20..]);
    for name in sampled_jpegs(&["", "-separate", "-progressive"]) {
        let whole = fixture(&name);
        let data = &whole[..whole.len() - 2];
        for trailer in [
            &b""[..],
            b"\xff",
            b"\0\0\0\0",
            b"Image_UTC_Data1458765943",
            &other,
            &misleading,
        ] {
            let picture = decode_file(&[data, trailer].concat())
                .unwrap_or_else(|error| panic!("{name} with {trailer:?}: {error}"));
            assert!(picture.rgba() == pixels(&whole), "{name} with {trailer:?}");
        }
    }
}

#[test]
fn bytes_after_the_picture_are_ignored() {
    for format in FORMATS {
        let mut bytes = encode(&photo(96, 64), format);
        bytes.extend_from_slice(b"trailing bytes, as some phones add them");
        assert_eq!(
            (
                decode_file(&bytes).unwrap().width(),
                decode_file(&bytes).unwrap().height()
            ),
            (96, 64),
            "{format:?}"
        );
    }
}

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
fn the_content_determines_the_format_and_other_formats_are_named() {
    for format in FORMATS {
        assert_eq!(size(&encode(&photo(5, 4), format)), (5, 4), "{format:?}");
    }
    let files: [(&[u8], &str); 24] = [
        (
            b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "SVG",
        ),
        (
            b"\xef\xbb\xbf \n<!DOCTYPE html><html><body><svg/></body></html>",
            "web page",
        ),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\x0a\xfa\x7f", "JPEG XL"),
        (b"P6 1 1 255 abc", "Netpbm"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif", "AVIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix", "HEIC"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "raw file"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"MM\0+\0\x08", "TIFF"),
        (b"II*\0\x10\0\0\0CR\x02\0", "raw file"),
        (b"FUJIFILMCCD-RAW 0201", "raw file"),
        (b"\0\0\x01\0\x05\0\x10\x10", "icon"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"gimp xcf v011", "GIMP"),
        (b"v/1\x01\x02\0\0\0", "OpenEXR"),
        (b"qoif\0\0", "QOI"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"#!/bin/sh", "no picture that is known here"),
    ];
    for (bytes, name) in files {
        let error = decode_file(bytes).unwrap_err();
        assert_eq!(error.code(), "picture-unsupported");
        assert!(
            error.detail().contains(name),
            "{error} should name a {name}"
        );
    }
}

#[test]
fn valid_jpegs_of_unsupported_kinds_are_named() {
    let valid = fixture("sampling-2x2.jpg");
    let position = |marker: u8| {
        valid
            .windows(2)
            .position(|pair| pair == [0xff, marker])
            .unwrap()
    };
    let (frame, scan) = (position(0xc0), position(0xda));
    let with = |changes: &[(usize, u8)]| {
        let mut bytes = valid.clone();
        changes
            .iter()
            .for_each(|&(index, value)| bytes[index] = value);
        bytes
    };
    let two_colours = [
        &valid[..scan],
        &[0xff, 0xda, 0, 10, 2, 1, 0, 2, 0x11, 0, 63, 0],
        &valid[scan + 14..],
    ]
    .concat();
    let files = [
        (with(&[(frame + 1, 0xc3)]), "lossless"),
        (with(&[(frame + 1, 0xcb)]), "lossless"),
        (with(&[(frame + 1, 0xc5)]), "hierarchical"),
        (with(&[(frame + 1, 0xde)]), "hierarchical"),
        (with(&[(frame + 1, 0xf7)]), "JPEG-LS"),
        (with(&[(frame + 1, 0xc1), (frame + 4, 12)]), "12 bits"),
        (with(&[(frame + 9, 2)]), "2 colours"),
        (with(&[(frame + 5, 0), (frame + 6, 0)]), "height after"),
        (with(&[(frame + 11, 0x11), (frame + 14, 0x22)]), "sampling"),
        (two_colours, "scan of their own"),
    ];
    for (bytes, kind) in files {
        let error = decode_file(&bytes).unwrap_err();
        assert_eq!(error.code(), "picture-unsupported", "{kind}: {error}");
        assert!(error.detail().contains(kind), "{error} should name {kind}");
    }
}

#[test]
fn error_details_name_no_internals_of_the_decoders() {
    let mut files: Vec<Vec<u8>> = FORMATS
        .into_iter()
        .map(|format| encode(&photo(12, 9), format))
        .collect();
    files.extend(["cmyk.jpg", "lossy.webp", "animated.webp", "palette.png"].map(fixture));
    files.extend(
        sampled_jpegs(&["-separate", "-progressive", "-arithmetic"])
            .into_iter()
            .map(|name| fixture(&name)),
    );
    let mut refusals = 0;
    for whole in files {
        let truncated = (1..whole.len()).map(|length| whole[..length].to_vec());
        let changed = (0..whole.len()).flat_map(|index| {
            [0xff, 0x10].map(|bits| {
                let mut bytes = whole.clone();
                bytes[index] ^= bits;
                bytes
            })
        });
        for bytes in truncated.chain(changed) {
            if let Err(error) = decode_file(&bytes) {
                refusals += 1;
                let text = error.detail();
                let internals = [
                    "{", "}", "::", "`", "\"", "Err", "Some", "None", "Io(", "()", "_", "0x", "  ",
                ];
                assert!(
                    !internals.iter().any(|internal| text.contains(internal)),
                    "{text}"
                );
                assert!(error.code().starts_with("picture-"), "{error}");
            }
        }
    }
    assert!(refusals > 5_000, "{refusals}");
}

// Orientation

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

// Shapes and pixel kinds

#[test]
fn pictures_may_be_one_pixel_wide_or_high() {
    for (width, height) in [(1, 1), (1, 5_000), (5_000, 1), (16_383, 1), (1, 16_383)] {
        for format in FORMATS {
            assert_eq!(
                size(&encode(&photo(width, height), format)),
                (width, height),
                "{format:?}"
            );
        }
    }
}

#[test]
fn sixteen_bits_grey_and_grey_with_alpha_are_read() {
    let sixteen =
        image::ImageBuffer::<image::Rgb<u16>, _>::from_raw(1, 1, vec![0u16, 0x8080, 0xffff])
            .unwrap();
    assert_eq!(pixels(&png(&sixteen.into())), [0, 0x80, 0xff, 255]);
    let grey = image::GrayImage::from_raw(2, 1, vec![0, 77]).unwrap();
    assert_eq!(
        pixels(&png(&grey.clone().into())),
        [BLACK, [77, 77, 77, 255]].concat()
    );
    let mut jpeg = Vec::new();
    DynamicImage::from(grey)
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 100))
        .unwrap();
    assert!(largest_difference(&pixels(&jpeg), &[BLACK, [77, 77, 77, 255]].concat()) <= 2);
    let with_alpha = image::GrayAlphaImage::from_raw(2, 1, vec![0, 255, 0, 0]).unwrap();
    assert_eq!(pixels(&png(&with_alpha.into())), [BLACK, WHITE].concat());
}

#[test]
fn palette_cmyk_progressive_and_animated_files_are_read() {
    for (name, tolerance) in [
        ("palette.png", 0),
        ("cmyk.jpg", 3),
        ("progressive.jpg", 3),
        ("lossy.webp", 4),
        ("animated.webp", 0),
    ] {
        let picture = decode_file(&fixture(name)).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 16), "{name}");
        // Away from the edge between the halves, where lossy formats have ringing.
        for (column, colour) in [(3, [200, 40, 60, 255]), (28, [20, 120, 220, 255])] {
            let pixel = &picture.rgba()[(8 * 32 + column) * 4..][..4];
            assert!(
                largest_difference(pixel, &colour) <= tolerance,
                "{name}: {pixel:?} should be {colour:?}"
            );
        }
    }
}

#[test]
fn every_sampling_and_coding_of_a_jpeg_gives_libjpegs_pixels() {
    for sampling in SAMPLINGS {
        let expected = pixels(&fixture(&format!("sampling-{sampling}.png")));
        for coding in ["", "-separate", "-progressive", "-arithmetic"] {
            let found = pixels(&fixture(&format!("sampling-{sampling}{coding}.jpg")));
            assert!(
                largest_difference(&found, &expected) <= 1,
                "{sampling}{coding}"
            );
        }
    }
}

#[test]
fn an_rgb_jpeg_is_recognised_by_its_component_ids_or_its_adobe_marker() {
    let by_id = fixture("rgb.jpg");
    let mut by_marker = by_id.clone();
    let frame = by_marker
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    let scan = by_marker
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    for (index, id) in [1, 2, 3].into_iter().enumerate() {
        by_marker[frame + 10 + index * 3] = id;
        by_marker[scan + 5 + index * 2] = id;
    }
    let adobe = *b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
    let without_jfif = |bytes: &[u8]| {
        if bytes[3] == 0xe0 {
            [&bytes[..2], &bytes[20..]].concat()
        } else {
            bytes.to_vec()
        }
    };
    let by_marker = without_jfif(&by_marker);
    let by_marker = if by_marker[3] == 0xee {
        by_marker
    } else {
        [&by_marker[..2], &adobe, &by_marker[2..]].concat()
    };
    for bytes in [by_id, by_marker] {
        let found = pixels(&bytes);
        assert!(largest_difference(&found[(8 * 32 + 3) * 4..][..4], &[200, 40, 60, 255]) <= 3);
    }
}

// Colours

#[test]
fn colours_are_converted_by_the_profile() {
    let colours: Vec<[u8; 3]> = vec![
        [0, 0, 0],
        [255, 255, 255],
        [200, 100, 50],
        [30, 160, 90],
        [128, 128, 128],
        [10, 60, 250],
    ];
    let picture = RgbaImage::from_fn(48, 16, |x, _| {
        let [red, green, blue] = colours[x as usize / 8];
        Rgba([red, green, blue, 255])
    });
    let swapped = [SRGB[2], SRGB[0], SRGB[1]];
    for (name, primaries, gamma) in [
        ("P3", P3, 2.2),
        ("Adobe", ADOBE_RGB, 2.2),
        ("ProPhoto", PROPHOTO, 1.8),
        ("swapped", swapped, 2.2),
    ] {
        let profile = rgb_profile(primaries, gamma);
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let found = pixels(&with_profile(&picture, format, &profile));
            for (index, colour) in colours.iter().enumerate() {
                let expected = in_srgb(*colour, primaries, gamma);
                let pixel = &found[(8 * 48 + index * 8 + 4) * 4..][..3];
                // Rounding errors of a JPEG in a wide colour space are amplified.
                let tolerance = if format == ImageFormat::Jpeg { 9 } else { 2 };
                assert!(
                    largest_difference(pixel, &expected) <= tolerance,
                    "{name} {format:?}: {colour:?} is {pixel:?}, not {expected:?}"
                );
            }
        }
    }
}

#[test]
fn profiles_that_are_invalid_or_of_another_colour_space_are_ignored() {
    let picture = photo(20, 10);
    let valid = rgb_profile(P3, 2.2);
    let mut huge = valid.clone();
    huge[128..132].copy_from_slice(&[0xff; 4]);
    let mut profiles = vec![
        b"no profile".to_vec(),
        vec![0; 200],
        huge,
        grey_profile(1.0),
        cmyk_profile(),
    ];
    profiles.extend(
        (1..valid.len())
            .step_by(13)
            .map(|length| valid[..length].to_vec()),
    );
    for profile in profiles {
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            assert!(
                pixels(&with_profile(&picture, format, &profile)) == picture.as_raw()[..],
                "{} bytes",
                profile.len()
            );
        }
    }
}

#[test]
fn grey_and_cmyk_profiles_are_applied() {
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_icc_profile(grey_profile(1.0)).unwrap();
    encoder
        .write_image(&[0, 64, 255], 3, 1, ExtendedColorType::L8)
        .unwrap();
    assert!(
        largest_difference(
            &pixels(&png),
            &[BLACK, [137, 137, 137, 255], WHITE].concat()
        ) <= 1
    );

    // By this profile only black ink has a colour, and the picture has almost none.
    let plain = fixture("cmyk.jpg");
    let profile = cmyk_profile();
    let mut segment = vec![0xff, 0xe2];
    segment.extend((profile.len() as u16 + 16).to_be_bytes());
    segment.extend(b"ICC_PROFILE\0\x01\x01");
    segment.extend(&profile);
    let found = pixels(&[&plain[..2], &segment, &plain[2..]].concat());
    assert!(
        largest_difference(&found[..4], &WHITE) <= 8,
        "{:?}",
        &found[..4]
    );
    assert!(largest_difference(&pixels(&plain)[..4], &WHITE) > 100);
}

#[test]
fn a_png_may_describe_its_colours_by_chunks_instead_of_a_profile() {
    let picture = RgbaImage::from_pixel(2, 2, Rgba([200, 100, 50, 255]));
    let with = |chunks: &[(&[u8; 4], &[u8])]| {
        let mut png = encode(&picture, ImageFormat::Png);
        let chunks: Vec<u8> = chunks
            .iter()
            .flat_map(|(name, body)| png_chunk(name, body))
            .collect();
        png.splice(33..33, chunks);
        png
    };
    let first = |png: &[u8]| pixels(png)[..3].to_vec();
    let chromaticities = |values: [u32; 8]| values.map(u32::to_be_bytes).concat();
    let gamma = 45_455u32.to_be_bytes();
    let adobe = chromaticities([
        31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000,
    ]);
    let wide = in_srgb([200, 100, 50], ADOBE_RGB, 2.2);
    assert!(
        largest_difference(
            &first(&with(&[(b"gAMA", &gamma), (b"cHRM", &adobe)])),
            &wide
        ) <= 2
    );
    // Browsers use neither alone, nor both beside an sRGB chunk.
    for chunks in [
        &[(b"gAMA", &gamma[..])][..],
        &[(b"cHRM", &adobe)],
        &[(b"sRGB", &[0]), (b"gAMA", &gamma), (b"cHRM", &adobe)],
    ] {
        assert_eq!(first(&with(chunks)), [200, 100, 50]);
    }
    let p3 = with(&[(b"cICP", &[12, 13, 0, 1])]);
    let found = first(&p3);
    assert!(
        found[0] > 212 && found[1] < 97 && found[2] < 38,
        "{found:?}"
    );
    for curve in [16, 18] {
        let error = decode_file(&with(&[(b"cICP", &[9, curve, 0, 1])])).unwrap_err();
        assert!(
            error.code() == "picture-unsupported" && error.detail().contains("HDR"),
            "{error}"
        );
    }
}

// Transparency

#[test]
fn a_bmps_alpha_is_used_where_its_header_has_an_alpha_mask() {
    let pixels_of = |bytes: Vec<u8>| pixels(&bytes);
    let clear_and_red: [[u8; 4]; 2] = [[10, 20, 30, 0], [0, 0, 255, 255]];
    let all_clear: [[u8; 4]; 2] = [[10, 20, 30, 0], [0, 0, 255, 0]];
    let opaque = [[30, 20, 10, 255], [255, 0, 0, 255]].concat();
    let honoured = [WHITE, [255, 0, 0, 255]].concat();
    const ALPHA: u32 = 0xff00_0000;
    // Header size, compression (3: BI_BITFIELDS, 6: BI_ALPHABITFIELDS) and alpha mask.
    for (header, compression, mask, expected) in [
        (40, 0, 0, &opaque),
        (40, 3, 0, &opaque),
        (40, 6, ALPHA, &honoured),
        (56, 0, ALPHA, &honoured),
        (56, 3, ALPHA, &honoured),
        (108, 0, ALPHA, &honoured),
        (124, 0, ALPHA, &honoured),
        (124, 3, ALPHA, &honoured),
        (124, 3, 0, &opaque),
        (124, 0, 0, &opaque),
    ] {
        let found = pixels_of(bmp(header, compression, mask, clear_and_red));
        assert!(
            found == *expected,
            "header {header}, compression {compression}, mask {mask:x}: {found:?}"
        );
        // A picture with alpha 0 everywhere is opaque.
        assert_eq!(
            pixels_of(bmp(header, compression, mask, all_clear)),
            opaque,
            "header {header}, compression {compression}"
        );
    }
}

#[test]
fn bmps_with_embedded_files_or_cmyk_are_named() {
    for (compression, name) in [(4, "JPEG"), (5, "PNG"), (11, "print")] {
        let error = decode_file(&bmp(40, compression, 0, [[0; 4]; 2])).unwrap_err();
        assert!(
            error.code() == "picture-unsupported" && error.detail().contains(name),
            "{error}"
        );
    }
}

#[test]
fn transparent_pixels_are_composited_on_white() {
    let clear = RgbaImage::from_pixel(3, 2, Rgba([10, 20, 30, 0]));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        assert_eq!(pixels(&encode(&clear, format)), [255; 24], "{format:?}");
    }
    let half = RgbaImage::from_pixel(1, 1, Rgba([0, 100, 255, 128]));
    assert_eq!(
        pixels(&encode(&half, ImageFormat::Png)),
        [127, 177, 255, 255]
    );
}

#[test]
fn the_first_frame_of_an_animation_is_decoded() {
    let first = RgbaImage::from_pixel(6, 4, Rgba([255, 0, 0, 255]));
    let second = RgbaImage::from_pixel(6, 4, Rgba([0, 0, 255, 255]));
    let mut gif = Vec::new();
    GifEncoder::new(&mut gif)
        .encode_frames([first.clone(), second].map(Frame::new))
        .unwrap();
    assert_eq!(pixels(&gif), first.into_raw());
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

// Raw pixels

#[test]
fn raw_pixels_must_match_their_size() {
    let code = |length: usize, width, height| {
        Picture::from_rgba(vec![9; length], width, height).map_err(|error| error.code())
    };
    assert!(code(24, 3, 2).is_ok());
    assert_eq!(code(23, 3, 2), Err("picture-corrupt"));
    assert_eq!(code(25, 3, 2), Err("picture-corrupt"));
    assert_eq!(code(0, 0, 2), Err("picture-empty"));
    assert_eq!(code(0, 3, 0), Err("picture-empty"));
    assert_eq!(code(24, 16_385, 1), Err("picture-too-large"));
    assert_eq!(code(24, u32::MAX, u32::MAX), Err("picture-too-large"));
    assert_eq!(code(24, 10_000, 5_001), Err("picture-too-large"));
}

#[test]
fn strips_make_the_same_picture_as_all_pixels_at_once() {
    let rgba: Vec<u8> = (0..5 * 7 * 4).map(|index| (index * 13) as u8).collect();
    let mut builder = PictureBuilder::new(5, 7, (10, 14)).unwrap();
    let mut rest = &rgba[..];
    for count in [3, 0, 1, 3] {
        let (strip, after) = rest.split_at(count * 5 * 4);
        builder.push_rows(strip).unwrap();
        for part in [3, 4, 24] {
            assert_eq!(
                builder.push_rows(&vec![0; part]).unwrap_err().code(),
                "picture-corrupt"
            );
        }
        rest = after;
    }
    assert_eq!(
        builder.push_rows(&[0; 20]).unwrap_err().code(),
        "picture-corrupt"
    );
    let picture = builder.finish().unwrap();
    assert_eq!(
        (picture.width(), picture.height(), picture.file_size()),
        (5, 7, (10, 14))
    );
    let whole = Picture::from_rgba(rgba, 5, 7).unwrap();
    assert!(picture.rgba() == whole.rgba());
    assert_eq!(whole.file_size(), (5, 7));
}

#[test]
fn strips_use_the_memory_of_one_picture() {
    let (picture, memory) = with_peak_memory(|| {
        let mut builder = PictureBuilder::new(2_000, 1_000, (2_000, 1_000)).unwrap();
        let row = [255; 2_000 * 4];
        for _ in 0..1_000 {
            builder.push_rows(&row).unwrap();
        }
        builder.finish().unwrap()
    });
    assert!(memory < picture.rgb().len() + 1_000, "{memory} bytes");
}

#[test]
fn a_picture_in_strips_needs_all_of_its_rows_and_sides_within_the_limits() {
    let mut short = PictureBuilder::new(2, 3, (2, 3)).unwrap();
    short.push_rows(&[0; 16]).unwrap();
    assert_eq!(short.finish().unwrap_err().code(), "picture-corrupt");
    let code = |width, height, file_size| {
        PictureBuilder::new(width, height, file_size)
            .map(|_| ())
            .map_err(|error| error.code())
    };
    assert_eq!(code(0, 3, (3, 3)), Err("picture-empty"));
    assert_eq!(code(16_385, 3, (16_385, 3)), Err("picture-too-large"));
    assert_eq!(
        code(10_000, 5_001, (10_000, 5_001)),
        Err("picture-too-large")
    );
    assert_eq!(code(2, 3, (65_536, 3)), Err("picture-too-large"));
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

// Anything

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_file_makes_the_decoder_panic(
        kind in 0usize..12,
        cut in 0.2f64..1.0,
        changes in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 0..8),
    ) {
        let mut bytes = match kind {
            5 => fixture("progressive.jpg"),
            6 => fixture("cmyk.jpg"),
            7 => fixture("animated.webp"),
            8 => fixture("lossy.webp"),
            9 => fixture("sampling-2x2-arithmetic.jpg"),
            10 => with_profile(&photo(24, 16), ImageFormat::Png, &rgb_profile(P3, 1.8)),
            11 => bmp(124, 0, 0xff00_0000, [[9, 8, 7, 6]; 2]),
            format => encode(&photo(24, 16), FORMATS[format]),
        };
        for (position, value) in changes {
            let index = (position * bytes.len() as f64) as usize;
            bytes[index] = value;
        }
        let length = (cut * 1.3).min(1.0) * bytes.len() as f64;
        let _ = decode_file(&bytes[..length as usize]);
    }
}

// Helpers

fn refused(bytes: &[u8]) -> &'static str {
    decode_file(bytes).expect_err("should be refused").code()
}

fn refused_at_once(bytes: &[u8]) {
    let (code, memory) = with_peak_memory(|| refused(bytes));
    assert_eq!(code, "picture-too-large");
    // Decoding would allocate memory, so little memory means that the header was enough.
    assert!(memory < 200_000, "{memory} bytes");
}

fn size(bytes: &[u8]) -> (u32, u32) {
    let picture = decode_file(bytes).unwrap();
    (picture.width(), picture.height())
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    decode_file(bytes).unwrap().rgba()
}

fn largest_difference(left: &[u8], right: &[u8]) -> u8 {
    assert_eq!(left.len(), right.len());
    left.iter()
        .zip(right)
        .map(|(left, right)| left.abs_diff(*right))
        .max()
        .unwrap_or(0)
}

/// An opaque picture in which every pixel, row and column differs from its neighbours.
fn photo(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        Rgba([
            (x * 37 + y * 11) as u8,
            (x * x * 7 + y * 5) as u8,
            (x * y * 30) as u8,
            255,
        ])
    })
}

/// Six flat blocks of 16 x 16 pixels in different greys: a JPEG keeps them.
fn blocks() -> RgbaImage {
    RgbaImage::from_fn(48, 32, |x, y| {
        let grey = (x / 16 * 80 + y / 16 * 35) as u8;
        Rgba([grey, grey, grey, 255])
    })
}

fn encode(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
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

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    bytes
}

fn png_with_exif(picture: &RgbaImage, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

fn webp_with_exif(picture: &RgbaImage, exif: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// A file with an embedded profile.
fn with_profile(picture: &RgbaImage, format: ImageFormat, profile: &[u8]) -> Vec<u8> {
    fn written(mut encoder: impl ImageEncoder, picture: &DynamicImage, profile: &[u8]) {
        encoder.set_icc_profile(profile.to_vec()).unwrap();
        picture.write_with_encoder(encoder).unwrap();
    }
    let (mut bytes, rgb) = (
        Vec::new(),
        DynamicImage::from(DynamicImage::from(picture.clone()).to_rgb8()),
    );
    match format {
        ImageFormat::Jpeg => written(
            JpegEncoder::new_with_quality(&mut bytes, 100),
            &rgb,
            profile,
        ),
        ImageFormat::WebP => written(WebPEncoder::new_lossless(&mut bytes), &rgb, profile),
        _ => written(PngEncoder::new(&mut bytes), &rgb, profile),
    }
    bytes
}

/// X, Y and Z of the red, green and blue primaries, adapted to D50.
const SRGB: [[f64; 3]; 3] = [
    [0.43607, 0.22250, 0.01393],
    [0.38506, 0.71688, 0.09710],
    [0.14308, 0.06062, 0.71417],
];
const P3: [[f64; 3]; 3] = [
    [0.51512, 0.24120, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.15710, 0.06657, 0.78407],
];
const ADOBE_RGB: [[f64; 3]; 3] = [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
];
const PROPHOTO: [[f64; 3]; 3] = [
    [0.79767, 0.28804, 0.0],
    [0.13519, 0.71188, 0.0],
    [0.03134, 0.00009, 0.82491],
];

/// Converts a colour from a space of these primaries and gamma to sRGB.
fn in_srgb(colour: [u8; 3], primaries: [[f64; 3]; 3], gamma: f64) -> [u8; 3] {
    const FROM_D50: [[f64; 3]; 3] = [
        [3.13386, -1.61687, -0.49061],
        [-0.97877, 1.91614, 0.03345],
        [0.07195, -0.22899, 1.40524],
    ];
    let light = colour.map(|value| (f64::from(value) / 255.0).powf(gamma));
    let xyz = [0, 1, 2].map(|axis| {
        (0..3)
            .map(|primary| primaries[primary][axis] * light[primary])
            .sum::<f64>()
    });
    FROM_D50.map(|row| {
        let linear = (0..3)
            .map(|axis| row[axis] * xyz[axis])
            .sum::<f64>()
            .clamp(0.0, 1.0);
        let value = if linear <= 0.0031308 {
            linear * 12.92
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        };
        (value * 255.0).round() as u8
    })
}

/// An ICC profile: the header, then the tag table, then the tags' bodies.
fn profile(
    class: &[u8; 4],
    space: &[u8; 4],
    connection: &[u8; 4],
    tags: &[(&[u8; 4], Vec<u8>)],
) -> Vec<u8> {
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut bodies = Vec::new();
    for (name, body) in tags {
        table.extend(*name);
        table.extend((132 + tags.len() as u32 * 12 + bodies.len() as u32).to_be_bytes());
        table.extend((body.len() as u32).to_be_bytes());
        bodies.extend(body);
        bodies.resize(bodies.len().next_multiple_of(4), 0);
    }
    let mut header = vec![0; 128];
    header[..4].copy_from_slice(&(128 + (table.len() + bodies.len()) as u32).to_be_bytes());
    header[8] = 2;
    header[12..24].copy_from_slice(&[*class, *space, *connection].concat());
    header[36..40].copy_from_slice(b"acsp");
    [header, table, bodies].concat()
}

fn fixed(value: f64) -> [u8; 4] {
    ((value * 65_536.0).round() as i32).to_be_bytes()
}

fn gamma_curve(gamma: f64) -> Vec<u8> {
    [
        b"curv\0\0\0\0\0\0\0\x01",
        &((gamma * 256.0).round() as u16).to_be_bytes()[..],
    ]
    .concat()
}

fn rgb_profile(primaries: [[f64; 3]; 3], gamma: f64) -> Vec<u8> {
    let tag = |xyz: [f64; 3]| [b"XYZ \0\0\0\0".to_vec(), xyz.map(fixed).concat()].concat();
    let [red, green, blue] = primaries.map(tag);
    let curve = gamma_curve(gamma);
    let tags = [
        (b"rXYZ", red),
        (b"gXYZ", green),
        (b"bXYZ", blue),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    profile(b"mntr", b"RGB ", b"XYZ ", &tags)
}

fn grey_profile(gamma: f64) -> Vec<u8> {
    profile(b"mntr", b"GRAY", b"XYZ ", &[(b"kTRC", gamma_curve(gamma))])
}

/// A CMYK profile by which only black ink has a colour: a table of 2 x 2 x 2 x 2 colours in Lab.
fn cmyk_profile() -> Vec<u8> {
    let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    table.extend(
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
            .map(fixed)
            .concat(),
    );
    let identity: Vec<u8> = (0..=255).collect();
    table.extend(identity.repeat(4));
    table.extend((0..16).flat_map(|inks| [if inks & 1 == 0 { 255 } else { 0 }, 128, 128]));
    table.extend(identity.repeat(3));
    profile(b"prtr", b"CMYK", b"Lab ", &[(b"A2B0", table)])
}

/// A BMP of one row of two 32-bit pixels: B, G, R, alpha.
fn bmp(header: u32, compression: u32, alpha_mask: u32, pixels: [[u8; 4]; 2]) -> Vec<u8> {
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

/// The names of the JPEG files of each sampling in these codings.
fn sampled_jpegs(codings: &[&str]) -> Vec<String> {
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
fn exif(orientation: u16, big_endian: bool) -> Vec<u8> {
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

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/bad_pictures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
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

/// The result of `run`, and the peak of the bytes that this thread allocated meanwhile.
fn with_peak_memory<T>(run: impl FnOnce() -> T) -> (T, usize) {
    HELD.set(0);
    PEAK.set(0);
    let result = run();
    (result, PEAK.get().max(0) as usize)
}

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, with a count per thread.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[allow(unsafe_code)]
// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + layout.size() as isize);
        PEAK.set(PEAK.get().max(HELD.get()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        unsafe { System.dealloc(pointer, layout) }
    }

    /// A block that shrinks stays where it is; one that grows may have to be there twice for a
    /// moment.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        PEAK.set(PEAK.get().max(
            HELD.get()
                + if size > layout.size() {
                    size as isize
                } else {
                    0
                },
        ));
        HELD.set(HELD.get() + size as isize - layout.size() as isize);
        unsafe { System.realloc(pointer, layout, size) }
    }
}
