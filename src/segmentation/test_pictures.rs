//! Test pictures with known objects.
#![allow(clippy::unwrap_used)]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::image_input::Picture;
use crate::saliency::SaliencyMap;

/// A noisy disc of one colour on a noisy chequered ground, a map with a rough blob of saliency on
/// the disc, and the disc's mask.
pub fn disc(width: u32, height: u32) -> (Picture, SaliencyMap, Vec<bool>) {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (cx, cy, radius) = (
        f64::from(width) * 0.55,
        f64::from(height) * 0.45,
        f64::from(width.min(height)) * 0.28,
    );
    let mut rgba = Vec::new();
    let mut truth = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let inside = (f64::from(x) + 0.5 - cx).hypot(f64::from(y) + 0.5 - cy) < radius;
            let ground = if (x / 16 + y / 16) % 2 == 0 {
                [90, 120, 60]
            } else {
                [60, 100, 110]
            };
            let colour: [i32; 3] = if inside { [190, 110, 70] } else { ground };
            let grain = (random.next_u32() % 81) as i32 - 40;
            rgba.extend(colour.map(|value| {
                (value + grain + (random.next_u32() % 41) as i32 - 20).clamp(0, 255) as u8
            }));
            rgba.push(255);
            truth.push(inside);
        }
    }
    let (rows, columns) = (28, 28);
    let values = (0..rows * columns)
        .map(|cell| {
            let (x, y) = ((cell % columns) as f64 + 0.5, (cell / columns) as f64 + 0.5);
            let (x, y) = (
                x / columns as f64 * f64::from(width),
                y / rows as f64 * f64::from(height),
            );
            let blob =
                (-((x - cx - 0.3 * radius).powi(2) + (y - cy).powi(2)) / (radius * radius)).exp();
            (blob + 0.2 * f64::from(random.next_u32()) / f64::from(u32::MAX)) as f32
        })
        .collect();
    (
        Picture::from_rgba(rgba, width, height).unwrap(),
        SaliencyMap {
            values,
            rows,
            columns,
        },
        truth,
    )
}

/// Intersection over union.
pub fn iou(mask: &[u8], truth: &[bool]) -> f64 {
    let both = mask
        .iter()
        .zip(truth)
        .filter(|&(&m, &t)| m == 255 && t)
        .count();
    let either = mask
        .iter()
        .zip(truth)
        .filter(|&(&m, &t)| m == 255 || t)
        .count();
    both as f64 / either as f64
}
