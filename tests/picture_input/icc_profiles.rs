//! Makes ICC profiles, and files with them.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, RgbaImage};

/// A file with an embedded profile.
pub fn with_profile(picture: &RgbaImage, format: ImageFormat, profile: &[u8]) -> Vec<u8> {
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
pub const SRGB: [[f64; 3]; 3] = [
    [0.43607, 0.22250, 0.01393],
    [0.38506, 0.71688, 0.09710],
    [0.14308, 0.06062, 0.71417],
];
pub const P3: [[f64; 3]; 3] = [
    [0.51512, 0.24120, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.15710, 0.06657, 0.78407],
];
pub const ADOBE_RGB: [[f64; 3]; 3] = [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
];
pub const PROPHOTO: [[f64; 3]; 3] = [
    [0.79767, 0.28804, 0.0],
    [0.13519, 0.71188, 0.0],
    [0.03134, 0.00009, 0.82491],
];

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

pub fn rgb_profile(primaries: [[f64; 3]; 3], gamma: f64) -> Vec<u8> {
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

pub fn grey_profile(gamma: f64) -> Vec<u8> {
    profile(b"mntr", b"GRAY", b"XYZ ", &[(b"kTRC", gamma_curve(gamma))])
}

/// A CMYK profile by which only black ink has a colour: a table of 2 x 2 x 2 x 2 colours in Lab.
pub fn cmyk_profile() -> Vec<u8> {
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
