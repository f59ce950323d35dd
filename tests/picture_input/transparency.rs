//! Transparent pixels.

use image::{ImageFormat, Rgba, RgbaImage};

use crate::files::{WHITE, bmp, encode};
use crate::pixels;

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
