//! A map over its photo.

use super::ColourMap;
use crate::image_input::Picture;
use crate::saliency::blurred;

/// The share of the values that are shown in full; above it, a few extreme pixels would dim all the others.
const SHOWN_SHARE: f64 = 0.995;
/// Deviation of the blur before drawing, as a share of the long side: a pixel and a half of the network's input. Strided layers leave
/// a raster of that size in every gradient; drawn as it is, it is all that one sees.
const BLUR: f64 = 1.5 / 227.0;
/// Strengths below the first leave the photo as it is, those above the second hide it as far as the opacity goes.
const FADE: [f32; 2] = [0.08, 0.6];

/// The photo under a map in its frame, as opaque RGBA pixels.
///
/// In: `values`, one for each pixel of `picture`, row-major, >= 0; `opacity`, 0..1, of the strongest of them. A value's strength is,
/// after a slight blur, its part of the 99.5th percentile, at most 1: it picks the colour, and low strengths fade to transparent. A map
/// of zeros leaves the photo untouched.
pub fn overlay(picture: &Picture, values: &[f32], map: ColourMap, opacity: f32) -> Vec<u8> {
    let long_side = picture.width().max(picture.height());
    let values = blurred(values, picture.width() as usize, BLUR * f64::from(long_side));
    let full = full_strength(&values);
    let mut rgba = picture.rgba().to_vec();
    if full > 0.0 {
        for (pixel, value) in rgba.chunks_exact_mut(4).zip(values) {
            let strength = (value / full).min(1.0);
            let cover = opacity * faded(strength);
            for (photo, colour) in pixel.iter_mut().zip(map.colour(strength)) {
                let below = f32::from(*photo);
                *photo = (below + cover * (f32::from(colour) - below)).round() as u8;
            }
        }
    }
    rgba
}

/// The value shown in full: the 99.5th percentile, or the largest where so few are above 0 that the percentile is not.
fn full_strength(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    let rank = (SHOWN_SHARE * values.len().saturating_sub(1) as f64).round() as usize;
    if rank >= sorted.len() {
        return 0.0;
    }
    let (_, percentile, above) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
    if *percentile > 0.0 { *percentile } else { above.iter().fold(0.0, |largest, value| value.max(largest)) }
}

/// A smooth step from 0 to 1 between the two ends of [`FADE`].
fn faded(strength: f32) -> f32 {
    let t = ((strength - FADE[0]) / (FADE[1] - FADE[0])).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> Picture {
        Picture::from_rgba([100, 100, 100, 255].repeat((width * height) as usize), width, height).unwrap()
    }

    #[test]
    fn a_map_of_zeros_leaves_the_photo_untouched() {
        let photo = grey(4, 4);
        assert_eq!(overlay(&photo, &[0.0; 16], ColourMap::Inferno, 1.0), photo.rgba());
    }

    #[test]
    fn no_opacity_leaves_the_photo_untouched() {
        let photo = grey(4, 4);
        assert_eq!(overlay(&photo, &[3.0; 16], ColourMap::Inferno, 0.0), photo.rgba());
    }

    #[test]
    fn strong_values_take_the_colour_and_weak_ones_fade() {
        let mut values = vec![0.01; 100];
        values[50..].fill(2.0);
        let seen = overlay(&grey(10, 10), &values, ColourMap::Viridis, 1.0);
        assert_eq!(seen[..4], [100, 100, 100, 255]);
        assert_eq!(seen[50 * 4..51 * 4], [253, 231, 37, 255]);
    }

    #[test]
    fn one_extreme_pixel_does_not_dim_the_others() {
        let mut values = vec![1.0; 400];
        values[7] = 1e30;
        let seen = overlay(&grey(20, 20), &values, ColourMap::Grey, 1.0);
        assert!(seen.iter().all(|&value| value == 255));
    }

    #[test]
    fn a_single_pixel_above_zero_is_shown() {
        let mut values = vec![0.0; 400];
        values[7] = 1e-6;
        let photo = grey(20, 20);
        let seen = overlay(&photo, &values, ColourMap::Grey, 1.0);
        assert_eq!(seen[7 * 4..8 * 4], [255; 4]);
        assert_eq!(seen[8 * 4..], photo.rgba()[8 * 4..]);
    }
}
