//! Every way in which a visitor's picture can be wrong, or merely odd: each ends in the named error or in the right picture.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Cursor;
use std::time::{Duration, Instant};

use deep_inside::image_input::{Picture, PictureBuilder, decode_file, picture_size};
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ExtendedColorType, Frame, ImageEncoder, ImageFormat, Rgba, RgbaImage};
use proptest::prelude::*;

const FORMATS: [ImageFormat; 5] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp];
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
fn a_png_signature_alone_is_damaged() {
    assert_eq!(refused(b"\x89PNG\r\n\x1a\n"), "picture-corrupt");
}

#[test]
fn a_file_cut_anywhere_before_its_last_pixel_is_damaged() {
    for format in FORMATS {
        let whole = encode(&photo(96, 64), format);
        for length in (64..whole.len() - 64).step_by(64) {
            assert_eq!(refused(&whole[..length]), "picture-corrupt", "{format:?} cut at {length} of {}", whole.len());
        }
    }
    for name in ["progressive.jpg", "cmyk.jpg", "lossy.webp", "animated.webp"] {
        let whole = fixture(name);
        // Of an animation, what follows its first frame may be missing.
        let frames: Vec<usize> = (0..whole.len() - 4).filter(|&start| &whole[start..start + 4] == b"ANMF").collect();
        let end = frames.get(1).copied().unwrap_or(whole.len());
        for length in 16..end - 2 {
            assert_eq!(refused(&whole[..length]), "picture-corrupt", "{name} cut at {length} of {end}");
        }
    }
}

#[test]
fn bytes_after_the_picture_do_no_harm() {
    for format in FORMATS {
        let mut bytes = encode(&photo(96, 64), format);
        bytes.extend_from_slice(b"trailing bytes, as some phones add them");
        assert_eq!((decode_file(&bytes).unwrap().width(), decode_file(&bytes).unwrap().height()), (96, 64), "{format:?}");
    }
}

#[test]
fn an_endless_claim_is_refused_at_once_and_without_memory() {
    let claims = [(60_000, 60_000), (65_536, 65_537), (u32::MAX >> 1, u32::MAX >> 1), (16_385, 1), (1, 16_385), (16_384, 3_052)];
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
fn endless_claims_of_other_formats_are_refused_at_once_too() {
    let mut jpeg = encode(&photo(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    refused_at_once(&jpeg);

    let mut gif = encode(&photo(8, 8), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    refused_at_once(&gif);
    let mut frame = encode(&photo(8, 8), ImageFormat::Gif);
    let descriptor = frame.windows(5).position(|block| block == [0x2c, 0, 0, 0, 0]).unwrap();
    frame[descriptor + 5..descriptor + 9].copy_from_slice(&[0x60, 0xea, 0x60, 0xea]);
    refused_at_once(&frame);

    let mut bmp = encode(&photo(8, 8), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0]);
    refused_at_once(&bmp);

    let mut webp = fixture("lossy.webp");
    let header = webp.windows(3).position(|start| start == [0x9d, 1, 0x2a]).unwrap();
    webp[header + 3..header + 7].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    refused_at_once(&webp);
}

#[test]
fn a_metadata_chunk_may_not_ask_for_more_memory_than_the_file_has() {
    let mut webp = webp_with_exif(&photo(8, 8), &[0; 16]);
    let exif = webp.windows(4).position(|name| name == b"EXIF").unwrap();
    webp[exif + 4..exif + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0xef]);
    let (code, memory) = with_peak_memory(|| refused(&webp));
    assert_eq!(code, "picture-corrupt");
    assert!(memory < 1 << 20, "{memory} bytes");
}

#[test]
fn a_picture_of_100_megapixels_is_too_large() {
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).write_image(&vec![90; 100_000_000], 10_000, 10_000, ExtendedColorType::L8).unwrap();
    refused_at_once(&jpeg);
}

#[test]
fn a_file_of_more_than_200_megabytes_is_too_large() {
    let mut bytes = encode(&photo(8, 8), ImageFormat::Png);
    bytes.resize(200_000_001, 0);
    refused_at_once(&bytes);
}

#[test]
fn pixels_that_take_more_than_256_mib_are_too_large() {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [7_000u32.to_be_bytes(), 7_000u32.to_be_bytes()].concat();
    header.extend([16, 6, 0, 0, 0]);
    png.extend(png_chunk(b"IHDR", &header));
    png.extend(png_chunk(b"IDAT", &[0x78, 1, 3, 0, 0, 0, 0, 1]));
    png.extend(png_chunk(b"IEND", &[]));
    refused_at_once(&png);
}

#[test]
fn the_content_decides_the_format_and_other_files_are_named() {
    for format in FORMATS {
        assert_eq!(size(&encode(&photo(5, 4), format)), (5, 4), "{format:?}");
    }
    let files: [(&[u8], &str); 9] = [
        (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><html><body><svg/></body></html>", "web page"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\x0a\xfa\x7f", "JPEG XL"),
        (b"P6 1 1 255 abc", "no picture that is known here"),
    ];
    for (bytes, name) in files {
        let error = decode_file(bytes).unwrap_err();
        assert_eq!(error.code(), "picture-unsupported");
        assert!(error.detail().contains(name), "{error} should name a {name}");
    }
}

// Orientation

#[test]
fn all_eight_orientations_give_identical_pixels() {
    let upright = photo(7, 5);
    for orientation in 1..=8 {
        for big_endian in [false, true] {
            let stored = stored_as(&upright, orientation);
            let exif = exif(orientation, big_endian);
            for bytes in [png_with_exif(&stored, &exif), webp_with_exif(&stored, &exif)] {
                let picture = decode_file(&bytes).unwrap();
                assert_eq!((picture.width(), picture.height()), (7, 5), "orientation {orientation}");
                assert!(picture.rgba() == upright.as_raw(), "orientation {orientation}, big endian {big_endian}");
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
        DynamicImage::from(stored_as(&upright, orientation)).to_rgb8().write_with_encoder(encoder).unwrap();
        let picture = decode_file(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), upright.dimensions());
        assert!(largest_difference(picture.rgba(), upright.as_raw()) <= 4, "orientation {orientation}");
    }
}

#[test]
fn exif_that_cannot_be_read_is_ignored() {
    let upright = photo(7, 5);
    let sound = exif(6, false);
    let mut broken: Vec<Vec<u8>> = (1..sound.len()).map(|length| sound[..length].to_vec()).filter(|cut| cut.len() < 20).collect();
    broken.extend([exif(0, false), exif(9, true), b"no exif at all".to_vec(), vec![0xff; 300]]);
    let mut endless = sound.clone();
    endless[8..10].copy_from_slice(&[0xff, 0xff]);
    endless[10] = 0;
    broken.push(endless);
    for exif in broken {
        for bytes in [png_with_exif(&upright, &exif), webp_with_exif(&upright, &exif)] {
            assert!(decode_file(&bytes).unwrap().rgba() == upright.as_raw(), "{exif:?}");
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
            assert_eq!(size(&encode(&photo(width, height), format)), (width, height), "{format:?}");
        }
    }
}

#[test]
fn sixteen_bits_grey_and_grey_with_alpha_are_read() {
    let sixteen = image::ImageBuffer::<image::Rgb<u16>, _>::from_raw(1, 1, vec![0u16, 0x8080, 0xffff]).unwrap();
    assert_eq!(pixels(&png(&sixteen.into())), [0, 0x80, 0xff, 255]);
    let grey = image::GrayImage::from_raw(2, 1, vec![0, 77]).unwrap();
    assert_eq!(pixels(&png(&grey.clone().into())), [BLACK, [77, 77, 77, 255]].concat());
    let mut jpeg = Vec::new();
    DynamicImage::from(grey).write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 100)).unwrap();
    assert!(largest_difference(&pixels(&jpeg), &[BLACK, [77, 77, 77, 255]].concat()) <= 2);
    let with_alpha = image::GrayAlphaImage::from_raw(2, 1, vec![0, 255, 0, 0]).unwrap();
    assert_eq!(pixels(&png(&with_alpha.into())), [BLACK, WHITE].concat());
}

#[test]
fn palette_cmyk_progressive_and_animated_files_are_read() {
    for (name, tolerance) in
        [("palette.png", 0), ("cmyk.jpg", 3), ("progressive.jpg", 3), ("lossy.webp", 4), ("animated.webp", 0)]
    {
        let picture = decode_file(&fixture(name)).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 16), "{name}");
        // Away from the edge between the halves, where the lossy formats ring.
        for (column, colour) in [(3, [200, 40, 60, 255]), (28, [20, 120, 220, 255])] {
            let pixel = &picture.rgba()[(8 * 32 + column) * 4..][..4];
            assert!(largest_difference(pixel, &colour) <= tolerance, "{name}: {pixel:?} should be {colour:?}");
        }
    }
}

#[test]
fn a_transparent_picture_is_white() {
    let clear = RgbaImage::from_pixel(3, 2, Rgba([10, 20, 30, 0]));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        assert_eq!(pixels(&encode(&clear, format)), [255; 24], "{format:?}");
    }
    let half = RgbaImage::from_pixel(1, 1, Rgba([0, 100, 255, 128]));
    assert_eq!(pixels(&encode(&half, ImageFormat::Png)), [127, 177, 255, 255]);
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    let first = RgbaImage::from_pixel(6, 4, Rgba([255, 0, 0, 255]));
    let second = RgbaImage::from_pixel(6, 4, Rgba([0, 0, 255, 255]));
    let mut gif = Vec::new();
    GifEncoder::new(&mut gif).encode_frames([first.clone(), second].map(Frame::new)).unwrap();
    assert_eq!(pixels(&gif), first.into_raw());
}

#[test]
fn packed_text_and_profiles_are_not_unpacked_without_bound() {
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
        assert_eq!((picture.unwrap().width(), memory >> 20 < most), (4, true), "{memory} bytes");
    }
}

// Raw pixels

#[test]
fn raw_pixels_must_fill_their_sides() {
    let code = |length: usize, width, height| Picture::from_rgba(vec![9; length], width, height).map_err(|error| error.code());
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
        let (strip, after) = rest.split_at(count as usize * 5 * 4);
        builder.push_rows(count, |rows| rows.copy_from_slice(strip)).unwrap();
        rest = after;
    }
    assert_eq!(builder.push_rows(1, |_| ()).unwrap_err().code(), "picture-corrupt");
    let picture = builder.finish().unwrap();
    assert_eq!((picture.width(), picture.height(), picture.file_size()), (5, 7, (10, 14)));
    let whole = Picture::from_rgba(rgba, 5, 7).unwrap();
    assert!(picture.rgba() == whole.rgba());
    assert_eq!(whole.file_size(), (5, 7));
}

#[test]
fn strips_take_the_memory_of_one_picture() {
    let (picture, memory) = with_peak_memory(|| {
        let mut builder = PictureBuilder::new(2_000, 1_000, (2_000, 1_000)).unwrap();
        for _ in 0..1_000 {
            builder.push_rows(1, |row| row.fill(255)).unwrap();
        }
        builder.finish().unwrap()
    });
    assert!(memory < picture.rgba().len() + 1_000, "{memory} bytes");
}

#[test]
fn a_picture_in_strips_needs_all_of_its_rows_and_sides_within_the_limits() {
    let mut short = PictureBuilder::new(2, 3, (2, 3)).unwrap();
    short.push_rows(2, |_| ()).unwrap();
    assert_eq!(short.finish().unwrap_err().code(), "picture-corrupt");
    let code = |width, height, file_size| PictureBuilder::new(width, height, file_size).map(|_| ()).map_err(|error| error.code());
    assert_eq!(code(0, 3, (3, 3)), Err("picture-empty"));
    assert_eq!(code(16_385, 3, (16_385, 3)), Err("picture-too-large"));
    assert_eq!(code(10_000, 5_001, (10_000, 5_001)), Err("picture-too-large"));
    assert_eq!(code(2, 3, (65_536, 3)), Err("picture-too-large"));
}

#[test]
fn a_file_becomes_a_picture_of_its_size_or_the_largest_of_its_shape() {
    for size in [(1, 1), (8_064, 6_048), (10_000, 5_000), (16_384, 3), (1, 16_384)] {
        assert_eq!(picture_size(size.0, size.1), Ok(size));
    }
    for (columns, rows) in
        [(8_160, 6_144), (6_144, 8_192), (16_382, 3_628), (12_000, 9_000), (65_535, 1), (17, 65_535), (15_000, 10_000)]
    {
        let (width, height) = picture_size(columns, rows).unwrap();
        let area = u64::from(width) * u64::from(height);
        assert!(area <= 50_000_000 && width <= 16_384 && height <= 16_384, "{width} x {height}");
        assert!(area > 49_900_000 || width.max(height) == 16_384, "{columns} x {rows} -> {width} x {height}");
        let drift = f64::from(width) * f64::from(rows) - f64::from(height) * f64::from(columns);
        assert!(drift.abs() <= f64::from(columns.max(rows)), "{columns} x {rows} -> {width} x {height}");
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
        kind in 0usize..9,
        cut in 0.2f64..1.0,
        changes in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 0..8),
    ) {
        let mut bytes = match kind {
            5 => fixture("progressive.jpg"),
            6 => fixture("cmyk.jpg"),
            7 => fixture("animated.webp"),
            8 => fixture("lossy.webp"),
            format => encode(&photo(24, 16), FORMATS[format]),
        };
        for (place, value) in changes {
            let index = (place * bytes.len() as f64) as usize;
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
    let start = Instant::now();
    let (code, memory) = with_peak_memory(|| refused(bytes));
    assert_eq!(code, "picture-too-large");
    assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
    // A JPEG decoder keeps a copy of the file.
    assert!(memory < 1_000_000 + bytes.len(), "{memory} bytes");
}

fn size(bytes: &[u8]) -> (u32, u32) {
    let picture = decode_file(bytes).unwrap();
    (picture.width(), picture.height())
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    decode_file(bytes).unwrap().rgba().to_vec()
}

fn largest_difference(left: &[u8], right: &[u8]) -> u8 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(left, right)| left.abs_diff(*right)).max().unwrap_or(0)
}

/// An opaque picture in which every pixel, row and column differs from its neighbours.
fn photo(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| Rgba([(x * 37 + y * 11) as u8, (x * x * 7 + y * 5) as u8, (x * y * 30) as u8, 255]))
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
    let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
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

/// A TIFF header with one directory of one entry: the orientation, 0x0112.
fn exif(orientation: u16, big_endian: bool) -> Vec<u8> {
    let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut exif = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    exif.extend(long(8));
    exif.extend([short(1), short(0x0112), short(3)].concat());
    exif.extend(long(1));
    exif.extend([short(orientation), short(0)].concat());
    exif.extend(long(0));
    exif
}

/// The pixels as a camera stores them that was held so that `orientation` puts them upright: the EXIF standard names, for each
/// value, the side of the scene on which the 0th row and the 0th column lie.
fn stored_as(upright: &RgbaImage, orientation: u16) -> RgbaImage {
    let (width, height) = upright.dimensions();
    let (columns, rows) = if orientation < 5 { (width, height) } else { (height, width) };
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
    std::fs::read(format!("{}/tests/bad_pictures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = (body.len() as u32).to_be_bytes().to_vec();
    chunk.extend_from_slice(name);
    chunk.extend_from_slice(body);
    let mut crc = u32::MAX;
    for byte in &chunk[4..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    chunk.extend((!crc).to_be_bytes());
    chunk
}

/// A zlib stream that unpacks to so many zeros (to be exact: 1 and a multiple of 258), at 13 bits for 258 of them.
fn deflated_zeros(count: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = vec![1, 1, 0]; // last block, fixed codes
    bits.extend([0, 0, 1, 1, 0, 0, 0, 0]); // the literal 0
    for _ in 0..count / 258 {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]); // copy 258 bytes from 1 back
    }
    bits.extend([0; 7]); // end
    let mut stream = vec![0x78, 1];
    stream.extend(bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (place, bit)| sum | bit << place)));
    let unpacked = (count / 258 * 258 + 1) as u32;
    stream.extend(((unpacked % 65_521) << 16 | 1).to_be_bytes());
    stream
}

/// What `run` gives, and the most bytes that this thread held at once meanwhile, over what it held before.
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

/// The system's allocator, counting by thread.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[allow(unsafe_code)]
// SAFETY: every call goes to the system's allocator as it came.
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
}
