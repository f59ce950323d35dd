//! Arbitrarily damaged files.

use deep_inside::image_input::decode_file;
use image::ImageFormat;
use proptest::prelude::*;

use crate::files::{FORMATS, bmp, encode, fixture, photo};
use crate::icc_profiles::{P3, rgb_profile, with_profile};

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
