//! A map over its photo.
//!
//! The map is laid over a dimmed photo as light is, by the blend mode "screen", so that a stronger
//! value is lighter than a weaker one wherever it lies: over white, grey, black, and every colour.
//! Mixing the map's colours with the photo's could not promise that: their low end is dark, and
//! over a bright photo a weak value would look darker than none.

use super::ColourMap;
use crate::image_input::Picture;
use crate::imaging::gaussian_blur;

/// The share of the values that are shown in full; above it, a few extreme pixels would dim all the
/// others.
const SHOWN_SHARE: f64 = 0.995;
/// Deviation of the blur before drawing, as a share of the long side: a pixel and a half of the
/// network's input. Strided layers leave a raster of that size in every gradient; drawn as it is,
/// it is all that one sees.
const BLUR: f64 = 1.5 / 227.0;
/// What is left of the photo's brightness under a map: the map has the rest to be seen in.
const DIMMED: f32 = 115.0 / 255.0;
/// The strength from which a map's colour is added in full. Below it the share rises straight from
/// 0, so that nothing is added where the map is 0, whatever colour it begins with.
const FULL_FROM: f32 = 0.25;
/// What red, green and blue count in a grey photo; the weights of the blend mode "saturation".
const GREY: [f32; 3] = [0.3, 0.59, 0.11];

/// What a map is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    /// The photo in grey, dimmed: all colours are the map's.
    #[default]
    GreyPhoto,
    /// The photo in its colours, dimmed.
    ColourPhoto,
    /// No photo: the map's colours alone, without transparency.
    Nothing,
}

/// The photo under a map in its frame, as opaque RGBA pixels.
///
/// In: `values`, one for each pixel of `picture`, row-major, >= 0; `opacity`, 0..1, of the map. A
/// value's strength is, after a slight blur, its part of the 99.5th percentile, at most 1;
/// [`blend`] draws it. A map of zeros leaves the dimmed photo.
pub fn overlay(
    picture: &Picture,
    values: &[f32],
    map: ColourMap,
    ground: Ground,
    opacity: f32,
) -> Vec<u8> {
    let long_side = picture.width().max(picture.height());
    let values = gaussian_blur(
        values,
        picture.width() as usize,
        BLUR * f64::from(long_side),
    );
    let full = full_strength(&values);
    let mut rgba = picture.rgba().to_vec();
    for (pixel, value) in rgba.chunks_exact_mut(4).zip(values) {
        let strength = if full > 0.0 {
            (value / full).min(1.0)
        } else {
            0.0
        };
        let [red, green, blue, _] = *pixel else {
            continue;
        };
        pixel[..3].copy_from_slice(&blend([red, green, blue], strength, map, ground, opacity));
    }
    rgba
}

/// The colour of a photo's pixel under a map's value of `strength` 0..1.
///
/// `p + opacity * weight * c * (1 - p)` in each channel, with `p` the dimmed photo and `c` the map's
/// colour, both 0..=1. The weight rises linearly from 0 at a strength of 0 to 1 at a quarter, and
/// stays 1 from there. The lightness never falls as the strength rises, except for the rounding to
/// whole levels.
pub fn blend(
    photo: [u8; 3],
    strength: f32,
    map: ColourMap,
    ground: Ground,
    opacity: f32,
) -> [u8; 3] {
    let colour = map.colour(strength);
    let photo = photo.map(f32::from);
    let below = match ground {
        Ground::GreyPhoto => {
            [(0..3)
                .map(|channel| GREY[channel] * photo[channel])
                .sum::<f32>(); 3]
        }
        Ground::ColourPhoto => photo,
        Ground::Nothing => return colour,
    };
    let added = opacity * share(strength);
    std::array::from_fn(|channel| {
        let below = DIMMED * below[channel];
        (below + added * f32::from(colour[channel]) * (1.0 - below / 255.0)).round() as u8
    })
}

/// A map's colours and shares for 256 strengths from 0 to 1, as RGBA: laid over a dimmed photo by
/// the blend mode "screen", they are what [`blend`] computes, but for rounding. (Canvases keep
/// colours multiplied by their alpha.)
pub fn table(map: ColourMap) -> Vec<u8> {
    let strengths = (0..=255u8).map(|level| f32::from(level) / 255.0);
    strengths
        .flat_map(|strength| {
            map.colour(strength)
                .into_iter()
                .chain([(255.0 * share(strength)).round() as u8])
        })
        .collect()
}

/// How much of a map's colour is added to the photo at a `strength` of 0..1: 0 at 0, straight up to
/// 1, and 1 from a quarter on.
fn share(strength: f32) -> f32 {
    (strength / FULL_FROM).clamp(0.0, 1.0)
}

/// The value shown in full: the 99.5th percentile, or the largest where so few are above 0 that the
/// percentile is not.
fn full_strength(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    let rank = (SHOWN_SHARE * values.len().saturating_sub(1) as f64).round() as usize;
    if rank >= sorted.len() {
        return 0.0;
    }
    let (_, percentile, above) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
    if *percentile > 0.0 {
        *percentile
    } else {
        above.iter().fold(0.0, |largest, value| value.max(largest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::COLOUR_MAPS;

    const GROUNDS: [Ground; 3] = [Ground::GreyPhoto, Ground::ColourPhoto, Ground::Nothing];
    /// What rounding to whole levels can take from the lightness of a dark colour.
    const ROUNDING: f64 = 0.5;

    /// CIE L* of an sRGB colour, 0..=100.
    fn lightness(rgb: [u8; 3]) -> f64 {
        let linear = rgb.map(|level| {
            let value = f64::from(level) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        if luminance <= 216.0 / 24389.0 {
            luminance * 24389.0 / 27.0
        } else {
            116.0 * luminance.cbrt() - 16.0
        }
    }

    /// Lightness from strength 0 to 1 over one pixel.
    fn lightnesses(photo: [u8; 3], map: ColourMap, ground: Ground, opacity: f32) -> Vec<f64> {
        (0..=255)
            .map(|level| lightness(blend(photo, level as f32 / 255.0, map, ground, opacity)))
            .collect()
    }

    #[test]
    fn a_stronger_value_is_never_darker_over_any_colour_of_a_photo() {
        // White, greys, black, and the corners and edges of the cube of colours.
        let steps = [0, 64, 128, 191, 255];
        for (_, map) in COLOUR_MAPS {
            for ground in GROUNDS {
                for opacity in [0.1, 0.5, 1.0] {
                    for photo in steps
                        .iter()
                        .flat_map(|&r| steps.iter().flat_map(move |&g| steps.map(|b| [r, g, b])))
                    {
                        let seen = lightnesses(photo, map, ground, opacity);
                        let mut lightest = 0.0f64;
                        for (level, &now) in seen.iter().enumerate() {
                            assert!(
                                now > lightest - ROUNDING,
                                "{map:?} on {ground:?} at {opacity}, {photo:?}: {level} falls from {lightest} to {now}"
                            );
                            lightest = lightest.max(now);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_strongest_value_stands_out_from_white_grey_and_black() {
        for (_, map) in COLOUR_MAPS {
            for ground in [Ground::GreyPhoto, Ground::ColourPhoto] {
                for level in [0, 128, 255] {
                    let seen = lightnesses([level; 3], map, ground, 1.0);
                    assert!(
                        seen[255] - seen[0] > 40.0,
                        "{map:?} over {level}: {} to {}",
                        seen[0],
                        seen[255]
                    );
                }
            }
        }
    }

    fn of_grey(level: u8, width: u32, height: u32) -> Picture {
        Picture::from_rgba(
            [level, level, level, 255].repeat((width * height) as usize),
            width,
            height,
        )
        .unwrap()
    }

    #[test]
    fn a_map_that_rises_across_a_white_photo_is_drawn_ever_lighter() {
        let (width, height) = (120, 6);
        let values: Vec<f32> = (0..width * height)
            .map(|pixel| (pixel % width) as f32)
            .collect();
        for (_, map) in COLOUR_MAPS {
            let rgba = overlay(
                &of_grey(255, width, height),
                &values,
                map,
                Ground::default(),
                1.0,
            );
            let row: Vec<f64> = rgba
                .chunks_exact(4)
                .take(width as usize)
                .map(|p| lightness([p[0], p[1], p[2]]))
                .collect();
            assert!(
                row.is_sorted_by(|a, b| *b > a - ROUNDING) && row[119] > row[0] + 40.0,
                "{map:?}: {row:?}"
            );
        }
    }

    #[test]
    fn a_map_of_zeros_and_one_without_opacity_leave_the_dimmed_photo() {
        let photo = of_grey(200, 4, 4);
        let dimmed = [90, 90, 90, 255].repeat(16);
        for (_, map) in COLOUR_MAPS {
            assert_eq!(
                overlay(&photo, &[0.0; 16], map, Ground::GreyPhoto, 1.0),
                dimmed
            );
            assert_eq!(
                overlay(&photo, &[3.0; 16], map, Ground::GreyPhoto, 0.0),
                dimmed
            );
        }
    }

    #[test]
    fn grounds_are_the_grey_photo_the_coloured_one_and_none() {
        let seen = |ground| blend([255, 0, 0], 0.0, ColourMap::Inferno, ground, 1.0);
        assert_eq!(seen(Ground::GreyPhoto), [35; 3]); // 0.3 * 115
        assert_eq!(seen(Ground::ColourPhoto), [115, 0, 0]);
        assert_eq!(seen(Ground::Nothing), ColourMap::Inferno.colour(0.0));
        assert_eq!(
            blend([9; 3], 0.5, ColourMap::Viridis, Ground::Nothing, 0.1),
            ColourMap::Viridis.colour(0.5)
        );
    }

    #[test]
    fn the_table_laid_over_by_screen_is_the_blend() {
        for (_, map) in COLOUR_MAPS {
            for (level, entry) in table(map).chunks_exact(4).enumerate() {
                let [colour, share] = [f32::from(entry[0]) / 255.0, f32::from(entry[3]) / 255.0];
                let dimmed = 0.5 * DIMMED * 255.0;
                let screen = dimmed + 0.8 * share * colour * (255.0 - dimmed);
                let [red, ..] = blend(
                    [128, 0, 0],
                    level as f32 / 255.0,
                    map,
                    Ground::ColourPhoto,
                    0.8,
                );
                assert!(
                    (screen - f32::from(red)).abs() < 1.5,
                    "{map:?} at {level}: {screen} and {red}"
                );
            }
        }
    }

    #[test]
    fn one_extreme_pixel_does_not_dim_the_others() {
        let mut values = vec![1.0; 400];
        values[7] = 1e30;
        let seen = overlay(
            &of_grey(100, 20, 20),
            &values,
            ColourMap::Grey,
            Ground::GreyPhoto,
            1.0,
        );
        assert!(seen.iter().all(|&value| value == 255));
    }

    #[test]
    fn a_single_pixel_above_zero_is_shown() {
        let mut values = vec![0.0; 400];
        values[7] = 1e-6;
        let seen = overlay(
            &of_grey(100, 20, 20),
            &values,
            ColourMap::Grey,
            Ground::GreyPhoto,
            1.0,
        );
        assert_eq!(seen[7 * 4..8 * 4], [255; 4]);
        assert_eq!(seen[8 * 4..9 * 4], [45, 45, 45, 255]);
    }
}
