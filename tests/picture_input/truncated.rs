//! Files that end too early, or go on after the picture.

use deep_inside::image_input::decode_file;

use crate::files::{FORMATS, encode, fixture, photo, sampled_jpegs};
use crate::{pixels, refused};

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
