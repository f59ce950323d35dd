//! Pictures from raw pixels.

use deep_inside::image_input::{Picture, PictureBuilder};

use crate::peak_memory::with_peak_memory;

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
