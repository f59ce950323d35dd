//! Cuts of one object at several sizes, and the choice between them.
//!
//! A saliency map marks an object's most telling parts, so how much of the picture it should grow
//! to is open: seeds that suit an animal which fills the photo cover far too much of one in the
//! distance. So the object is cut with several seeds, at half the side, and the mask with the
//! highest [`score`](super::mask_score) is the object.

use super::grab_cut::GrabCut;
use super::mask_score::{Cues, FEATURES, MaskScorer};
use super::prompt::{Initialisation, Prompt, check_map};
use super::settings::CutSettings;
use super::working_picture::WorkingPicture;
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::keep_components;
use crate::progress::Progress;
use crate::saliency::SaliencyMap;

/// The maps from which an object is cut at a size that is found.
#[derive(Debug, Clone, Copy)]
pub struct ObjectMaps<'a> {
    /// Marks the object; guided Grad-CAM is what the choice was fitted to.
    pub map: &'a SaliencyMap,
    /// The gradient's map of the same target. With it the paper's own cut is one of the candidates,
    /// and how far it reaches is a cue to the object's size.
    pub gradient: Option<&'a SaliencyMap>,
    /// The entropy in nats, 0..=1000, of the network's class probabilities for the photo, a cue to
    /// the object's size.
    pub entropy: Option<f64>,
}

/// A cut of one size.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Whether it starts from the gradient's map.
    pub from_gradient: bool,
    /// Its settings.
    pub settings: CutSettings,
    /// Row-major, `width` columns: whether each pixel of the reduced photo is object.
    pub labels: Vec<bool>,
    /// The number of columns.
    pub width: usize,
    /// The fraction of these pixels that are object.
    pub fraction: f64,
    /// What the score is computed from ([`FEATURE_NAMES`](super::mask_score::FEATURE_NAMES)).
    pub features: [f64; FEATURES],
    /// The score: an estimate of the overlap with the object, up to a constant of the picture.
    pub score: f64,
}

/// Seeds above and below these quantiles of the map, from small objects to large ones, with the
/// other settings of [`CutSettings::best`].
const QUANTILES: [[f64; 2]; 8] = [
    [0.99, 0.8],
    [0.97, 0.7],
    [0.95, 0.7],
    [0.9, 0.7],
    [0.9, 0.5],
    [0.9, 0.3],
    [0.8, 0.3],
    [0.7, 0.3],
];

/// Candidates are cut at the working size divided by this.
const REDUCTION: u32 = 2;
/// Sizes on offer grow by at least this factor.
const STEP: f64 = 1.05;

impl<'a> ObjectMaps<'a> {
    /// The map from which a candidate starts.
    fn map_of(&self, from_gradient: bool) -> &'a SaliencyMap {
        self.gradient.filter(|_| from_gradient).unwrap_or(self.map)
    }

    /// The number of candidates where there is a gradient, those without an object included.
    pub const CANDIDATES: usize = QUANTILES.len() + 2;

    /// The entropy, and the logarithm of the gradient's mean at the picture's border relative to its
    /// mean: what the size of a mask is scored by.
    pub fn cues(&self) -> [f64; 2] {
        let Cues { entropy, border } = Cues::of(self);
        [entropy, border]
    }

    /// Whether each candidate starts from the gradient's map, and its settings: `settings` but for
    /// what makes the seeds.
    fn starts(&self, settings: &CutSettings) -> Vec<(bool, CutSettings)> {
        let seeded = |like: CutSettings| CutSettings {
            iterations: settings.iterations,
            working_side: settings.working_side,
            random_seed: settings.random_seed,
            ..like
        };
        let quantiles = QUANTILES
            .iter()
            .map(|&[foreground, background]| CutSettings {
                foreground_quantile: foreground,
                background_quantile: background,
                ..CutSettings::best()
            });
        let mut starts: Vec<_> = quantiles
            .chain([CutSettings::paper()])
            .map(|like| (false, seeded(like)))
            .collect();
        if self.gradient.is_some() {
            starts.push((true, seeded(CutSettings::paper())));
        }
        starts
    }

    /// The candidates for `photo`, from the smallest; those in which all or nothing is object are
    /// left out. Reports progress before each.
    ///
    /// # Errors
    /// As [`ObjectCut::new`](super::ObjectCut::new).
    pub async fn candidates(
        &self,
        photo: &Picture,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Vec<Candidate>, Error> {
        for map in [Some(self.map), self.gradient].into_iter().flatten() {
            check_map(map)?;
        }
        if let Some(entropy) = self
            .entropy
            .filter(|entropy| !(0.0..=1e3).contains(entropy))
        {
            return Err(Error::SettingOutOfRange(format!(
                "the entropy must be 0..1000 nats, not {entropy}"
            )));
        }
        let side = settings.working_side.min(photo.width().max(photo.height()));
        let working = WorkingPicture::of(photo, side.div_ceil(REDUCTION))?;
        let scorer = MaskScorer::new(&working, self.map, Cues::of(self));
        let mut candidates = Vec::new();
        let starts = self.starts(settings);
        let total = starts.len();
        for (done, (from_gradient, settings)) in starts.into_iter().enumerate() {
            progress.report(done, total).await?;
            let prompt = Prompt::Saliency(self.map_of(from_gradient));
            let Initialisation { seeds, unary_bias } =
                prompt.initialise(photo, working.size(), &settings)?;
            let models = working.models(&seeds, settings.random_seed);
            let mut grab_cut = GrabCut::new(working.clone(), REDUCTION, unary_bias)?;
            grab_cut.cut(&models, &vec![None; working.colours.len()]);
            let mut labels = grab_cut.labels;
            keep_components(&mut labels, working.width, |_| false);
            if let Some(features) = scorer.features(&labels) {
                let objects = labels.iter().filter(|&&object| object).count();
                candidates.push(Candidate {
                    from_gradient,
                    settings,
                    width: working.width,
                    fraction: objects as f64 / labels.len() as f64,
                    features,
                    score: scorer.score(&features),
                    labels,
                });
            }
        }
        candidates.sort_by(|a, b| a.fraction.total_cmp(&b.fraction));
        Ok(candidates)
    }
}

/// The candidates of a cut that differ in size, and the maps from which they start.
pub struct Sizes {
    map: SaliencyMap,
    gradient: Option<SaliencyMap>,
    /// From the smallest.
    pub candidates: Vec<Candidate>,
    /// The index of the candidate that is cut.
    pub current: usize,
}

impl Sizes {
    /// The candidates in `photo`, the one with the highest score as the current one; `None` if all
    /// cuts label all or nothing as object. Of candidates whose sizes differ by less than
    /// [`STEP`], the first is kept, or the best.
    ///
    /// # Errors
    /// As [`ObjectMaps::candidates`].
    pub async fn find(
        maps: ObjectMaps<'_>,
        photo: &Picture,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Option<Self>, Error> {
        let all = maps.candidates(photo, settings, progress).await?;
        let best = all
            .iter()
            .map(|candidate| candidate.score)
            .fold(f64::MIN, f64::max);
        let mut candidates: Vec<Candidate> = Vec::new();
        for candidate in all {
            match candidates.last() {
                Some(last) if candidate.fraction < last.fraction * STEP => {
                    if candidate.score == best {
                        candidates.pop();
                        candidates.push(candidate);
                    }
                }
                _ => candidates.push(candidate),
            }
        }
        let current = candidates
            .iter()
            .position(|candidate| candidate.score == best);
        Ok(current.map(|current| Self {
            map: maps.map.clone(),
            gradient: maps.gradient.cloned(),
            candidates,
            current,
        }))
    }

    /// The map and the settings of the current candidate.
    pub fn start(&self) -> (&SaliencyMap, &CutSettings) {
        let Candidate {
            from_gradient,
            settings,
            ..
        } = &self.candidates[self.current];
        let maps = ObjectMaps {
            map: &self.map,
            gradient: self.gradient.as_ref(),
            entropy: None,
        };
        (maps.map_of(*from_gradient), settings)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::rc::Rc;

    use pollster::block_on;

    use super::super::test_pictures::{disc, iou};
    use super::super::{ObjectCut, Stroke};
    use super::*;
    use crate::progress::NoProgress;

    fn cut(photo: &Rc<Picture>, maps: ObjectMaps<'_>) -> ObjectCut {
        let (prompt, settings) = (Prompt::Object(maps), CutSettings::best());
        block_on(ObjectCut::new(
            photo.clone(),
            prompt,
            &settings,
            &NoProgress,
        ))
        .unwrap()
    }

    fn one_map(map: &SaliencyMap) -> ObjectMaps<'_> {
        ObjectMaps {
            map,
            gradient: None,
            entropy: None,
        }
    }

    fn two_maps<'a>(map: &'a SaliencyMap, gradient: &'a SaliencyMap) -> ObjectMaps<'a> {
        ObjectMaps {
            gradient: Some(gradient),
            ..one_map(map)
        }
    }

    #[test]
    fn the_object_is_found_with_and_without_a_gradient() {
        let (picture, map, truth) = disc(451, 300);
        let photo = Rc::new(picture);
        for gradient in [None, Some(&map)] {
            let maps = ObjectMaps {
                gradient,
                entropy: gradient.map(|_| 1.0),
                ..one_map(&map)
            };
            let found = cut(&photo, maps).segmentation().unwrap();
            let iou = iou(&found.mask(), &truth);
            assert!(iou > 0.95, "{iou}");
        }
    }

    /// An orange disc within a red one on a green ground, and a map of the inner disc.
    fn nested_discs() -> (Picture, SaliencyMap) {
        let distance = |x: u32, y: u32| (f64::from(x) - 120.0).hypot(f64::from(y) - 80.0);
        let pixels = (0..160).flat_map(|y| (0..240).map(move |x| (x, y)));
        let rgba = pixels.clone().flat_map(|(x, y)| {
            let grain = ((7 * x + 13 * y) % 11) as u8;
            match distance(x, y) {
                0.0..25.0 => [230 + grain, 140 + grain, 40, 255],
                25.0..60.0 => [200 + grain, 50 + grain, 30, 255],
                _ => [40 + grain, 120 + grain, 70, 255],
            }
        });
        let picture = Picture::from_rgba(rgba.collect(), 240, 160).unwrap();
        let values = pixels.map(|(x, y)| (-(distance(x, y) / 35.0).powi(2)).exp() as f32);
        let map = SaliencyMap {
            values: values.collect(),
            rows: 160,
            columns: 240,
        };
        (picture, map)
    }

    #[test]
    fn sizes_ascend_and_every_one_can_be_cut() {
        let (picture, map) = nested_discs();
        let mut cut = cut(&Rc::new(picture), one_map(&map));
        let (sizes, first) = (cut.sizes(), cut.size().unwrap());
        let before = cut.segmentation().unwrap();
        assert!(
            sizes.len() > 1 && sizes.windows(2).all(|pair| pair[0] * STEP <= pair[1]),
            "{sizes:?}"
        );
        let mut fractions = Vec::new();
        for size in (0..sizes.len()).rev() {
            block_on(cut.resize(size, &NoProgress)).unwrap();
            assert_eq!(cut.size(), Some(size));
            fractions.push(cut.segmentation().unwrap().object_fraction());
        }
        assert!(fractions.first() > fractions.last(), "{fractions:?}");
        block_on(cut.resize(first, &NoProgress)).unwrap();
        assert_eq!(cut.segmentation(), Ok(before));
        let refused = block_on(cut.resize(sizes.len(), &NoProgress)).unwrap_err();
        assert_eq!(refused.code(), "setting-out-of-range");
    }

    #[test]
    fn maps_and_cues_of_any_value_are_refused_or_give_a_cut() {
        let (picture, map, _) = disc(40, 30);
        let photo = Rc::new(picture);
        let cut = |maps: ObjectMaps<'_>| {
            let (prompt, settings) = (Prompt::Object(maps), CutSettings::best());
            block_on(ObjectCut::new(
                photo.clone(),
                prompt,
                &settings,
                &NoProgress,
            ))
            .map(drop)
        };
        let map_of = |values: Vec<f32>, rows, columns| SaliencyMap {
            values,
            rows,
            columns,
        };
        for other in [
            map_of(vec![], 0, 0),
            map_of(vec![1.0; 5], 2, 3),
            map_of(vec![0.0, f32::NAN], 1, 2),
            map_of(vec![0.0, -1.0], 1, 2),
        ] {
            for maps in [one_map(&other), two_maps(&map, &other)] {
                assert_eq!(cut(maps).unwrap_err().code(), "setting-out-of-range");
            }
        }
        for entropy in [-1.0, 1e9, f64::NAN, f64::INFINITY] {
            let entropy = Some(entropy);
            let refused = cut(ObjectMaps {
                entropy,
                ..one_map(&map)
            })
            .unwrap_err();
            assert_eq!(refused.code(), "setting-out-of-range");
        }
        let huge = map_of(
            map.values.iter().map(|value| value * 1e38).collect(),
            map.rows,
            map.columns,
        );
        let entropy = Some(1e3);
        for maps in [
            one_map(&huge),
            ObjectMaps {
                entropy,
                ..two_maps(&map, &huge)
            },
        ] {
            cut(maps).unwrap();
        }
        let flat = map_of(vec![0.0; 12], 3, 4);
        for maps in [one_map(&flat), two_maps(&map, &flat)] {
            assert_eq!(cut(maps).unwrap_err().code(), "no-object-found");
        }
    }

    #[test]
    fn strokes_stay_when_the_size_changes() {
        let (picture, map, _) = disc(240, 160);
        let mut cut = cut(&Rc::new(picture), one_map(&map));
        let stroke = Stroke {
            points: vec![[20.0, 20.0], [40.0, 20.0]],
            radius: 6.0,
            object: true,
        };
        cut.stroke(stroke.clone()).unwrap();
        block_on(cut.resize(0, &NoProgress)).unwrap();
        assert_eq!(cut.strokes(), [stroke]);
        assert_eq!(cut.segmentation().unwrap().mask()[20 * 240 + 30], 255);
        cut.undo();
        assert_eq!(cut.segmentation().unwrap().mask()[20 * 240 + 30], 0);
    }

    #[test]
    fn a_photo_without_candidates_can_be_corrected_by_strokes() {
        let (_, map, _) = disc(40, 30);
        let grey = Picture::from_rgba(vec![128; 40 * 30 * 4], 40, 30).unwrap();
        let mut cut = cut(&Rc::new(grey), one_map(&map));
        assert_eq!((cut.sizes(), cut.size()), (vec![], None));
        assert_eq!(cut.segmentation().unwrap_err().code(), "no-object-found");
        cut.stroke(Stroke {
            points: vec![[10.0, 10.0]],
            radius: 4.0,
            object: true,
        })
        .unwrap();
        assert!(cut.segmentation().is_ok());
    }
}
