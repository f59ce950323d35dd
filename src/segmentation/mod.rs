//! The graph cut: from a class saliency map to the object's pixels (section 3.2 of the paper).
//!
//! ```text
//! map -> smooth -> seeds -> colour_model (object, background) -> pixel_graph -> max_flow -> components -> refine -> mask, alpha
//! ```
//!
//! The most salient pixels give a colour model of the object, the dullest ones one of the
//! background, and a minimum cut finds the object whose colours fit best within the smoothest
//! boundary along the picture's edges: saliency marks only the most telling part of an object,
//! continuity of colour carries it to the whole. What is kept is the largest connected piece.
//!
//! The cut is made on a picture of at most 512 pixels; its edge is then found again between the
//! photo's own pixels (`refine`). A rectangle may stand in for the map, and strokes correct the
//! result: each is one more cut that goes on from the last flow ([`ObjectCut`]). Where colour
//! models are settled by several cuts, all but the last two are made on half the side, where
//! boundaries count half: in boxes 2, 6 and 12 % larger than the objects of the twenty frames
//! below, five cuts have a mean IoU of 0.57, 0.56 and 0.54, and 0.57, 0.55 and 0.55 when all of
//! them are made at the working size. At half the side with boundaries that count in full, objects
//! shrink: of a cat's face, an eye was left. At a quarter of the side thin objects vanish (0.57,
//! 0.51 and 0.52). With the last alone at the working size, the energy of the result was up to 0.8
//! % higher.
//!
//! # What makes the best masks
//!
//! Mean intersection over union on twenty video frames with true masks (854 x 480, objects of 1 to
//! 19 % of the picture; the class is the network's likeliest, which is often wrong there), by
//! `examples/mask_quality.rs`; a centred box gets 0.13:
//!
//! | seeds | quantiles | saliency weight | IoU |
//! |---|---|---|---|
//! | ten views of the gradient, as in the paper | 0.95, 0.30 | 0 | 0.22 |
//! | the same, blurred by 3 % | 0.95, 0.30 | 2 | 0.25 |
//! | the same, blurred by 4 % | 0.90, 0.70 | 4 | 0.31 |
//! | the class's own plane of conv10 | 0.90, 0.70 | 4 | 0.40 |
//! | SmoothGrad (8 samples of each of ten views) | 0.95, 0.30 | 0 | 0.26 |
//! | the same, blurred by 3 % | 0.95, 0.30 | 2 | 0.31 |
//! | the same, blurred by 4 % | 0.90, 0.70 | 4 | 0.35 |
//! | guided back-propagation, blurred by 4 % | 0.95, 0.30 | 2 | 0.28 |
//! | the same | 0.90, 0.70 | 4 | 0.50 |
//! | guided Grad-CAM, blurred by 2 % | 0.90, 0.75 / 0.70 / 0.65 / 0.50 | 3 | 0.48 / 0.46 / 0.45 / 0.38 |
//!
//! The rows between the first and the last were taken at a working side of 320, SmoothGrad's at
//! 512. Guided back-propagation alone is a little better there, but shows the same for every class,
//! which guided Grad-CAM does not. Lower background quantiles suit larger objects: on photos that
//! are filled by their object, 0.75 calls half of it background. Without a measurable gain: three
//! iterations in place of one (within 0.02 either way), hard seeds (0.49 against 0.50), the map
//! averaged over superpixels of 12, 24 or 40 pixels (SLIC; 0.45 to 0.47 against 0.46), quantiles by
//! saliency's mass (0.34 to 0.40), the piece with the most saliency in place of the largest (the
//! same).

mod bounding_box;
pub mod colour_model;
mod prompt;
mod grab_cut;
pub mod max_flow;
mod object_cut;
pub mod pixel_graph;
mod refine;
mod seeds;
mod settings;
mod strokes;
#[cfg(test)]
mod test_pictures;
mod working_picture;

use std::rc::Rc;

pub use bounding_box::BoundingBox;
pub use object_cut::{ObjectCut, Seed};
pub use prompt::Prompt;
pub use seeds::Seeds;
pub use settings::{CutSettings, SeedUse};
pub use strokes::Stroke;

use crate::error::Error;
use crate::image_input::Picture;
use crate::progress::Progress;

/// An object cut out of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// Columns of the photo and of the mask.
    pub width: u32,
    /// Rows of the photo and of the mask.
    pub height: u32,
    /// 255 for a pixel of the object, 0 for another; row-major, the photo's frame. One connected
    /// piece, by sides or corners, and further pieces only where strokes called them object.
    pub mask: Vec<u8>,
    /// How much of each pixel is object, 0..=255, in the same frame: the mask with a soft edge. At
    /// least 128 exactly on the mask.
    pub alpha: Vec<u8>,
    /// The smallest box around the mask, in the photo's pixels.
    pub bounding_box: BoundingBox,
    /// The energy of the cut on the working picture, before all but its largest piece was dropped;
    /// [`pixel_graph`] defines it.
    pub energy: f64,
    /// The same as the maximum flow tells it. Flow and energy are equal, which certifies that no
    /// other labelling has less.
    pub flow: f64,
}

impl Segmentation {
    /// The share of the photo's pixels that are object, 0..=1.
    pub fn share(&self) -> f64 {
        self.mask.iter().filter(|&&value| value > 0).count() as f64 / self.mask.len() as f64
    }

    /// The soft mask in a smaller frame of `width` x `height` pixels, row-major: for each the mean
    /// alpha, 0..=255, of the photo's pixels that it covers.
    ///
    /// # Errors
    /// `setting-out-of-range` unless both sides are at least 1 and at most the photo's.
    pub fn cover(&self, width: u32, height: u32) -> Result<Vec<u8>, Error> {
        if !(1..=self.width).contains(&width) || !(1..=self.height).contains(&height) {
            let photo = format!("{} x {}", self.width, self.height);
            return Err(Error::SettingOutOfRange(format!(
                "{width} x {height} is not a smaller frame than the photo's {photo}"
            )));
        }
        let place = |position: u32, from: u32, to: u32| {
            (u64::from(position) * u64::from(to) / u64::from(from)) as usize
        };
        let columns: Vec<usize> = (0..self.width)
            .map(|x| place(x, self.width, width))
            .collect();
        let mut sums = vec![[0u32; 2]; width as usize * height as usize];
        for (y, row) in (0..).zip(self.alpha.chunks_exact(self.width as usize)) {
            let start = place(y, self.height, height) * width as usize;
            for (&column, &alpha) in columns.iter().zip(row) {
                let [sum, count] = &mut sums[start + column];
                *sum += u32::from(alpha);
                *count += 1;
            }
        }
        Ok(sums
            .into_iter()
            .map(|[sum, count]| ((sum + count / 2) / count.max(1)) as u8)
            .collect())
    }
}

/// Cuts the object that the saliency map points at, or that is in the rectangle, out of the
/// picture.
///
/// # Errors
/// As [`ObjectCut::new`] and [`ObjectCut::segmentation`].
pub async fn segment_object(
    picture: &Rc<Picture>,
    guide: Prompt<'_>,
    settings: &CutSettings,
    progress: &dyn Progress,
) -> Result<Segmentation, Error> {
    ObjectCut::new(picture.clone(), guide, settings, progress)
        .await?
        .segmentation()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use pollster::block_on;

    use super::test_pictures::{disc, iou};
    use super::*;
    use crate::progress::NoProgress;
    use crate::saliency::SaliencyMap;

    fn segmented(
        picture: &Picture,
        map: &SaliencyMap,
        settings: &CutSettings,
    ) -> Result<Segmentation, Error> {
        block_on(segment_object(
            &Rc::new(picture.clone()),
            Prompt::Saliency(map),
            settings,
            &NoProgress,
        ))
    }

    #[test]
    fn a_disc_on_a_noisy_ground_is_found_from_a_rough_blob() {
        for settings in [
            CutSettings::paper(),
            CutSettings::best(),
            CutSettings {
                seeds: SeedUse::Hard,
                ..CutSettings::best()
            },
        ] {
            // One is cut at its own size, the other reduced to a third.
            for (width, height) in [(451, 300), (1536, 1021)] {
                let (picture, map, truth) = disc(width, height);
                let cut = segmented(&picture, &map, &settings).unwrap();
                assert_eq!(
                    (cut.width, cut.height, cut.mask.len()),
                    (width, height, truth.len())
                );
                let iou = iou(&cut.mask, &truth);
                assert!(iou > 0.95, "{iou} with {settings:?}");
                let mask: Vec<bool> = cut.mask.iter().map(|&value| value == 255).collect();
                assert_eq!(
                    BoundingBox::of(&mask, width as usize),
                    Some(cut.bounding_box)
                );
                assert!(
                    cut.alpha
                        .iter()
                        .zip(&mask)
                        .all(|(&alpha, &inside)| (alpha >= 128) == inside)
                );
                assert_eq!(cut.energy, cut.flow);
            }
        }
    }

    #[test]
    fn same_seed_same_bytes() {
        let (picture, map, _) = disc(200, 150);
        let settings = CutSettings {
            iterations: 3,
            ..CutSettings::best()
        };
        assert_eq!(
            segmented(&picture, &map, &settings),
            segmented(&picture, &map, &settings)
        );
    }

    #[test]
    fn pictures_of_any_shape_give_a_mask_or_no_object() {
        let map = SaliencyMap {
            values: (0..49).map(|i| (i * 13 % 49) as f32).collect(),
            rows: 7,
            columns: 7,
        };
        for (width, height) in [
            (1, 1),
            (1, 2),
            (3, 1),
            (1, 5000),
            (5000, 1),
            (2, 2),
            (700, 3),
        ] {
            let rgba = (0..width * height)
                .flat_map(|i: u32| {
                    [
                        (i * 7 % 256) as u8,
                        (i * 31 % 256) as u8,
                        (i % 256) as u8,
                        255,
                    ]
                })
                .collect();
            let picture = Picture::from_rgba(rgba, width, height).unwrap();
            for settings in [CutSettings::paper(), CutSettings::best()] {
                match segmented(&picture, &map, &settings) {
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
        assert_eq!(
            segmented(&grey, &map, &CutSettings::paper())
                .unwrap_err()
                .code(),
            "no-object-found"
        );
        let (picture, _, _) = disc(40, 30);
        let flat = SaliencyMap {
            values: vec![0.0; 12],
            rows: 3,
            columns: 4,
        };
        assert_eq!(
            segmented(&picture, &flat, &CutSettings::best())
                .unwrap_err()
                .code(),
            "no-object-found"
        );
    }

    #[test]
    fn settings_and_maps_out_of_range_are_refused() {
        let (picture, map, _) = disc(40, 30);
        let best = CutSettings::best();
        for settings in [
            CutSettings {
                foreground_quantile: 1.0,
                ..best.clone()
            },
            CutSettings {
                background_quantile: f64::NAN,
                ..best.clone()
            },
            CutSettings {
                blur: -0.1,
                ..best.clone()
            },
            CutSettings {
                blur: f64::NAN,
                ..best.clone()
            },
            CutSettings {
                saliency_weight: f64::INFINITY,
                ..best.clone()
            },
            CutSettings {
                iterations: 0,
                ..best.clone()
            },
            CutSettings {
                working_side: 0,
                ..best.clone()
            },
        ] {
            assert_eq!(
                segmented(&picture, &map, &settings).unwrap_err().code(),
                "setting-out-of-range",
                "{settings:?}"
            );
        }
        for map in [
            SaliencyMap {
                values: vec![1.0; 5],
                rows: 2,
                columns: 3,
            },
            SaliencyMap {
                values: vec![],
                rows: 0,
                columns: 0,
            },
            SaliencyMap {
                values: vec![0.0, f32::NAN],
                rows: 1,
                columns: 2,
            },
            SaliencyMap {
                values: vec![0.0, -1.0],
                rows: 1,
                columns: 2,
            },
        ] {
            assert_eq!(
                segmented(&picture, &map, &best).unwrap_err().code(),
                "setting-out-of-range"
            );
        }
    }
}
