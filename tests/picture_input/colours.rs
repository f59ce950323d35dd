//! Colour profiles, and PNG chunks that describe colours.

use deep_inside::image_input::decode_file;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageFormat, Rgba, RgbaImage};

use crate::files::{BLACK, WHITE, encode, fixture, photo, png_chunk};
use crate::icc_profiles::{
    ADOBE_RGB, P3, PROPHOTO, SRGB, cmyk_profile, grey_profile, rgb_profile, with_profile,
};
use crate::{largest_difference, pixels};

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
