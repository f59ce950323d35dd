//! The settings of a cut.

use crate::error::Error;

/// How the seeds, the pixels above and below the quantiles, constrain the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedUse {
    /// The colour models are estimated from the seeds; the cut may give them either label.
    Soft,
    /// In addition, the cut keeps the seeds' labels.
    Hard,
}

/// The settings of a cut. [`paper`](Self::paper) and [`best`](Self::best) are for a saliency map.
/// [`rectangle`](Self::rectangle) is for a box around the object: the quantiles, `seeds`, `blur`
/// and `saliency_weight` are then unused.
#[derive(Debug, Clone, PartialEq)]
pub struct CutSettings {
    /// The object's colour model is estimated from the pixels with a saliency above this quantile
    /// of the map.
    pub foreground_quantile: f64,
    /// The background's colour model is estimated from the pixels below this quantile.
    pub background_quantile: f64,
    /// How the seeds constrain the cut.
    pub seeds: SeedUse,
    /// Standard deviation of the map's blur, which comes before the quantiles, as a fraction of the
    /// picture's long side, 0..=1; 0: none.
    pub blur: f64,
    /// The unary cost of saliency, 0..=1,000,000: a pixel at or above the upper quantile costs this
    /// much as background, one at or below the lower quantile as object. In between, both costs are
    /// linear in saliency. 0: saliency has no cost.
    pub saliency_weight: f64,
    /// The most cuts, 1..=100. Before each cut but the first, the colour models are refitted to
    /// both sides of the last cut, as in GrabCut. All cuts but the last two are made at half the
    /// side. At either size the energy never rises, and a cut that changes no label is the last.
    pub iterations: u32,
    /// The longest side, in pixels, of the reduced photo that is cut; at least 1.
    pub working_side: u32,
    /// Seed of the colour models' k-means++. The same input gives the same bytes.
    pub random_seed: u64,
}

impl CutSettings {
    /// The paper's settings: colour models from the pixels above the 95 % and below the 30 %
    /// quantile of the unblurred map, and one cut.
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

    /// The settings with the best masks, for a map of `guided_grad_cam` (`docs/cut.md`).
    pub fn best() -> Self {
        Self {
            foreground_quantile: 0.9,
            background_quantile: 0.7,
            blur: 0.02,
            saliency_weight: 3.0,
            ..Self::paper()
        }
    }

    /// The number of steps that a cut reports: its iterations, and the mask.
    pub fn progress_total(&self) -> usize {
        self.iterations as usize + 1
    }

    /// GrabCut inside a rectangle: five cuts, with the colour models refitted between them.
    pub fn rectangle() -> Self {
        Self {
            iterations: 5,
            ..Self::paper()
        }
    }

    /// Checks all settings but the quantiles, which [`Seeds`](super::Seeds) checks.
    ///
    /// # Errors
    /// `setting-out-of-range` for a value outside its documented range.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::SettingOutOfRange(what));
        if !(0.0..=1.0).contains(&self.blur) {
            return wrong(format!(
                "the blur must be 0..1 of the long side, not {}",
                self.blur
            ));
        }
        if !(0.0..=1e6).contains(&self.saliency_weight) {
            return wrong(format!(
                "the weight of saliency must be 0..1000000, not {}",
                self.saliency_weight
            ));
        }
        if !(1..=100).contains(&self.iterations) {
            return wrong(format!(
                "there must be 1..100 iterations, not {}",
                self.iterations
            ));
        }
        if self.working_side == 0 {
            return wrong("the working side must be at least 1".into());
        }
        Ok(())
    }
}
