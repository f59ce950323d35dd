//! A cut that strokes correct.

use std::cell::Cell;
use std::rc::Rc;

use super::Segmentation;
use super::bounding_box::BoundingBox;
use super::grab_cut::{GrabCut, Iteration, Models};
use super::prompt::Prompt;
use super::refine::refined;
use super::settings::CutSettings;
use super::strokes::{Scribbles, Stroke};
use super::working_picture::WorkingPicture;
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::keep_components;
use crate::progress::{Progress, SubProgress};

/// The number of final cuts that are made at the working size; earlier ones use half the side.
const FULL_CUTS: usize = 2;

/// What the prompt determines of a pixel before any cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// No seed.
    None,
    /// The background's colour model is estimated from this pixel, among others.
    Background,
    /// The object's colour model is estimated from this pixel, among others.
    Object,
}

/// A cut and its state: each stroke cuts again, from the last flow.
///
/// The labels depend on the colour models and the scribbles alone, as a minimum cut does not depend
/// on the flow it started from. So undoing a stroke restores the earlier labels exactly.
pub struct ObjectCut {
    photo: Rc<Picture>,
    /// By pixel of the working picture: what the prompt determined.
    seeds: Vec<Seed>,
    grab_cut: GrabCut,
    strokes: Vec<Stroke>,
    scribbles: Scribbles,
    /// The colour models before the first stroke and after each stroke.
    models: Vec<Models>,
}

impl ObjectCut {
    /// Cuts the photo as `prompt` and `settings` say. Where there are several cuts, all but the
    /// last two are made at half the side, to estimate the colour models. Reports progress after
    /// each cut.
    ///
    /// # Errors
    /// `setting-out-of-range` when a setting or the map is outside its documented range, or the
    /// rectangle has no working pixel inside or outside; `no-object-found` when the map is
    /// constant; `picture-too-large` as [`PixelGraph::new`](super::pixel_graph::PixelGraph::new);
    /// `cancelled`.
    pub async fn new(
        photo: Rc<Picture>,
        prompt: Prompt<'_>,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        settings.check()?;
        let working = WorkingPicture::of(&photo, settings.working_side)?;
        let initialisation = prompt.initialise(&photo, working.size(), settings)?;
        let mut models = working.models(&initialisation.seeds, settings.random_seed);
        let mut seeds = vec![Seed::None; working.colours.len()];
        let kinds = [Seed::Background, Seed::Object];
        for (pixels, kind) in initialisation.seeds.iter().zip(kinds) {
            for &pixel in pixels {
                seeds[pixel as usize] = kind;
            }
        }
        let (cuts, total) = (settings.iterations as usize, settings.progress_total());
        let half_cuts = cuts.saturating_sub(FULL_CUTS);
        if half_cuts > 0 {
            let longest = working.width.max(working.height());
            let half = WorkingPicture::of(&photo, longest.div_ceil(2) as u32)?;
            // A small rectangle may have no pixel at half the side: the models then stay as they
            // are.
            if let Ok(initialisation) = prompt.initialise(&photo, half.size(), settings) {
                let mut half = GrabCut::new(half, 2, initialisation.unary_bias)?;
                let half_progress = SubProgress {
                    whole: progress,
                    before: 0,
                    after: total - half_cuts,
                    total: Cell::new(0),
                };
                models = half.iterate(models, half_cuts, &half_progress).await?;
                if !half.is_one_sided() {
                    models = half.refitted(&models);
                }
            }
        }
        let scribbles = Scribbles::new(working.size(), [photo.width(), photo.height()]);
        let mut grab_cut = GrabCut::new(working, 1, initialisation.unary_bias)?;
        let full_cuts = cuts - half_cuts;
        let full_progress = SubProgress {
            whole: progress,
            before: half_cuts,
            after: total - cuts,
            total: Cell::new(0),
        };
        let models = grab_cut.iterate(models, full_cuts, &full_progress).await?;
        Ok(Self {
            photo,
            seeds,
            grab_cut,
            strokes: Vec::new(),
            scribbles,
            models: vec![models],
        })
    }

    /// Adds a stroke, refits the colour models to the labels with its scribbles, and cuts again.
    /// The stroke stays even if the result has no object.
    ///
    /// # Errors
    /// `setting-out-of-range` when the stroke has no point, a number that is not finite or a radius
    /// that is not above 0, or lies outside the photo. The cut is then unchanged.
    pub fn stroke(&mut self, stroke: Stroke) -> Result<(), Error> {
        self.scribbles.paint(&stroke)?;
        self.strokes.push(stroke);
        let labels = self.grab_cut.labels.iter_mut();
        for (label, scribble) in labels.zip(&self.scribbles.scribbled) {
            *label = scribble.unwrap_or(*label);
        }
        let last = self.models.last();
        let refitted = last.map(|models| self.grab_cut.refitted(models));
        self.models.extend(refitted);
        self.cut_again();
        Ok(())
    }

    /// Removes the last stroke and restores the cut before it; does nothing if there is none.
    pub fn undo(&mut self) {
        self.keep_strokes(self.strokes.len().saturating_sub(1));
    }

    /// Removes all strokes.
    pub fn clear(&mut self) {
        self.keep_strokes(0);
    }

    /// The strokes so far.
    pub fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }

    /// The seeds that the prompt determined, sampled at `width` x `height` pixels, row-major: each
    /// is the seed of the working pixel in which its centre lies. Strokes do not change the seeds.
    ///
    /// # Errors
    /// `setting-out-of-range` unless both sides are at least 1 and at most the photo's.
    pub fn seeds(&self, width: u32, height: u32) -> Result<Vec<Seed>, Error> {
        let (photo_width, photo_height) = (self.photo.width(), self.photo.height());
        if !(1..=photo_width).contains(&width) || !(1..=photo_height).contains(&height) {
            let photo = format!("{photo_width} x {photo_height}");
            return Err(Error::SettingOutOfRange(format!(
                "{width} x {height} is not a size of at most the photo's {photo}"
            )));
        }
        let [columns, rows] = self.grab_cut.picture.size();
        let nearest = |index: u32, length: u32, working: usize| {
            ((2 * u64::from(index) + 1) * working as u64 / (2 * u64::from(length))) as usize
        };
        let across: Vec<usize> = (0..width).map(|x| nearest(x, width, columns)).collect();
        let down = (0..height).map(|y| nearest(y, height, rows) * columns);
        Ok(down
            .flat_map(|row| across.iter().map(move |column| self.seeds[row + column]))
            .collect())
    }

    /// The current object, at the photo's size. If strokes mark everything as object, it is the
    /// whole photo.
    ///
    /// # Errors
    /// `no-object-found` when all pixels are background, or when all are object although no stroke
    /// marks any as object.
    pub fn segmentation(&self) -> Result<Segmentation, Error> {
        let nothing = || {
            Error::NoObjectFound(match self.strokes.is_empty() {
                true => "the cheapest cut separates nothing".into(),
                false => "everything counts as background".into(),
            })
        };
        let mut labels = self.grab_cut.labels.clone();
        keep_components(&mut labels, self.grab_cut.picture.width, |pixel| {
            self.scribbles.scribbled[pixel] == Some(true)
        });
        if labels.iter().all(|&label| label) && !self.scribbles.scribbled.contains(&Some(true)) {
            return Err(nothing());
        }
        let (alpha, object) = refined(
            &self.photo,
            &self.grab_cut.picture,
            &labels,
            &self.scribbles,
        );
        let (width, height) = (self.photo.width(), self.photo.height());
        let bounding_box = BoundingBox::around(&object, width as usize).ok_or_else(nothing)?;
        let pixels = object.iter().map(|run| run.len() as u64).sum();
        let &Iteration { energy, flow } = self.grab_cut.iterations.last().ok_or_else(nothing)?;
        Ok(Segmentation {
            width,
            height,
            alpha,
            pixels,
            bounding_box,
            energy,
            flow,
        })
    }

    /// Keeps the first `left` strokes.
    fn keep_strokes(&mut self, left: usize) {
        if left == self.strokes.len() {
            return;
        }
        self.strokes.truncate(left);
        self.models.truncate(left + 1);
        self.scribbles.scribbled.fill(None);
        for stroke in &self.strokes {
            // The stroke was valid when it was added.
            let _ = self.scribbles.paint(stroke);
        }
        self.cut_again();
    }

    fn cut_again(&mut self) {
        if let Some(models) = self.models.last() {
            self.grab_cut.cut(models, &self.scribbles.scribbled);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use pollster::block_on;

    use super::super::seeds::Seeds;
    use super::super::settings::SeedUse;
    use super::super::test_pictures::{disc, iou};
    use super::*;
    use crate::progress::NoProgress;
    use crate::saliency::SaliencyMap;

    fn cut(
        picture: &Picture,
        prompt: Prompt<'_>,
        settings: &CutSettings,
    ) -> Result<ObjectCut, Error> {
        block_on(ObjectCut::new(
            Rc::new(picture.clone()),
            prompt,
            settings,
            &NoProgress,
        ))
    }

    #[test]
    fn every_stroke_s_flow_is_the_energy_of_its_labels() {
        let (picture, map, _) = disc(120, 90);
        let mut cut = cut(
            &picture,
            Prompt::Saliency(&map),
            &CutSettings {
                iterations: 4,
                ..CutSettings::best()
            },
        )
        .unwrap();
        cut.stroke(Stroke {
            points: vec![[20.0, 20.0], [40.0, 60.0]],
            radius: 9.0,
            object: true,
        })
        .unwrap();
        cut.undo();
        let iterations = &cut.grab_cut.iterations;
        assert!(
            iterations
                .iter()
                .all(|iteration| iteration.energy == iteration.flow),
            "{iterations:?}"
        );
        let [first, corrected, undone] = iterations[iterations.len() - 3..] else {
            panic!("{iterations:?}")
        };
        assert!(first == undone && first != corrected);
    }

    #[test]
    fn hard_seeds_keep_their_labels() {
        let (picture, map, _) = disc(120, 90);
        // With this many seeds, some contradict the colour models.
        let settings = CutSettings {
            seeds: SeedUse::Hard,
            foreground_quantile: 0.5,
            background_quantile: 0.4,
            ..CutSettings::paper()
        };
        let seeds = Seeds::from_map(&map.sampled(120, 90), 0.5, 0.4).unwrap();
        let hard = cut(&picture, Prompt::Saliency(&map), &settings)
            .unwrap()
            .grab_cut
            .labels;
        assert!(seeds.foreground.iter().all(|&pixel| hard[pixel as usize]));
        assert!(seeds.background.iter().all(|&pixel| !hard[pixel as usize]));
        let soft = cut(
            &picture,
            Prompt::Saliency(&map),
            &CutSettings {
                seeds: SeedUse::Soft,
                ..settings
            },
        );
        let soft = soft.unwrap().grab_cut.labels;
        assert_ne!(soft, hard);
    }

    #[test]
    fn a_rectangle_around_the_disc_finds_it() {
        for (width, height) in [(240, 160), (1200, 800)] {
            let (picture, _, truth) = disc(width, height);
            let rectangle = BoundingBox {
                x: width * 3 / 10,
                y: height / 20,
                width: width / 2,
                height: height * 4 / 5,
            };
            let found = cut(
                &picture,
                Prompt::Rectangle(rectangle),
                &CutSettings::rectangle(),
            )
            .unwrap()
            .segmentation()
            .unwrap();
            let iou = iou(&found.mask(), &truth);
            assert!(iou > 0.95, "{iou} at {width} x {height}");
            let inside = |x: u32, y: u32| {
                (rectangle.x..rectangle.x + rectangle.width).contains(&x)
                    && (rectangle.y..rectangle.y + rectangle.height).contains(&y)
            };
            let mut pixels = (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .zip(found.mask());
            assert!(
                pixels.all(|((x, y), value)| value == 0 || inside(x, y)),
                "object pixels outside the rectangle"
            );
        }
    }

    /// At half the side, the rectangle has no pixel inside.
    #[test]
    fn a_rectangle_of_one_pixel_is_cut() {
        let (picture, _, _) = disc(40, 30);
        let prompt = Prompt::Rectangle(BoundingBox {
            x: 22,
            y: 17,
            width: 1,
            height: 1,
        });
        let labels = cut(&picture, prompt, &CutSettings::rectangle())
            .unwrap()
            .grab_cut
            .labels;
        assert!(
            labels
                .iter()
                .enumerate()
                .all(|(pixel, &label)| !label || pixel == 17 * 40 + 22)
        );
    }

    #[test]
    fn rectangles_without_an_inside_or_an_outside_are_refused() {
        let (picture, _, _) = disc(40, 30);
        for (x, y, width, height) in [
            (0, 0, 40, 30),
            (0, 0, u32::MAX, u32::MAX),
            (5, 5, 0, 9),
            (40, 0, 10, 10),
            (u32::MAX, 3, u32::MAX, 3),
        ] {
            let prompt = Prompt::Rectangle(BoundingBox {
                x,
                y,
                width,
                height,
            });
            let refused = cut(&picture, prompt, &CutSettings::rectangle())
                .err()
                .map(|error| error.code());
            assert_eq!(refused, Some("setting-out-of-range"), "{prompt:?}");
        }
    }

    #[test]
    fn strokes_are_kept_and_undone_exactly() {
        let (picture, map, _) = disc(240, 160);
        let mut cut = cut(&picture, Prompt::Saliency(&map), &CutSettings::best()).unwrap();
        let mut history = vec![cut.segmentation().unwrap()];
        let strokes = [
            Stroke {
                points: vec![[20.0, 20.0], [60.0, 24.0]],
                radius: 6.0,
                object: true,
            },
            Stroke {
                points: vec![[132.0, 72.0]],
                radius: 8.0,
                object: false,
            },
            Stroke {
                points: vec![[200.0, 140.0], [220.0, 150.0], [230.0, 100.0]],
                radius: 4.0,
                object: true,
            },
        ];
        for stroke in &strokes {
            cut.stroke(stroke.clone()).unwrap();
            let now = cut.segmentation().unwrap();
            let mut scribbles = Scribbles::new([240, 160], [240, 160]);
            scribbles.paint(stroke).unwrap();
            for (scribble, value) in scribbles.scribbled.iter().zip(now.mask()) {
                assert!(
                    scribble.is_none_or(|object| object == (value == 255)),
                    "{stroke:?}"
                );
            }
            assert_ne!(Some(&now), history.last());
            history.push(now);
        }
        assert_eq!(cut.strokes(), strokes);
        for before in history.iter().rev().skip(1) {
            cut.undo();
            assert_eq!(cut.segmentation().as_ref(), Ok(before));
        }
        cut.undo();
        for stroke in strokes {
            cut.stroke(stroke).unwrap();
        }
        assert_eq!(cut.segmentation().as_ref(), Ok(&history[3]));
        cut.clear();
        assert_eq!(cut.segmentation().as_ref(), Ok(&history[0]));
    }

    /// A stroke that covers a whole picture of 60 x 40 pixels.
    fn covering(object: bool) -> Stroke {
        Stroke {
            points: vec![[0.0, 20.0], [60.0, 20.0]],
            radius: 40.0,
            object,
        }
    }

    #[test]
    fn a_photo_that_is_all_marked_as_object_is_the_object() {
        let (picture, map, _) = disc(60, 40);
        let rectangle = Prompt::Rectangle(BoundingBox {
            x: 10,
            y: 5,
            width: 40,
            height: 30,
        });
        for (prompt, settings) in [
            (Prompt::Saliency(&map), CutSettings::best()),
            (rectangle, CutSettings::rectangle()),
        ] {
            let mut cut = cut(&picture, prompt, &settings).unwrap();
            let before = cut.segmentation();
            cut.stroke(covering(true)).unwrap();
            let whole = cut.segmentation().unwrap();
            assert_eq!(
                whole.bounding_box,
                BoundingBox {
                    x: 0,
                    y: 0,
                    width: 60,
                    height: 40
                }
            );
            assert_eq!(whole.object_fraction(), 1.0);
            assert!(whole.alpha.values().iter().all(|&alpha| alpha == 255));
            cut.undo();
            assert_eq!(cut.segmentation(), before);
        }
    }

    #[test]
    fn a_photo_that_is_all_marked_as_background_has_no_object() {
        let (picture, map, _) = disc(60, 40);
        let mut cut = cut(&picture, Prompt::Saliency(&map), &CutSettings::best()).unwrap();
        cut.stroke(covering(true)).unwrap();
        cut.stroke(covering(false)).unwrap();
        let none = cut.segmentation().unwrap_err();
        assert_eq!(
            (none.code(), none.detail()),
            ("no-object-found", "everything counts as background")
        );
        cut.undo();
        assert_eq!(cut.segmentation().unwrap().object_fraction(), 1.0);
    }

    #[test]
    fn the_seeds_are_those_of_the_map_or_the_rectangle_at_any_size() {
        // The working picture has half the photo's side.
        let (picture, map, _) = disc(1024, 600);
        let from_map = cut(&picture, Prompt::Saliency(&map), &CutSettings::paper()).unwrap();
        let expected = Seeds::from_map(&map.sampled(512, 300), 0.95, 0.3).unwrap();
        let at_working_size = from_map.seeds(512, 300).unwrap();
        let of = |seed: Seed| -> Vec<u32> {
            (0..)
                .zip(&at_working_size)
                .filter(|&(_, found)| *found == seed)
                .map(|(pixel, _)| pixel)
                .collect()
        };
        assert_eq!(
            (of(Seed::Object), of(Seed::Background)),
            (expected.foreground, expected.background)
        );
        let full = from_map.seeds(1024, 600).unwrap();
        assert!((0..).zip(&full).all(
            |(pixel, seed)| *seed == at_working_size[pixel / 1024 / 2 * 512 + pixel % 1024 / 2]
        ));

        let rectangle = BoundingBox {
            x: 2,
            y: 3,
            width: 5,
            height: 4,
        };
        let (picture, ..) = disc(12, 10);
        let mut boxed = cut(
            &picture,
            Prompt::Rectangle(rectangle),
            &CutSettings::rectangle(),
        )
        .unwrap();
        boxed
            .stroke(Stroke {
                points: vec![[0.0, 0.0]],
                radius: 2.0,
                object: true,
            })
            .unwrap();
        let seeds = boxed.seeds(12, 10).unwrap();
        let inside =
            |pixel: usize| (2..7).contains(&(pixel % 12)) && (3..7).contains(&(pixel / 12));
        assert!(
            (0..).zip(&seeds).all(
                |(pixel, seed)| (*seed == Seed::Object) == inside(pixel) && *seed != Seed::None
            )
        );
        for (width, height) in [(0, 1), (1, 0), (13, 10), (12, 11)] {
            assert_eq!(
                boxed.seeds(width, height).unwrap_err().code(),
                "setting-out-of-range"
            );
        }
    }

    #[test]
    fn a_stroke_that_is_refused_changes_nothing() {
        let (picture, map, _) = disc(60, 40);
        let mut cut = cut(&picture, Prompt::Saliency(&map), &CutSettings::best()).unwrap();
        let before = cut.segmentation();
        let refused = cut.stroke(Stroke {
            points: vec![],
            radius: 1.0,
            object: true,
        });
        assert_eq!(refused.unwrap_err().code(), "setting-out-of-range");
        assert_eq!((cut.strokes().len(), cut.segmentation()), (0, before));
    }

    #[test]
    fn a_stroke_finds_an_object_where_the_map_found_none() {
        let (picture, map, truth) = disc(120, 90);
        // A map that is highest on the ground.
        let inverted = SaliencyMap {
            values: map.values.iter().map(|value| 2.0 - value).collect(),
            ..map
        };
        let mut cut = cut(&picture, Prompt::Saliency(&inverted), &CutSettings::paper()).unwrap();
        cut.stroke(Stroke {
            points: vec![[8.0, 8.0], [112.0, 8.0], [112.0, 82.0], [8.0, 82.0]],
            radius: 6.0,
            object: false,
        })
        .unwrap();
        cut.stroke(Stroke {
            points: vec![[60.0, 40.0], [72.0, 44.0]],
            radius: 8.0,
            object: true,
        })
        .unwrap();
        let iou = iou(&cut.segmentation().unwrap().mask(), &truth);
        assert!(iou > 0.9, "{iou}");
    }
}
