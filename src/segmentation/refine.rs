//! Upsamples the labels of the working picture to a mask and an alpha matte of the photo.
//!
//! In a band around the cut's edge, alpha is the local linear function of the photo's colours that
//! fits the labels best: the guided filter (He, Sun & Tang, "Guided Image Filtering", PAMI 2013).
//! For each working pixel k, over the window around it,
//!
//! ```text
//! a_k = (covariance of colours + epsilon I)^-1 (covariance of colours and labels)
//! b_k = mean label - a_k . mean colour
//! alpha(p) = a . colour(p) + b,  a and b interpolated between the working pixels around p
//! ```
//!
//! a and b are computed at the working size and applied at the photo's size ("Fast Guided Filter",
//! He & Sun 2015, arXiv 1505.00996), so the fits cost the same for a photo of any size. Outside the
//! band, every pixel has the label of its working pixel.

use std::ops::Range;

use super::soft_mask::SoftMask;
use super::strokes::Scribbles;
use super::working_picture::WorkingPicture;
use crate::graph_cut::colour_model::Colour;
use crate::image_input::Picture;
use crate::imaging::{Components, Split, interpolation_weights};
use crate::matrix3;

/// Width of the band on each side of the edge, in working pixels.
const BAND: usize = 3;
/// Windows are `2 * RADIUS + 1` working pixels wide.
const RADIUS: usize = 4;
/// The guided filter's epsilon, for colours of 0..=255: a standard deviation of 6, squared. Windows
/// with a smaller variance get an almost constant alpha.
const EPSILON: f64 = 36.0;
/// Gain of alpha around 0.5: a least-squares fit to labels of 0 and 1 does not reach them.
const STEEPNESS: f32 = 1.6;
/// From this value on a pixel of the soft mask is object.
pub const INSIDE: u8 = 128;

/// `alpha = slope . colour + offset`.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    slope: [f32; 3],
    offset: f32,
}

/// The labels of the working picture (true = object) at the photo's size: alpha, 0..=255, which is
/// at least 128 exactly on the components that [`Components::split`] keeps, those of object
/// scribbles among them; and the runs of these components, row-major. Neither takes a byte per
/// pixel, because a photo has up to 50 million.
pub fn refined(
    photo: &Picture,
    working: &WorkingPicture,
    labels: &[bool],
    scribbles: &Scribbles,
) -> (SoftMask, Vec<Range<usize>>) {
    let (columns, rows) = (working.width, working.height());
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let fits = fits(working, labels, &band(labels, columns, BAND + 1));
    let band = band(labels, columns, BAND);

    let across = interpolation_weights(columns, width);
    let mut alpha = SoftMask::new(width);
    let mut components = Components::new(width);
    let mut line = vec![0; width];
    for (pixels, (above, below, v)) in photo
        .rgb()
        .chunks_exact(3 * width)
        .zip(interpolation_weights(rows, height))
    {
        let nearest = if v < 0.5 { above } else { below } * columns;
        for ((value, pixel), &(left, right, u)) in
            line.iter_mut().zip(pixels.as_chunks::<3>().0).zip(&across)
        {
            let cell = nearest + if u < 0.5 { left } else { right };
            *value = match scribbles.scribbled[cell] {
                _ if !band[cell] => 255 * u8::from(labels[cell]),
                Some(object) => 255 * u8::from(object),
                None => {
                    let corners = [
                        above * columns + left,
                        above * columns + right,
                        below * columns + left,
                        below * columns + right,
                    ];
                    let weights = [(1.0 - v) * (1.0 - u), (1.0 - v) * u, v * (1.0 - u), v * u];
                    let evaluate = |Fit { slope, offset }: Fit| {
                        offset + (0..3).map(|i| slope[i] * f32::from(pixel[i])).sum::<f32>()
                    };
                    let fitted: f32 = corners
                        .iter()
                        .zip(weights)
                        .map(|(&corner, weight)| weight * evaluate(fits[corner]))
                        .sum();
                    (255.0 * (0.5 + STEEPNESS * (fitted - 0.5))).round_ties_even() as u8
                }
            };
        }
        alpha.push_row(&line);
        components.push_row(&line, |&value| value >= INSIDE);
    }

    let working_pixel =
        |pixel: usize| pixel / width * rows / height * columns + pixel % width * columns / width;
    let Split { kept, dropped } =
        components.split(|pixel| scribbles.scribbled[working_pixel(pixel)] == Some(true));
    if dropped.is_empty() {
        return (alpha, kept);
    }
    let mut left = SoftMask::new(width);
    let mut dropped = dropped.into_iter().peekable();
    for row in 0..height {
        alpha.read_row(row, &mut line);
        while let Some(run) = dropped.next_if(|run| run.start / width == row) {
            line[run.start % width..][..run.len()].fill(0);
        }
        left.push_row(&line);
    }
    (left, kept)
}

/// The pixels at most `reach` rows and columns from an edge between two labels.
fn band(labels: &[bool], width: usize, reach: usize) -> Vec<bool> {
    let height = labels.len() / width;
    let mut band = vec![false; labels.len()];
    for y in 0..height {
        for x in 0..width {
            let label = labels[y * width + x];
            let differs =
                |x: usize, y: usize| x < width && y < height && labels[y * width + x] != label;
            if differs(x + 1, y) || differs(x, y + 1) {
                for row in (y + 1).saturating_sub(reach)..(y + 1 + reach).min(height) {
                    band[row * width..][(x + 1).saturating_sub(reach)..(x + 1 + reach).min(width)]
                        .fill(true);
                }
            }
        }
    }
    band
}

/// The fit of the window around each pixel of `band`; elsewhere the constant label.
fn fits(working: &WorkingPicture, labels: &[bool], band: &[bool]) -> Vec<Fit> {
    let (width, height) = (working.width, working.height());
    let constant = |&label: &bool| Fit {
        slope: [0.0; 3],
        offset: f32::from(u8::from(label)),
    };
    let mut fits: Vec<Fit> = labels.iter().map(constant).collect();
    for y in 0..height {
        for x in (0..width).filter(|x| band[y * width + x]) {
            let window = |centre: usize, end: usize| {
                centre.saturating_sub(RADIUS)..(centre + RADIUS + 1).min(end)
            };
            let pixels =
                window(y, height).flat_map(|y| window(x, width).map(move |x| y * width + x));
            fits[y * width + x] = fit(pixels.map(|pixel| (&working.colours[pixel], labels[pixel])));
        }
    }
    fits
}

/// The least-squares fit of the labels as a linear function of the colours.
fn fit<'a>(pixels: impl Iterator<Item = (&'a Colour, bool)>) -> Fit {
    let (mut count, mut objects) = (0.0, 0.0);
    let (mut sum, mut object_sum, mut products) = ([0.0f32; 3], [0.0f32; 3], [[0.0f32; 3]; 3]);
    for (colour, label) in pixels {
        // Sums are taken relative to mid-grey: `E[xy] - E[x]E[y]` then cancels less.
        let colour = colour.map(|value| value - 127.5);
        let object = f32::from(u8::from(label));
        count += 1.0;
        objects += object;
        for i in 0..3 {
            sum[i] += colour[i];
            object_sum[i] += object * colour[i];
            for j in 0..=i {
                products[i][j] += colour[i] * colour[j];
            }
        }
    }
    let mean = sum.map(|value| f64::from(value / count));
    let mean_label = f64::from(objects / count);
    let with_labels = [0, 1, 2].map(|i| f64::from(object_sum[i] / count) - mean[i] * mean_label);
    let covariance =
        |i: usize, j: usize| f64::from(products[i.max(j)][i.min(j)] / count) - mean[i] * mean[j];
    let matrix =
        [0, 1, 2].map(|i| [0, 1, 2].map(|j| covariance(i, j) + if i == j { EPSILON } else { 0.0 }));
    let slope = matrix3::solve(matrix, with_labels);
    let offset = mean_label - (0..3).map(|i| slope[i] * (mean[i] + 127.5)).sum::<f64>();
    Fit {
        slope: slope.map(|value| value as f32),
        offset: offset as f32,
    }
}
