//! How likely a mask is to be the object: a linear function of a few properties of the mask.
//!
//! Its weights are fitted to photos with true masks (`scripts/fit_mask_score.py`).

mod weights;

use super::candidates::ObjectMaps;
use super::working_picture::WorkingPicture;
use crate::graph_cut::colour_model::Colour;
use crate::saliency::SaliencyMap;
use weights::{MEAN_BORDER, MEAN_ENTROPY, WEIGHTS};

/// The number of features.
pub const FEATURES: usize = FEATURE_NAMES.len();

/// The features of a mask, in the order of the weights.
///
/// - `separation`: the chi-square distance, 0..=1, between the colours inside and outside;
/// - `edge_separation`: the same for the strips along the two sides of the mask's edge;
/// - `distance_from_centre`: of the mask's centroid, in sides of the picture;
/// - `elongation`: `|ln(height / width)|` of its box;
/// - `map_agreement`: the squared cosine between mask and map;
/// - `size_by_entropy` and `size_by_border`: the logarithm of its fraction of the picture, times
///   the entropy of the class probabilities, and times the logarithm of the gradient's mean at the
///   picture's border relative to its mean.
pub const FEATURE_NAMES: [&str; 7] = [
    "separation",
    "edge_separation",
    "distance_from_centre",
    "elongation",
    "map_agreement",
    "size_by_entropy",
    "size_by_border",
];

/// Bins of a colour histogram along each axis.
const BINS: usize = 8;
/// The strips along the edge are this fraction of the long side wide.
const STRIP: f64 = 0.05;

/// What a picture says of its object's size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cues {
    /// The entropy of the class probabilities, nats.
    pub entropy: f64,
    /// `ln(mean of the gradient's map at its border / mean of the map)`.
    pub border: f64,
}

impl Cues {
    /// The cues in `maps`. One that is missing has the mean value of the photos of the fit.
    pub fn of(maps: &ObjectMaps<'_>) -> Self {
        Self {
            entropy: maps.entropy.unwrap_or(MEAN_ENTROPY),
            border: maps.gradient.map_or(MEAN_BORDER, border),
        }
    }
}

fn border(map: &SaliencyMap) -> f64 {
    let mean = |values: &mut dyn Iterator<Item = f32>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for value in values {
            sum += f64::from(value);
            count += 1.0;
        }
        sum / f64::max(count, 1.0)
    };
    let last = (map.rows - 1, map.columns - 1);
    let cells = map.values.iter().copied().enumerate();
    let at_border = |index: usize| {
        let (row, column) = (index / map.columns, index % map.columns);
        row == 0 || column == 0 || row == last.0 || column == last.1
    };
    let border = mean(
        &mut cells
            .clone()
            .filter(|&(index, _)| at_border(index))
            .map(|cell| cell.1),
    );
    let whole = mean(&mut cells.map(|cell| cell.1));
    // A map that is 0 at the border, or everywhere, has a logarithm too.
    ((border + 1e-3 * whole) / whole.max(f64::MIN_POSITIVE))
        .max(1e-3)
        .ln()
}

/// Scores masks of one picture.
pub struct MaskScorer {
    width: usize,
    /// By pixel: the bin of its colour.
    bins: Vec<u16>,
    /// By pixel: the map.
    map: Vec<f32>,
    /// The sum of its squares.
    squares: f64,
    cues: Cues,
}

impl MaskScorer {
    /// A scorer of masks of `picture` for the object that `map` marks.
    pub fn new(picture: &WorkingPicture, map: &SaliencyMap, cues: Cues) -> Self {
        let [width, height] = picture.size();
        let map = map.sampled(width, height);
        Self {
            width,
            bins: picture.colours.iter().map(bin).collect(),
            squares: map.iter().map(|&value| f64::from(value).powi(2)).sum(),
            map,
            cues,
        }
    }

    /// The features of a mask, row-major; `None` if all or nothing is object.
    pub fn features(&self, mask: &[bool]) -> Option<[f64; FEATURES]> {
        let (width, height) = (self.width, mask.len() / self.width);
        let objects = mask.iter().filter(|&&object| object).count();
        if objects == 0 || objects == mask.len() {
            return None;
        }
        let [mut x, mut y, mut inside] = [0.0; 3];
        let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
        for (pixel, (&object, &value)) in mask.iter().zip(&self.map).enumerate() {
            if object {
                let (row, column) = (pixel / width, pixel % width);
                x += column as f64 + 0.5;
                y += row as f64 + 0.5;
                inside += f64::from(value);
                left = left.min(column);
                right = right.max(column + 1);
                top = top.min(row);
                bottom = bottom.max(row + 1);
            }
        }
        let count = objects as f64;
        let logarithm = (count / mask.len() as f64).ln();
        let strip = ((STRIP * width.max(height) as f64).round() as usize).max(1);
        let near = near_edge(mask, width, strip);
        let elongation = ((bottom - top) as f64 / (right - left) as f64).ln().abs();
        Some([
            self.separation(mask, |_| true),
            self.separation(mask, |pixel| near[pixel]),
            (x / count / width as f64 - 0.5).hypot(y / count / height as f64 - 0.5),
            elongation,
            inside * inside / (count * self.squares).max(f64::MIN_POSITIVE),
            logarithm * self.cues.entropy,
            logarithm * self.cues.border,
        ])
    }

    /// The score of a mask with these features.
    pub fn score(&self, features: &[f64; FEATURES]) -> f64 {
        features
            .iter()
            .zip(WEIGHTS)
            .map(|(feature, weight)| feature * weight)
            .sum()
    }

    /// `1/2 sum of (p - q)^2 / (p + q)` over the bins of the colours inside, p, and outside, q, of
    /// the pixels that `counts`; 0 if there are none on one side.
    fn separation(&self, mask: &[bool], counts: impl Fn(usize) -> bool) -> f64 {
        let mut histograms = [
            vec![0.0f64; BINS * BINS * BINS],
            vec![0.0; BINS * BINS * BINS],
        ];
        let mut totals = [0.0f64; 2];
        for (pixel, (&object, &bin)) in mask.iter().zip(&self.bins).enumerate() {
            if counts(pixel) {
                let side = usize::from(object);
                histograms[side][usize::from(bin)] += 1.0;
                totals[side] += 1.0;
            }
        }
        if totals.contains(&0.0) {
            return 0.0;
        }
        let [outside, inside] = histograms;
        let pairs = outside.iter().zip(&inside);
        let distances = pairs.map(|(outside, inside)| {
            let (outside, inside) = (outside / totals[0], inside / totals[1]);
            let sum = outside + inside;
            if sum > 0.0 {
                (outside - inside).powi(2) / sum
            } else {
                0.0
            }
        });
        0.5 * distances.sum::<f64>()
    }
}

/// The bin of a colour: of its brightness, and more coarsely of red against green and of yellow
/// against blue, in which objects differ less from their surroundings than shadows do.
fn bin([red, green, blue]: &Colour) -> u16 {
    let axes = [
        (red + green + blue) / 3.0,
        (red - green + 256.0) / 2.0,
        ((red + green) / 2.0 - blue + 256.0) / 2.0,
    ];
    axes.iter().fold(0, |bin, &value| {
        let step = (value * BINS as f32 / 256.0) as usize;
        bin * BINS as u16 + step.min(BINS - 1) as u16
    })
}

/// The pixels with one of the other label at most `reach` rows and columns away.
fn near_edge(mask: &[bool], width: usize, reach: usize) -> Vec<bool> {
    let height = mask.len() / width;
    // sums[y][x]: objects above row y and left of column x.
    let stride = width + 1;
    let mut sums = vec![0u32; stride * (height + 1)];
    for y in 0..height {
        let mut row = 0;
        for x in 0..width {
            row += u32::from(mask[y * width + x]);
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
        }
    }
    let mut near = Vec::with_capacity(mask.len());
    for y in 0..height {
        let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        for x in 0..width {
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let objects = sums[bottom * stride + right] + sums[top * stride + left]
                - sums[top * stride + right]
                - sums[bottom * stride + left];
            let all = ((bottom - top) * (right - left)) as u32;
            near.push(objects > 0 && objects < all);
        }
    }
    near
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::test_pictures::disc;
    use super::*;

    fn scorer(width: u32, height: u32) -> (MaskScorer, Vec<bool>) {
        let (picture, map, truth) = disc(width, height);
        let working = WorkingPicture::of(&picture, width).unwrap();
        let maps = ObjectMaps {
            map: &map,
            gradient: None,
            entropy: None,
        };
        (MaskScorer::new(&working, &map, Cues::of(&maps)), truth)
    }

    #[test]
    fn the_object_scores_more_than_part_of_it_and_more_than_its_surroundings() {
        let (width, height) = (160usize, 120usize);
        let (scorer, truth) = scorer(width as u32, height as u32);
        let score = |mask: &[bool]| scorer.score(&scorer.features(mask).unwrap());
        let left_half: Vec<bool> = (0..truth.len())
            .map(|pixel| truth[pixel] && pixel % width < width * 55 / 100)
            .collect();
        let near = near_edge(&truth, width, 20);
        let larger: Vec<bool> = truth.iter().zip(&near).map(|(&a, &b)| a || b).collect();
        let corner: Vec<bool> = (0..truth.len())
            .map(|pixel| pixel / width + pixel % width < 40)
            .collect();
        for other in [left_half, larger, corner] {
            assert!(score(&truth) > score(&other));
        }
    }

    #[test]
    fn a_mask_of_all_or_nothing_has_no_features() {
        let (scorer, truth) = scorer(40, 30);
        for label in [false, true] {
            assert_eq!(scorer.features(&vec![label; truth.len()]), None);
        }
    }

    #[test]
    fn colours_that_do_not_overlap_are_one_apart_and_equal_ones_nothing() {
        let (mut scorer, truth) = scorer(40, 30);
        scorer.bins = truth
            .iter()
            .map(|&object| if object { 7 } else { 3 })
            .collect();
        assert_eq!(scorer.separation(&truth, |_| true), 1.0);
        scorer.bins.fill(3);
        assert_eq!(scorer.separation(&truth, |_| true), 0.0);
        assert_eq!(scorer.separation(&truth, |pixel| truth[pixel]), 0.0);
    }

    #[test]
    fn pixels_near_an_edge_have_one_of_the_other_label_within_reach() {
        let (_, mask) = scorer(40, 30);
        let (width, reach) = (40isize, 3);
        let found = near_edge(&mask, width as usize, reach as usize);
        for (pixel, &near) in (0..).zip(&found) {
            let (x, y) = (pixel % width, pixel / width);
            let differs =
                (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (x + dx, y + dy)));
            let differs = differs
                .filter(|&(x, y)| (0..width).contains(&x) && (0..30).contains(&y))
                .any(|(x, y)| mask[(y * width + x) as usize] != mask[pixel as usize]);
            assert_eq!(near, differs, "{x} {y}");
        }
    }

    #[test]
    fn a_gradient_that_reaches_the_border_has_a_higher_cue() {
        let map = |border: f32| SaliencyMap {
            values: (0..25)
                .map(|cell| {
                    if (6..=8).contains(&cell)
                        || (11..=13).contains(&cell)
                        || (16..=18).contains(&cell)
                    {
                        1.0
                    } else {
                        border
                    }
                })
                .collect(),
            rows: 5,
            columns: 5,
        };
        assert_eq!(border(&map(1.0)), 1.001f64.ln());
        assert!(border(&map(0.1)) < border(&map(0.5)));
        assert!(border(&map(0.0)).is_finite());
        let black = SaliencyMap {
            values: vec![0.0; 4],
            rows: 2,
            columns: 2,
        };
        assert!(border(&black).is_finite());
    }
}
