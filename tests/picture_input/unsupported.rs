//! Files of unsupported kinds: the error names the kind.

use deep_inside::image_input::decode_file;

use crate::files::{FORMATS, bmp, encode, fixture, photo, sampled_jpegs};
use crate::size;

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
        (b"#!/bin/sh", "no known picture format"),
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
