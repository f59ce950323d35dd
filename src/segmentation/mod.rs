//! The graph cut: from a class saliency map to the object's pixels (section 3.2 of the paper).
//!
//! ```text
//! map -> blur -> seeds -> colour_model (object, background) -> pixel_graph -> max_flow
//!     -> components -> refine -> mask, alpha
//! ```
//!
//! The most salient pixels give a colour model of the object, the least salient ones a model of the
//! background. The minimum cut then finds the labelling with the best fit to the colours and the
//! smoothest boundary along the picture's edges: saliency marks only the most discriminative part
//! of an object, and continuity of colour extends it to the whole. The largest connected component
//! is kept.
//!
//! How large the object is, a map does not tell: [`ObjectMaps`] are cut with several seeds, and the
//! mask that is most like an object is taken (`candidates`, `mask_score`).
//!
//! The cut is made on a picture of at most 512 pixels; `refine` then finds its edge between the
//! photo's own pixels. A rectangle may replace the map. Strokes correct the result: each is one
//! more cut that starts from the last flow ([`ObjectCut`]). Where several cuts estimate the colour
//! models, all but the last two are made at half the side.
//!
//! `docs/cut.md` holds the measurements behind the settings.

mod bounding_box;
mod candidates;
mod prompt;
mod grab_cut;
mod mask_score;
mod object_cut;
mod refine;
mod seeds;
mod settings;
mod soft_mask;
mod strokes;
#[cfg(test)]
mod test_pictures;
mod working_picture;

use std::rc::Rc;

pub use bounding_box::BoundingBox;
pub use candidates::{Candidate, ObjectMaps};
pub use mask_score::FEATURE_NAMES;
pub use object_cut::{ObjectCut, Seed};
pub use prompt::Prompt;
pub use seeds::Seeds;
pub use settings::{CutSettings, SeedUse};
pub use soft_mask::SoftMask;
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
    /// The fraction of each pixel that is object: a mask with soft edges, at least 128 exactly on
    /// the pixels that count as object. These are one component, connected by sides or corners;
    /// further components only where strokes mark them as object.
    pub alpha: SoftMask,
    /// The number of object pixels.
    pub pixels: u64,
    /// The smallest box around the mask, in the photo's pixels.
    pub bounding_box: BoundingBox,
    /// The energy of the cut on the working picture, before components are dropped;
    /// [`pixel_graph`](crate::graph_cut::pixel_graph) defines it.
    pub energy: f64,
    /// The maximum flow. It equals the energy, which proves that no labelling has less energy.
    pub flow: f64,
}

impl Segmentation {
    /// The fraction of the photo's pixels that are object, 0..=1.
    pub fn object_fraction(&self) -> f64 {
        self.pixels as f64 / (f64::from(self.width) * f64::from(self.height))
    }

    /// 255 for a pixel of the object, 0 for another; row-major, `width` x `height`.
    pub fn mask(&self) -> Vec<u8> {
        let mut mask = self.alpha.values();
        for value in &mut mask {
            *value = self::mask(*value);
        }
        mask
    }

    /// The soft mask reduced to `width` x `height` pixels, row-major: each is the mean alpha,
    /// 0..=255, of the photo's pixels that it covers.
    ///
    /// # Errors
    /// `setting-out-of-range` unless both sides are at least 1 and at most the photo's.
    pub fn cover(&self, width: u32, height: u32) -> Result<Vec<u8>, Error> {
        if !(1..=self.width).contains(&width) || !(1..=self.height).contains(&height) {
            let photo = format!("{} x {}", self.width, self.height);
            return Err(Error::SettingOutOfRange(format!(
                "{width} x {height} is not a size of at most the photo's {photo}"
            )));
        }
        let reduced = |position: u32, from: u32, to: u32| {
            (u64::from(position) * u64::from(to) / u64::from(from)) as usize
        };
        let columns: Vec<usize> = (0..self.width)
            .map(|x| reduced(x, self.width, width))
            .collect();
        let mut sums = vec![[0u32; 2]; width as usize * height as usize];
        let mut row = vec![0; self.width as usize];
        for y in 0..self.height {
            self.alpha.read_row(y as usize, &mut row);
            let start = reduced(y, self.height, height) * width as usize;
            for (&column, &alpha) in columns.iter().zip(&row) {
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

/// The hard mask's value for a value of the soft one: 255 if it counts as object, else 0.
pub fn mask(alpha: u8) -> u8 {
    if alpha >= refine::INSIDE { 255 } else { 0 }
}

/// Cuts an object out of the picture: the object that the saliency map marks, or the one in the
/// rectangle, as `prompt` says. The same input gives the same bytes.
///
/// # Errors
/// As [`ObjectCut::new`] and [`ObjectCut::segmentation`].
///
/// # Example
/// ```
/// use std::rc::Rc;
///
/// use deep_inside::image_input::Picture;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::segmentation::{BoundingBox, CutSettings, Prompt, segment_object};
///
/// // An orange square of 20 x 20 pixels on a green ground, and a rectangle around it.
/// let in_square = |x: u32, y: u32| (20..40).contains(&x) && (10..30).contains(&y);
/// let pixels = (0..40).flat_map(|y| (0..60).map(move |x| (x, y)));
/// let rgba = pixels
///     .flat_map(|(x, y)| match in_square(x, y) {
///         true => [220, 120, 40, 255],
///         false => [60, 130, 70, 255],
///     })
///     .collect();
/// let picture = Rc::new(Picture::from_rgba(rgba, 60, 40)?);
/// let prompt = Prompt::Rectangle(BoundingBox { x: 15, y: 5, width: 30, height: 30 });
///
/// let settings = CutSettings::rectangle();
/// let cut = pollster::block_on(segment_object(&picture, prompt, &settings, &NoProgress))?;
/// assert_eq!(cut.bounding_box, BoundingBox { x: 20, y: 10, width: 20, height: 20 });
/// assert_eq!(cut.object_fraction(), 400.0 / 2400.0);
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub async fn segment_object(
    picture: &Rc<Picture>,
    prompt: Prompt<'_>,
    settings: &CutSettings,
    progress: &dyn Progress,
) -> Result<Segmentation, Error> {
    ObjectCut::new(picture.clone(), prompt, settings, progress)
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
                let (mask, alpha) = (cut.mask(), cut.alpha.values());
                assert_eq!(
                    (cut.width, cut.height, mask.len()),
                    (width, height, truth.len())
                );
                let iou = iou(&mask, &truth);
                assert!(iou > 0.95, "{iou} with {settings:?}");
                let object = (0..mask.len())
                    .filter(|&pixel| mask[pixel] == 255)
                    .map(|pixel| pixel..pixel + 1)
                    .collect::<Vec<_>>();
                assert_eq!(
                    BoundingBox::around(&object, width as usize),
                    Some(cut.bounding_box)
                );
                assert_eq!(cut.pixels, object.len() as u64);
                assert!(
                    alpha
                        .iter()
                        .zip(&mask)
                        .all(|(&alpha, &value)| value == if alpha >= 128 { 255 } else { 0 })
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
                    Ok(cut) => assert_eq!(cut.mask().len(), (width * height) as usize),
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
