//! A cut that strokes correct.

use std::cell::Cell;
use std::rc::Rc;

use super::Segmentation;
use super::bounding_box::BoundingBox;
use super::candidates::Sizes;
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
    /// The map's quantiles above and below which the seeds lie.
    quantiles: Option<[f64; 2]>,
    grab_cut: GrabCut,
    strokes: Vec<Stroke>,
    scribbles: Scribbles,
    /// The colour models before the first stroke and after each stroke.
    models: Vec<Models>,
    sizes: Option<Sizes>,
}

impl ObjectCut {
    /// Cuts the photo as `prompt` and `settings` say. Where there are several cuts, all but the
    /// last two are made at half the side, to estimate the colour models. Where the prompt leaves
    /// the object's size open, the seeds are those of the best candidate
    /// ([`ObjectMaps::candidates`](super::ObjectMaps::candidates)). Reports progress after each
    /// cut.
    ///
    /// # Errors
    /// `setting-out-of-range` when a setting or the map is outside its documented range, or the
    /// rectangle has no working pixel inside or outside; `no-object-found` when the map is
    /// constant; `picture-too-large` as [`PixelGraph::new`](crate::graph_cut::pixel_graph::PixelGraph::new);
    /// `cancelled`.
    pub async fn new(
        photo: Rc<Picture>,
        prompt: Prompt<'_>,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        settings.check()?;
        let Prompt::Object(maps) = prompt else {
            return Self::start(photo, prompt, settings, progress).await;
        };
        let candidates = SubProgress {
            whole: progress,
            before: 0,
            after: settings.progress_total(),
            total: Cell::new(0),
        };
        let sizes = Sizes::find(maps, &photo, settings, &candidates).await?;
        let cut = SubProgress {
            whole: progress,
            before: candidates.total.get(),
            after: 0,
            total: Cell::new(0),
        };
        let (map, settings) = match &sizes {
            Some(sizes) => sizes.start(),
            // Strokes may still find an object.
            None => (maps.map, settings),
        };
        let first = Self::start(photo, Prompt::Saliency(map), settings, &cut).await?;
        Ok(Self { sizes, ..first })
    }

    /// Cuts from seeds that the prompt and the settings determine.
    async fn start(
        photo: Rc<Picture>,
        prompt: Prompt<'_>,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
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
            quantiles: (!matches!(prompt, Prompt::Rectangle(_)))
                .then_some([settings.foreground_quantile, settings.background_quantile]),
            grab_cut,
            strokes: Vec::new(),
            scribbles,
            models: vec![models],
            sizes: None,
        })
    }

    /// The sizes at which the object can be cut, as fractions of the photo, from the smallest; none
    /// where the prompt leaves no choice.
    pub fn sizes(&self) -> Vec<f64> {
        let sizes = self.sizes.iter().flat_map(|sizes| &sizes.candidates);
        sizes.map(|candidate| candidate.fraction).collect()
    }

    /// The index of the size at which the object is cut; at first, of the one that was found best.
    pub fn size(&self) -> Option<usize> {
        self.sizes.as_ref().map(|sizes| sizes.current)
    }

    /// The quantiles of the map above and below which the seeds lie; `None` for a rectangle.
    pub fn quantiles(&self) -> Option<[f64; 2]> {
        self.quantiles
    }

    /// Whether the seeds are from the gradient's map of [`ObjectMaps`](super::ObjectMaps).
    pub fn is_from_gradient(&self) -> bool {
        let sizes = self.sizes.as_ref();
        sizes.is_some_and(|sizes| sizes.candidates[sizes.current].from_gradient)
    }

    /// Cuts the object at another of its sizes; the strokes stay.
    ///
    /// # Errors
    /// `setting-out-of-range` when there is no such size; else as [`new`](Self::new).
    pub async fn resize(&mut self, size: usize, progress: &dyn Progress) -> Result<(), Error> {
        let count = self
            .sizes
            .as_ref()
            .map_or(0, |sizes| sizes.candidates.len());
        let Some(sizes) = self.sizes.as_mut().filter(|_| size < count) else {
            return Err(Error::SettingOutOfRange(format!(
                "the object has {count} sizes, and none of index {size}"
            )));
        };
        sizes.current = size;
        let (map, settings) = sizes.start();
        let photo = self.photo.clone();
        let mut cut = Self::start(photo, Prompt::Saliency(map), settings, progress).await?;
        for stroke in std::mem::take(&mut self.strokes) {
            cut.stroke(stroke)?;
        }
        cut.sizes = self.sizes.take();
        *self = cut;
        Ok(())
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
mod tests;
