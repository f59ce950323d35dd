//! Conversion of colours to sRGB, by ICC profiles or a PNG's colour chunks.

use qcms::{CIE_xyY, CIE_xyYTRIPLE, DataType, Intent, Transform};

use crate::error::Error;

/// The channels of a file's pixels, four bytes per pixel.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stored {
    /// R, G, B and alpha, with R = G = B.
    Grey,
    /// R, G, B and alpha.
    Rgb,
    /// Cyan, magenta, yellow and black, 255 for no ink, as in JPEG files.
    InvertedCmyk,
}

/// A colour profile.
pub(super) struct Profile {
    /// The ICC signature of the profile's colour space, such as `RGB `.
    space: [u8; 4],
    profile: Box<qcms::Profile>,
}

/// Parses an ICC profile. `None` for an invalid profile, which browsers ignore as well.
pub(super) fn read_profile(bytes: &[u8]) -> Option<Profile> {
    let space = *bytes.get(16..)?.first_chunk()?;
    Some(Profile {
        space,
        profile: qcms::Profile::new_from_slice(bytes, false)?,
    })
}

/// Converts pixels to sRGB, in place. Alpha is kept; CMYK pixels become opaque.
///
/// Browsers ignore a profile whose colour space is not that of the pixels, or that the transform
/// does not support; so does this function, also where the profile differs from sRGB by rounding
/// alone. CMYK pixels without a profile are converted as if the inks absorbed independently: R =
/// (1 - C) (1 - K), and likewise for the others.
pub(super) fn to_srgb(rgba: &mut [u8], stored: Stored, profile: Option<Profile>) {
    let converted = profile.and_then(|Profile { space, profile }| match (&space, stored) {
        (b"RGB ", Stored::Rgb | Stored::Grey) => rgb_to_srgb(rgba, &profile),
        (b"GRAY", Stored::Grey) => grey_to_srgb(rgba, &profile),
        (b"CMYK", Stored::InvertedCmyk) => cmyk_to_srgb(rgba, &profile),
        _ => None,
    });
    if converted.is_none() && stored == Stored::InvertedCmyk {
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

fn cmyk_to_srgb(rgba: &mut [u8], profile: &qcms::Profile) -> Option<()> {
    let transform = transform(profile, DataType::CMYK, DataType::RGB8)?;
    // Pixels per run: the transform writes three bytes per pixel, so it needs a second buffer.
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

/// The profile that a PNG file's chunks describe: by code points (cICP), which take precedence over
/// an ICC profile, or by gamma and primaries (gAMA with cHRM), if there is neither an iCCP nor an
/// sRGB chunk. `None` if there are no such chunks.
///
/// # Errors
/// `picture-unsupported` for HDR (PQ and HLG), which would need tone mapping.
pub(super) fn png_colours(bytes: &[u8]) -> Result<Option<Profile>, Error> {
    let mut rest = bytes.get(8..).unwrap_or(&[]);
    let (mut gamma, mut chromaticities, mut has_profile) = (None, None, false);
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
            // Full-range RGB, with the primaries and transfer functions that pictures use.
            (
                b"cICP",
                &[
                    primaries @ (1 | 5 | 6 | 9 | 11 | 12),
                    transfer @ (1 | 4..=6 | 8 | 13..=15),
                    0,
                    1,
                ],
            ) => {
                let profile = qcms::Profile::new_cicp(primaries.into(), transfer.into());
                return Ok(profile.map(|profile| Profile {
                    space: *b"RGB ",
                    profile,
                }));
            }
            (b"sRGB" | b"iCCP", _) => has_profile = true,
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
                chromaticities = Some([0, 1, 2, 3].map(|index| CIE_xyY {
                    x: number(&numbers[index][..4]),
                    y: number(&numbers[index][4..]),
                    Y: 1.0,
                }));
            }
            _ => {}
        }
        rest = rest.get(12 + length..).unwrap_or(&[]);
    }
    let (Some(gamma), Some([white, red, green, blue]), false) =
        (gamma, chromaticities, has_profile)
    else {
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
