//! Any bytes decode to a picture within the limits, or give a documented error.
#![no_main]

use deep_inside::image_input::decode_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match decode_file(bytes) {
        Ok(picture) => {
            assert_eq!(
                picture.rgba().len() as u64,
                u64::from(picture.width()) * u64::from(picture.height()) * 4
            );
            assert!(picture.rgba().chunks_exact(4).all(|pixel| pixel[3] == 255));
        }
        Err(error) => assert!(error.code().starts_with("picture-"), "{error}"),
    }
});
