//! Colours as their profile means them, in sRGB.

use qcms::{CIE_xyY, CIE_xyYTRIPLE, DataType, Intent, Transform};

use crate::error::Error;

/// What a file's pixels are, four bytes each.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stored {
    /// R, G, B and alpha, the first three the same.
    Grey,
    /// R, G, B and alpha.
    Rgb,
    /// Cyan, magenta, yellow and black, 255 for no ink, as JPEG files have them.
    InvertedCmyk,
}

/// What a file says of its colours.
pub(super) struct Profile {
    space: [u8; 4],
    profile: Box<qcms::Profile>,
}

/// An ICC profile's bytes as a profile; none when it cannot be read, which browsers pass over as
/// well.
pub(super) fn read_profile(bytes: &[u8]) -> Option<Profile> {
    let space = *bytes.get(16..)?.first_chunk()?;
    Some(Profile {
        space,
        profile: qcms::Profile::new_from_slice(bytes, false)?,
    })
}

/// Changes pixels to sRGB, in place; alpha stays, and inks become opaque.
///
/// A profile that does not fit to the pixels, or that the transform cannot use, is passed over, as
/// browsers do; so is one that differs from sRGB by rounding alone. Without one, inks absorb
/// independently of each other.
pub(super) fn to_srgb(rgba: &mut [u8], stored: Stored, profile: Option<Profile>) {
    let done = profile.and_then(|Profile { space, profile }| match (&space, stored) {
        (b"RGB ", Stored::Rgb | Stored::Grey) => rgb_to_srgb(rgba, &profile),
        (b"GRAY", Stored::Grey) => grey_to_srgb(rgba, &profile),
        (b"CMYK", Stored::InvertedCmyk) => inks_to_srgb(rgba, &profile),
        _ => None,
    });
    if done.is_none() && stored == Stored::InvertedCmyk {
        let (pixels, _) = rgba.as_chunks_mut::<4>();
        for pixel in pixels {
            let [cyan, magenta, yellow, black] = pixel.map(u32::from);
            *pixel = [cyan * black, magenta * black, yellow * black, 255 * 255]
                .map(|light| ((light + 127) / 255) as u8);
        }
    }
}

fn rgb_to_srgb(rgba: &mut [u8], profile: &qcms::Profile) -> Option<()> {
    let transform = transform(profile, DataType::RGBA8, DataType::RGBA8)?;
    const STEPS: u32 = 9;
    let grid: Vec<u8> = (0..STEPS.pow(3))
        .flat_map(|index| {
            [
                index % STEPS,
                index / STEPS % STEPS,
                index / STEPS / STEPS,
                0,
            ]
            .map(|step| (step * 255 / (STEPS - 1)) as u8)
        })
        .collect();
    let mut changed = grid.clone();
    transform.apply(&mut changed);
    if grid
        .iter()
        .zip(&changed)
        .any(|(before, after)| before.abs_diff(*after) > 1)
    {
        transform.apply(rgba);
    }
    Some(())
}

fn grey_to_srgb(rgba: &mut [u8], profile: &qcms::Profile) -> Option<()> {
    let transform = transform(profile, DataType::Gray8, DataType::RGB8)?;
    let greys: Vec<u8> = (0..=255).collect();
    let mut colours = vec![0; 256 * 3];
    transform.convert(&greys, &mut colours);
    let (colours, _) = colours.as_chunks::<3>();
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    for pixel in pixels {
        let [red, green, blue] = colours[usize::from(pixel[0])];
        *pixel = [red, green, blue, pixel[3]];
    }
    Some(())
}

fn inks_to_srgb(rgba: &mut [u8], profile: &qcms::Profile) -> Option<()> {
    let transform = transform(profile, DataType::CMYK, DataType::RGB8)?;
    // So many pixels at once, as the transform takes no pixels of four bytes for three.
    const RUN: usize = 4096;
    let mut colours = vec![0; RUN * 3];
    for run in rgba.chunks_mut(RUN * 4) {
        let colours = &mut colours[..run.len() / 4 * 3];
        run.iter_mut().for_each(|ink| *ink = 255 - *ink);
        transform.convert(run, colours);
        for (pixel, colour) in run.chunks_exact_mut(4).zip(colours.chunks_exact(3)) {
            pixel[..3].copy_from_slice(colour);
            pixel[3] = 255;
        }
    }
    Some(())
}

fn transform(profile: &qcms::Profile, from: DataType, to: DataType) -> Option<Transform> {
    let mut srgb = qcms::Profile::new_sRGB();
    srgb.precache_output_transform();
    Transform::new_to(profile, &srgb, from, to, Intent::Perceptual)
}

/// What a PNG file says of its colours by numbers: by code points (cICP), which count before a
/// profile, or by gamma and primaries (gAMA with cHRM), which count when there is neither a profile
/// nor the word that it is sRGB.
///
/// # Errors
/// `picture-unsupported` for light beyond white (PQ and HLG), which would have to be fitted to a
/// screen.
pub(super) fn png_colours(bytes: &[u8]) -> Result<Option<Profile>, Error> {
    let mut rest = bytes.get(8..).unwrap_or(&[]);
    let (mut gamma, mut places, mut named) = (None, None, false);
    while let Some(length) = rest
        .first_chunk()
        .map(|length| u32::from_be_bytes(*length) as usize)
    {
        let (Some(name), Some(body)) = (
            rest.get(4..8),
            rest.get(8..).and_then(|after| after.get(..length)),
        ) else {
            break;
        };
        match (name, body) {
            (b"IDAT", _) => break,
            (b"cICP", [_, 16 | 18, ..]) => {
                return Err(Error::PictureUnsupported(
                    "it is a PNG with light brighter than white (HDR)".into(),
                ));
            }
            // Red, green and blue of whole range; of what video knows, the primaries and curves
            // that pictures use.
            (
                b"cICP",
                &[
                    primaries @ (1 | 5 | 6 | 9 | 11 | 12),
                    curve @ (1 | 4..=6 | 8 | 13..=15),
                    0,
                    1,
                ],
            ) => {
                let profile = qcms::Profile::new_cicp(primaries.into(), curve.into());
                return Ok(profile.map(|profile| Profile {
                    space: *b"RGB ",
                    profile,
                }));
            }
            (b"sRGB" | b"iCCP", _) => named = true,
            (b"gAMA", [a, b, c, d]) => {
                gamma = Some(u32::from_be_bytes([*a, *b, *c, *d])).filter(|gamma| *gamma > 0)
            }
            (b"cHRM", _) if length == 32 => {
                let (numbers, _) = body.as_chunks::<8>();
                let number = |part: &[u8]| {
                    part.iter()
                        .fold(0.0, |sum, byte| sum * 256.0 + f64::from(*byte))
                        / 100_000.0
                };
                places = Some([0, 1, 2, 3].map(|index| CIE_xyY {
                    x: number(&numbers[index][..4]),
                    y: number(&numbers[index][4..]),
                    Y: 1.0,
                }));
            }
            _ => {}
        }
        rest = rest.get(12 + length..).unwrap_or(&[]);
    }
    let (Some(gamma), Some([white, red, green, blue]), false) = (gamma, places, named) else {
        return Ok(None);
    };
    let curve = 100_000.0 / gamma as f32;
    let profile = qcms::Profile::new_rgb_with_gamma_set(
        white,
        CIE_xyYTRIPLE { red, green, blue },
        curve,
        curve,
        curve,
    );
    Ok(profile.map(|profile| Profile {
        space: *b"RGB ",
        profile,
    }))
}
