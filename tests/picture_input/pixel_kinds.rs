//! Shapes, bit depths, codings and animations.

use std::io::Cursor;

use deep_inside::image_input::decode_file;
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgba, RgbaImage};

use crate::files::{BLACK, FORMATS, SAMPLINGS, WHITE, encode, fixture, photo};
use crate::{largest_difference, pixels, size};

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

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    bytes
}
