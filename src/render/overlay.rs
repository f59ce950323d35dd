//! Composites a map over its photo.
//!
//! The map is blended with the dimmed photo by the blend mode "screen", which adds light, so a
//! larger value is lighter than a smaller one over white, grey, black, and every colour. With alpha
//! blending this would not hold: colour maps begin dark, and over a bright photo a small value
//! would look darker than none.

use super::{ColourMap, Intensity};
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::interpolation_weights;

/// The level of a white photo's pixel under a map of zeros; the rest of the range is for the map.
pub const DIMMED_WHITE: u8 = 115;
/// The strength from which a map's colour has its full weight. Below, the weight rises linearly
/// from 0, so nothing is added where the map is 0, whatever colour the colour map begins with.
const FULL_FROM: f32 = 0.25;
/// Weights of red, green and blue in a grey photo, as in the blend mode "saturation".
const GREY: [f32; 3] = [0.3, 0.59, 0.11];

/// What speaks for the target over a dimmed photo: orange. It and its opposite differ in lightness
/// little and in hue much, also for colour-blind people.
const FOR: [u8; 3] = [0xff, 0x8a, 0x1f];
/// What speaks against it: blue.
const AGAINST: [u8; 3] = [0x3f, 0x9c, 0xff];

/// Every background with its name, the default first.
pub const GROUNDS: [(&str, Ground); 3] = [
    ("grey", Ground::GreyPhoto),
    ("colour", Ground::ColourPhoto),
    ("none", Ground::Nothing),
];

/// The background that a map is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    /// The photo in grey, dimmed, so that all colours are the map's.
    #[default]
    GreyPhoto,
    /// The photo in its colours, dimmed.
    ColourPhoto,
    /// No photo: the map's colours, opaque.
    Nothing,
}

impl std::str::FromStr for Ground {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let named = GROUNDS.iter().find(|(id, _)| *id == name);
        named
            .map(|&(_, ground)| ground)
            .ok_or_else(|| Error::SettingOutOfRange(format!("there is no ground \"{name}\"")))
    }
}

/// The colours of a map's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Of magnitudes, from none at level 0 to the strongest at 255.
    Map(ColourMap),
    /// Of signed values, with 0 at level 128: one hue for and one against.
    Signs,
}

/// A map and how it is composited over a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct MapLayer {
    /// The map's levels, on a grid over the whole photo; they are interpolated linearly.
    pub intensity: Intensity,
    /// The colours of the levels.
    pub colours: Colours,
    /// The background.
    pub ground: Ground,
    /// Opacity of the map, 0..=1.
    pub opacity: f32,
}

/// The photo with a map over it, as opaque RGBA pixels of the photo's size, row-major. Each pixel
/// is a [`blend`]; a map of zeros gives the dimmed photo.
///
/// ```
/// use deep_inside::Picture;
/// use deep_inside::render::{ColourMap, Colours, Ground, Intensity, MapLayer, overlay};
///
/// let white = Picture::from_rgba(vec![255; 2 * 4], 2, 1)?;
/// let layer = MapLayer {
///     intensity: Intensity { levels: vec![0, 255], rows: 1, columns: 2 },
///     colours: Colours::Map(ColourMap::Grey),
///     ground: Ground::GreyPhoto,
///     opacity: 1.0,
/// };
/// assert_eq!(overlay(&white, &layer), [115, 115, 115, 255, 255, 255, 255, 255]);
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub fn overlay(picture: &Picture, layer: &MapLayer) -> Vec<u8> {
    overlay_rows(picture, layer).flatten().collect()
}

/// The rows of an [`overlay`], one at a time, so that a large photo needs no second copy.
pub fn overlay_rows(picture: &Picture, layer: &MapLayer) -> impl Iterator<Item = Vec<u8>> {
    let &MapLayer {
        ref intensity,
        colours,
        ground,
        opacity,
    } = layer;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let horizontal = interpolation_weights(intensity.columns, width);
    let vertical = interpolation_weights(intensity.rows, height);
    let photo_rows = picture.rgb().chunks_exact(3 * width);
    photo_rows
        .zip(vertical)
        .map(move |(photo, (above, below, v))| {
            let level = |row: usize, column: usize| {
                f32::from(intensity.levels[row * intensity.columns + column])
            };
            let mut row = Vec::with_capacity(4 * width);
            for (pixel, &(left, right, u)) in photo.as_chunks::<3>().0.iter().zip(&horizontal) {
                let top = level(above, left) + u * (level(above, right) - level(above, left));
                let bottom = level(below, left) + u * (level(below, right) - level(below, left));
                let level = top + v * (bottom - top);
                let [red, green, blue] = match colours {
                    Colours::Map(map) => blend(*pixel, level / 255.0, map, ground, opacity),
                    Colours::Signs => blend_signs(*pixel, level, ground, opacity),
                };
                row.extend([red, green, blue, 255]);
            }
            row
        })
}

/// The colour of a photo's pixel under a map's value of `strength` 0..1.
///
/// `p + opacity * weight * c * (1 - p)` in each channel, with `p` the dimmed photo and `c` the
/// map's colour, both 0..=1. The weight rises linearly from 0 at a strength of 0 to 1 at a quarter,
/// and stays 1 from there. The lightness never falls as the strength rises, except by rounding to
/// whole levels.
pub fn blend(
    photo: [u8; 3],
    strength: f32,
    map: ColourMap,
    ground: Ground,
    opacity: f32,
) -> [u8; 3] {
    let colour = map.colour(strength);
    match ground.dimmed(photo) {
        None => colour,
        Some(below) => screen(below, opacity * colour_weight(strength), colour),
    }
}

/// The colour of a photo's pixel under a signed map's `level`, 0..=255 with 0 at 128.
///
/// As [`blend`], with the hue of the sign, and a weight that rises linearly with the magnitude, so
/// that the lightness rises with it. With no photo the colours are those of [`signed_table`].
pub fn blend_signs(photo: [u8; 3], level: f32, ground: Ground, opacity: f32) -> [u8; 3] {
    let strength = ((level - 128.0).abs() / 127.0).min(1.0);
    let is_negative = level < 128.0;
    match ground.dimmed(photo) {
        None => sign_colour(strength, is_negative),
        Some(below) => {
            let hue = if is_negative { AGAINST } else { FOR };
            screen(below, opacity * strength, hue)
        }
    }
}

impl Ground {
    /// A photo's pixel as it is below a map, levels 0..=115; `None` without the photo.
    fn dimmed(self, photo: [u8; 3]) -> Option<[f32; 3]> {
        let photo = photo.map(f32::from);
        let below = match self {
            Ground::GreyPhoto => {
                [(0..3)
                    .map(|channel| GREY[channel] * photo[channel])
                    .sum::<f32>(); 3]
            }
            Ground::ColourPhoto => photo,
            Ground::Nothing => return None,
        };
        Some(below.map(|level| f32::from(DIMMED_WHITE) / 255.0 * level))
    }
}

/// `weight` of a colour added to what is below it, by the blend mode "screen".
fn screen(below: [f32; 3], weight: f32, colour: [u8; 3]) -> [u8; 3] {
    std::array::from_fn(|channel| {
        let below = below[channel];
        (below + weight * f32::from(colour[channel]) * (1.0 - below / 255.0)).round() as u8
    })
}

/// A map's colours for 256 strengths from 0 to 1, as RGBA: blended with a dimmed photo by the blend
/// mode "screen", they give the same as [`blend`], up to rounding.
pub fn table(map: ColourMap) -> Vec<u8> {
    let strengths = (0..=255u8).map(|level| f32::from(level) / 255.0);
    strengths
        .flat_map(|strength| {
            map.colour(strength)
                .into_iter()
                .chain([(255.0 * colour_weight(strength)).round() as u8])
        })
        .collect()
}

/// Colours for the 256 levels of a [`signed_intensity`](super::signed_intensity), as RGBA: blue for
/// negative values, white at 0, red for positive ones. The ends are ColorBrewer's RdBu (Apache
/// 2.0).
pub fn signed_table() -> Vec<u8> {
    let levels = (0..=255u8).map(|level| (f32::from(level.abs_diff(128)) / 127.0, level < 128));
    levels
        .flat_map(|(strength, is_negative)| {
            let [red, green, blue] = sign_colour(strength.min(1.0), is_negative);
            [red, green, blue, 255]
        })
        .collect()
}

/// The same for a dimmed photo below, by the blend mode "screen" ([`blend_signs`]).
pub fn signed_table_over_photo() -> Vec<u8> {
    let levels = (0..=255u8).map(|level| (f32::from(level.abs_diff(128)) / 127.0, level < 128));
    levels
        .flat_map(|(strength, is_negative)| {
            let [red, green, blue] = if is_negative { AGAINST } else { FOR };
            [red, green, blue, (255.0 * strength.min(1.0)).round() as u8]
        })
        .collect()
}

/// A signed value's colour without a photo.
fn sign_colour(strength: f32, is_negative: bool) -> [u8; 3] {
    const NEGATIVE: [u8; 3] = [0x21, 0x66, 0xac];
    const POSITIVE: [u8; 3] = [0xb2, 0x18, 0x2b];
    let end = if is_negative { NEGATIVE } else { POSITIVE };
    end.map(|end| (255.0 + strength * (f32::from(end) - 255.0)).round() as u8)
}

/// The weight of a map's colour at a `strength` of 0..=1: linear from 0 at 0 to 1 at a quarter, 1
/// from there.
fn colour_weight(strength: f32) -> f32 {
    (strength / FULL_FROM).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::COLOUR_MAPS;

    const GROUNDS: [Ground; 3] = [Ground::GreyPhoto, Ground::ColourPhoto, Ground::Nothing];
    /// By how much rounding to whole levels can reduce the lightness of a dark colour.
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

    fn layer(
        intensity: Intensity,
        colour_map: ColourMap,
        ground: Ground,
        opacity: f32,
    ) -> MapLayer {
        MapLayer {
            intensity,
            colours: Colours::Map(colour_map),
            ground,
            opacity,
        }
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
                                "{map:?} on {ground:?} at {opacity}, {photo:?}: \
                                 {level} falls from {lightest} to {now}"
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

    fn even(level: u8) -> Intensity {
        Intensity {
            levels: vec![level],
            rows: 1,
            columns: 1,
        }
    }

    #[test]
    fn a_map_that_rises_across_a_white_photo_is_drawn_ever_lighter() {
        let (width, height) = (120, 6);
        let intensity = Intensity {
            levels: (0..width * height)
                .map(|pixel| (2 * (pixel % width)) as u8)
                .collect(),
            rows: height as usize,
            columns: width as usize,
        };
        for (_, map) in COLOUR_MAPS {
            let rgba = overlay(
                &of_grey(255, width, height),
                &layer(intensity.clone(), map, Ground::default(), 1.0),
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
                overlay(&photo, &layer(even(0), map, Ground::GreyPhoto, 1.0)),
                dimmed
            );
            assert_eq!(
                overlay(&photo, &layer(even(255), map, Ground::GreyPhoto, 0.0)),
                dimmed
            );
        }
    }

    #[test]
    fn backgrounds_are_the_grey_photo_the_coloured_one_and_none() {
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
    fn the_table_blended_by_screen_is_the_blend() {
        for (_, map) in COLOUR_MAPS {
            for (level, entry) in table(map).chunks_exact(4).enumerate() {
                let [colour, weight] = [f32::from(entry[0]) / 255.0, f32::from(entry[3]) / 255.0];
                let dimmed = 0.5 * f32::from(DIMMED_WHITE);
                let screen = dimmed + 0.8 * weight * colour * (255.0 - dimmed);
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
    fn the_table_of_signs_is_blue_white_red() {
        let table = signed_table();
        let colour = |level: usize| [table[4 * level], table[4 * level + 1], table[4 * level + 2]];
        assert_eq!(
            [1, 128, 255].map(colour),
            [[0x21, 0x66, 0xac], [255; 3], [0xb2, 0x18, 0x2b]]
        );
    }

    #[test]
    fn over_a_photo_signs_are_orange_and_blue_and_zero_is_the_photo() {
        let grey = [90; 3];
        let dimmed = blend_signs(grey, 128.0, Ground::GreyPhoto, 1.0);
        assert_eq!(
            dimmed,
            blend(grey, 0.0, ColourMap::Grey, Ground::GreyPhoto, 1.0)
        );
        for (ends, warm) in [([128.0, 255.0], true), ([128.0, 1.0], false)] {
            let seen: Vec<[u8; 3]> = (0..=10)
                .map(|i| ends[0] + f32::from(i as u8) / 10.0 * (ends[1] - ends[0]))
                .map(|level| blend_signs(grey, level, Ground::GreyPhoto, 1.0))
                .collect();
            for pair in seen.windows(2) {
                assert!(
                    lightness(pair[0]) <= lightness(pair[1]) + ROUNDING,
                    "{seen:?}"
                );
            }
            let [red, _, blue] = seen[10];
            assert_eq!(red > blue, warm, "{seen:?}");
        }
        for (level, entry) in signed_table_over_photo().chunks_exact(4).enumerate() {
            let below = [0.5 * f32::from(DIMMED_WHITE); 3];
            let colour = [entry[0], entry[1], entry[2]];
            let expected = screen(below, f32::from(entry[3]) / 255.0, colour);
            let found = blend_signs([128; 3], level as f32, Ground::GreyPhoto, 1.0);
            for (a, b) in expected.into_iter().zip(found) {
                assert!(a.abs_diff(b) <= 1, "{level}: {expected:?}, {found:?}");
            }
        }
    }

    #[test]
    fn a_larger_photo_gets_the_levels_interpolated() {
        let intensity = Intensity {
            levels: vec![0, 255],
            rows: 1,
            columns: 2,
        };
        let seen = overlay(
            &of_grey(0, 4, 2),
            &layer(intensity, ColourMap::Grey, Ground::Nothing, 1.0),
        );
        let reds: Vec<u8> = seen.iter().copied().step_by(4).collect();
        assert_eq!(reds, [0, 64, 191, 255, 0, 64, 191, 255]);
    }
}
