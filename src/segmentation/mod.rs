//! The graph cut: from a class saliency map to the object's pixels (section 3.2 of the paper).
//!
//! ```text
//! map -> smooth -> seeds -> colour_model (object, background) -> pixel_graph -> max_flow -> mask
//! ```
//!
//! The most salient pixels give a colour model of the object, the dullest ones one of the background, and a minimum cut finds the
//! object whose colours fit best within the smoothest boundary along the picture's edges: saliency marks only the most telling part
//! of an object, continuity of colour carries it to the whole. What is kept is the largest connected piece.

//!
//! # What makes the best masks
//!
//! Mean intersection over union on twenty video frames with true masks (854 x 480, objects of 1 to 19 % of the picture; the class is the
//! network's likeliest, which is often wrong there), by `examples/mask_quality.rs`; a centred box gets 0.13:
//!
//! | seeds | quantiles | saliency weight | IoU |
//! |---|---|---|---|
//! | ten views of the gradient, as in the paper | 0.95, 0.30 | 0 | 0.22 |
//! | the same, blurred by 3 % | 0.95, 0.30 | 2 | 0.25 |
//! | the same, blurred by 4 % | 0.90, 0.70 | 4 | 0.31 |
//! | the class's own plane of conv10 | 0.90, 0.70 | 4 | 0.40 |
//! | guided back-propagation, blurred by 4 % | 0.95, 0.30 | 2 | 0.28 |
//! | the same | 0.90, 0.70 | 4 | 0.50 |
//! | guided Grad-CAM, blurred by 2 % | 0.90, 0.75 / 0.70 / 0.65 / 0.50 | 3 | 0.48 / 0.46 / 0.45 / 0.38 |
//!
//! The rows between the first and the last were taken at a working side of 320. Guided back-propagation alone is a little better there, but
//! shows the same for every class, which guided Grad-CAM does not. Lower background quantiles suit larger objects: on photos that are filled
//! by their object, 0.75 calls half of it background. Without a measurable gain: three iterations in place of one (within 0.02 either way),
//! hard seeds (0.49 against 0.50), quantiles by saliency's mass (0.34 to 0.40), the piece with the most saliency in place of the largest (the same).

pub mod colour_model;
mod mask;
pub mod max_flow;
pub mod pixel_graph;
mod seeds;
mod working_picture;

use colour_model::{Colour, ColourModel};
pub use mask::BoundingBox;
use pixel_graph::PixelGraph;
pub use seeds::Seeds;
use working_picture::WorkingPicture;

use crate::error::Error;
use crate::image_input::Picture;
use crate::saliency::{SaliencyMap, blurred};

/// An object cut out of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// Columns of the photo and of the mask.
    pub width: u32,
    /// Rows of the photo and of the mask.
    pub height: u32,
    /// 255 for a pixel of the object, 0 for another; row-major, the photo's frame. One connected piece, by sides or corners.
    pub mask: Vec<u8>,
    /// The smallest box around the mask, in the photo's pixels.
    pub bounding_box: BoundingBox,
    /// The energy of the cut on the working picture, before all but its largest piece was dropped; [`pixel_graph`] defines it.
    pub energy: f64,
    /// The same as the maximum flow tells it. Flow and energy are equal, which certifies that no other labelling has less.
    pub flow: f64,
}

/// What the pixels above and below the quantiles are used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedUse {
    /// The colour models are estimated from them; the cut may call them what it likes.
    Soft,
    /// Besides, the cut has to call them object and background.
    Hard,
}

/// How to cut. [`paper`](Self::paper) and [`best`](Self::best) are the two sets in use.
#[derive(Debug, Clone, PartialEq)]
pub struct CutSettings {
    /// The object's colours are taken from the pixels with a saliency above this quantile of the map.
    pub foreground_quantile: f64,
    /// The background's colours are taken from the pixels below this one.
    pub background_quantile: f64,
    /// What else the seeds are used for.
    pub seeds: SeedUse,
    /// Deviation of the blur of the map before its quantiles are taken, as a share of the photo's long side, 0..=1; 0: none.
    pub blur: f64,
    /// What saliency itself counts, beside colour: a pixel as salient as the upper quantile costs so much as background, one as
    /// dull as the lower quantile costs so much as object, and in between both costs change linearly. 0: nothing.
    pub saliency_weight: f64,
    /// Cuts, at least 1. Before each further one the colour models are estimated anew from both sides of the last one, as GrabCut does.
    /// The energy never rises; a cut that changes no label is the last.
    pub iterations: u32,
    /// The photo is cut at a size at which its long side has at most so many pixels, at least 1.
    pub working_side: u32,
    /// Seed of the random start of the colour models. Same input, same bytes.
    pub random_seed: u64,
}

impl CutSettings {
    /// The paper's: models fixed from the pixels above the 95 % and below the 30 % quantile of the map as it is, one cut.
    pub fn paper() -> Self {
        Self {
            foreground_quantile: 0.95,
            background_quantile: 0.30,
            seeds: SeedUse::Soft,
            blur: 0.0,
            saliency_weight: 0.0,
            iterations: 1,
            working_side: 512,
            random_seed: 1,
        }
    }

    /// What gives the best masks, from a map by `guided_grad_cam`.
    pub fn best() -> Self {
        Self { foreground_quantile: 0.9, background_quantile: 0.7, blur: 0.02, saliency_weight: 3.0, ..Self::paper() }
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::SettingOutOfRange(what));
        if !(0.0..=1.0).contains(&self.blur) {
            return wrong(format!("the blur must be 0..1 of the long side, not {}", self.blur));
        }
        if !(0.0..=1e6).contains(&self.saliency_weight) {
            return wrong(format!("the weight of saliency must be 0..1000000, not {}", self.saliency_weight));
        }
        if !(1..=100).contains(&self.iterations) {
            return wrong(format!("there must be 1..100 iterations, not {}", self.iterations));
        }
        if self.working_side == 0 {
            return wrong("the working side must be at least 1".into());
        }
        Ok(())
    }
}

/// Cuts the object that the saliency map points at out of the picture.
///
/// The map may be of any size; it covers the picture edge to edge.
///
/// # Errors
/// `setting-out-of-range` when a setting, or the map, is not what its description says; `no-object-found` when the map is the same
/// everywhere, or the cheapest cut calls everything object or nothing.
pub fn segment_object(picture: &Picture, saliency: &SaliencyMap, settings: &CutSettings) -> Result<Segmentation, Error> {
    settings.check()?;
    let valid = saliency.rows.checked_mul(saliency.columns) == Some(saliency.values.len())
        && !saliency.values.is_empty()
        && saliency.values.iter().all(|value| value.is_finite() && *value >= 0.0);
    if !valid {
        return Err(Error::SettingOutOfRange("the saliency map must have rows x columns finite values of at least 0".into()));
    }

    let working = WorkingPicture::of(picture, settings.working_side)?;
    let map = blurred(
        &saliency.sampled(working.width, working.height()),
        working.width,
        settings.blur * working.width.max(working.height()) as f64,
    );
    let (rounds, mut labels) = cut(&working, &map, settings)?;
    mask::keep_largest_component(&mut labels, working.width);
    let (width, height) = (picture.width(), picture.height());
    let mut object = working.enlarged(labels, width as usize, height as usize);
    mask::keep_largest_component(&mut object, width as usize);
    let nothing = || Error::NoObjectFound("the cheapest cut separates nothing".into());
    let bounding_box = BoundingBox::of(&object, width as usize).ok_or_else(nothing)?;
    if object.iter().all(|&inside| inside) {
        return Err(nothing());
    }
    let &Round { energy, flow } = rounds.last().ok_or_else(nothing)?;
    Ok(Segmentation {
        width,
        height,
        mask: object.into_iter().map(|inside| if inside { 255 } else { 0 }).collect(),
        bounding_box,
        energy,
        flow,
    })
}

/// One cut's outcome.
#[derive(Debug, Clone, Copy)]
struct Round {
    energy: f64,
    flow: f64,
}

/// The rounds of cuts on the working picture, and the labels (true = object) after the last.
fn cut(working: &WorkingPicture, map: &[f32], settings: &CutSettings) -> Result<(Vec<Round>, Vec<bool>), Error> {
    let seeds = Seeds::from_map(map, settings.foreground_quantile, settings.background_quantile)?;
    let colours = &working.colours;
    let of_pixels = |numbers: &[u32]| -> Vec<Colour> { numbers.iter().map(|&number| colours[number as usize]).collect() };
    let mut models = [&seeds.background, &seeds.foreground].map(|side| ColourModel::fit(&of_pixels(side), settings.random_seed));
    let leanings = leanings(map, &seeds, settings);

    let mut graph = PixelGraph::new(colours, working.width);
    let mut rounds: Vec<Round> = Vec::new();
    let mut labels = Vec::new();
    for _ in 0..settings.iterations {
        let [background, object] = models.each_ref().map(|model| model.costs(colours));
        let costs = background.iter().zip(&object).zip(&leanings).map(|((&b, &o), leaning)| [b + leaning[0], o + leaning[1]]);
        graph.set_costs(costs);
        // New models fit the last labels at least as well, unless the sample on which they were estimated misleads them.
        if rounds.last().is_some_and(|last| graph.energy(&labels) > last.energy) {
            break;
        }
        let (better, flow) = graph.minimum()?;
        let settled = better == labels;
        labels = better;
        rounds.push(Round { energy: graph.energy(&labels), flow });
        let objects = labels.iter().filter(|&&label| label).count();
        if settled || objects == 0 || objects == labels.len() {
            break;
        }
        let side = |object: bool| -> Vec<Colour> {
            colours.iter().zip(&labels).filter(|&(_, &label)| label == object).map(|(&colour, _)| colour).collect()
        };
        models = [models[0].refit(&side(false)), models[1].refit(&side(true))];
    }
    Ok((rounds, labels))
}

/// What each pixel costs as background and as object apart from its colour: the saliency term and the hard seeds.
fn leanings(map: &[f32], seeds: &Seeds, settings: &CutSettings) -> Vec<[f32; 2]> {
    /// More than all other terms of a pixel together.
    const FORBIDDEN: f32 = 1e5;
    let weight = settings.saliency_weight as f32;
    let span = seeds.upper - seeds.lower;
    let mut leanings: Vec<[f32; 2]> = map
        .iter()
        .map(|value| {
            let salience = if span > 0.0 { ((value - seeds.lower) / span).clamp(0.0, 1.0) } else { 0.5 };
            [weight * salience, weight * (1.0 - salience)]
        })
        .collect();
    if settings.seeds == SeedUse::Hard {
        for (numbers, other_label) in [(&seeds.foreground, 0), (&seeds.background, 1)] {
            for &number in numbers {
                leanings[number as usize][other_label] = FORBIDDEN;
            }
        }
    }
    leanings
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    /// A disc of one noisy colour on a noisy ground of another, and a rough blob of saliency somewhere on the disc.
    fn disc(width: u32, height: u32) -> (Picture, SaliencyMap, Vec<bool>) {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let (cx, cy, radius) = (f64::from(width) * 0.55, f64::from(height) * 0.45, f64::from(width.min(height)) * 0.28);
        let mut rgba = Vec::new();
        let mut truth = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let inside = (f64::from(x) + 0.5 - cx).hypot(f64::from(y) + 0.5 - cy) < radius;
                let ground = if (x / 16 + y / 16) % 2 == 0 { [90, 120, 60] } else { [60, 100, 110] };
                let colour: [i32; 3] = if inside { [190, 110, 70] } else { ground };
                let grain = (random.next_u32() % 81) as i32 - 40;
                rgba.extend(colour.map(|value| (value + grain + (random.next_u32() % 41) as i32 - 20).clamp(0, 255) as u8));
                rgba.push(255);
                truth.push(inside);
            }
        }
        let (rows, columns) = (28, 28);
        let values = (0..rows * columns)
            .map(|cell| {
                let (x, y) = ((cell % columns) as f64 + 0.5, (cell / columns) as f64 + 0.5);
                let (x, y) = (x / columns as f64 * f64::from(width), y / rows as f64 * f64::from(height));
                let blob = (-((x - cx - 0.3 * radius).powi(2) + (y - cy).powi(2)) / (radius * radius)).exp();
                (blob + 0.2 * f64::from(random.next_u32()) / f64::from(u32::MAX)) as f32
            })
            .collect();
        (Picture::from_rgba(rgba, width, height).unwrap(), SaliencyMap { values, rows, columns }, truth)
    }

    fn iou(mask: &[u8], truth: &[bool]) -> f64 {
        let both = mask.iter().zip(truth).filter(|&(&m, &t)| m == 255 && t).count();
        let either = mask.iter().zip(truth).filter(|&(&m, &t)| m == 255 || t).count();
        both as f64 / either as f64
    }

    #[test]
    fn a_disc_on_a_noisy_ground_is_found_from_a_rough_blob() {
        for settings in [CutSettings::paper(), CutSettings::best(), CutSettings { seeds: SeedUse::Hard, ..CutSettings::best() }] {
            // One is cut at its own size, the other reduced to a third.
            for (width, height) in [(451, 300), (1536, 1021)] {
                let (picture, map, truth) = disc(width, height);
                let cut = segment_object(&picture, &map, &settings).unwrap();
                assert_eq!((cut.width, cut.height, cut.mask.len()), (width, height, truth.len()));
                let iou = iou(&cut.mask, &truth);
                assert!(iou > 0.95, "{iou} with {settings:?}");
                let mask: Vec<bool> = cut.mask.iter().map(|&value| value == 255).collect();
                assert_eq!(BoundingBox::of(&mask, width as usize), Some(cut.bounding_box));
                assert_eq!(cut.energy, cut.flow);
            }
        }
    }

    #[test]
    fn same_seed_same_bytes() {
        let (picture, map, _) = disc(200, 150);
        let settings = CutSettings { iterations: 3, ..CutSettings::best() };
        assert_eq!(segment_object(&picture, &map, &settings), segment_object(&picture, &map, &settings));
    }

    #[test]
    fn the_energy_never_rises_from_cut_to_cut() {
        let (picture, map, _) = disc(120, 90);
        for seeds in [SeedUse::Soft, SeedUse::Hard] {
            for random_seed in 0..8 {
                let settings = CutSettings { iterations: 8, seeds, random_seed, ..CutSettings::paper() };
                let working = WorkingPicture::of(&picture, settings.working_side).unwrap();
                let (rounds, _) = cut(&working, &map.sampled(120, 90), &settings).unwrap();
                assert!(rounds.len() > 1);
                for pair in rounds.windows(2) {
                    assert!(pair[1].energy <= pair[0].energy, "{rounds:?}");
                }
            }
        }
    }

    #[test]
    fn the_cut_stops_when_no_label_changes() {
        let (picture, map, _) = disc(60, 40);
        let settings = CutSettings { iterations: 100, ..CutSettings::paper() };
        let working = WorkingPicture::of(&picture, 60).unwrap();
        let (rounds, _) = cut(&working, &map.sampled(60, 40), &settings).unwrap();
        assert!(rounds.len() < 50, "{} rounds", rounds.len());
    }

    #[test]
    fn hard_seeds_keep_their_labels() {
        let (picture, map, _) = disc(120, 90);
        // So many seeds that some contradict their colours.
        let settings =
            CutSettings { seeds: SeedUse::Hard, foreground_quantile: 0.5, background_quantile: 0.4, ..CutSettings::paper() };
        let working = WorkingPicture::of(&picture, 120).unwrap();
        let map = map.sampled(120, 90);
        let seeds = Seeds::from_map(&map, 0.5, 0.4).unwrap();
        let (_, labels) = cut(&working, &map, &settings).unwrap();
        assert!(seeds.foreground.iter().all(|&number| labels[number as usize]));
        assert!(seeds.background.iter().all(|&number| !labels[number as usize]));
        let (_, soft) = cut(&working, &map, &CutSettings { seeds: SeedUse::Soft, ..settings }).unwrap();
        assert_ne!(soft, labels);
    }

    #[test]
    fn pictures_of_any_shape_give_a_mask_or_no_object() {
        let map = SaliencyMap { values: (0..49).map(|i| (i * 13 % 49) as f32).collect(), rows: 7, columns: 7 };
        for (width, height) in [(1, 1), (1, 2), (3, 1), (1, 5000), (5000, 1), (2, 2), (700, 3)] {
            let rgba = (0..width * height)
                .flat_map(|i: u32| [(i * 7 % 256) as u8, (i * 31 % 256) as u8, (i % 256) as u8, 255])
                .collect();
            let picture = Picture::from_rgba(rgba, width, height).unwrap();
            for settings in [CutSettings::paper(), CutSettings::best()] {
                match segment_object(&picture, &map, &settings) {
                    Ok(cut) => assert_eq!(cut.mask.len(), (width * height) as usize),
                    Err(error) => assert_eq!(error.code(), "no-object-found", "{error}"),
                }
            }
        }
    }

    #[test]
    fn a_constant_picture_and_a_constant_map_end_in_no_object() {
        let grey = Picture::from_rgba(vec![128; 40 * 30 * 4], 40, 30).unwrap();
        let (_, map, _) = disc(40, 30);
        assert_eq!(segment_object(&grey, &map, &CutSettings::paper()).unwrap_err().code(), "no-object-found");
        let (picture, _, _) = disc(40, 30);
        let flat = SaliencyMap { values: vec![0.0; 12], rows: 3, columns: 4 };
        assert_eq!(segment_object(&picture, &flat, &CutSettings::best()).unwrap_err().code(), "no-object-found");
    }

    #[test]
    fn settings_and_maps_out_of_range_are_refused() {
        let (picture, map, _) = disc(40, 30);
        let best = CutSettings::best();
        for settings in [
            CutSettings { foreground_quantile: 1.0, ..best.clone() },
            CutSettings { background_quantile: f64::NAN, ..best.clone() },
            CutSettings { blur: -0.1, ..best.clone() },
            CutSettings { blur: f64::NAN, ..best.clone() },
            CutSettings { saliency_weight: f64::INFINITY, ..best.clone() },
            CutSettings { iterations: 0, ..best.clone() },
            CutSettings { working_side: 0, ..best.clone() },
        ] {
            assert_eq!(segment_object(&picture, &map, &settings).unwrap_err().code(), "setting-out-of-range", "{settings:?}");
        }
        for map in [
            SaliencyMap { values: vec![1.0; 5], rows: 2, columns: 3 },
            SaliencyMap { values: vec![], rows: 0, columns: 0 },
            SaliencyMap { values: vec![0.0, f32::NAN], rows: 1, columns: 2 },
            SaliencyMap { values: vec![0.0, -1.0], rows: 1, columns: 2 },
        ] {
            assert_eq!(segment_object(&picture, &map, &best).unwrap_err().code(), "setting-out-of-range");
        }
    }
}
