//! How the cut is made.

use crate::error::Error;

/// What the pixels above and below the quantiles are used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedUse {
    /// The colour models are estimated from them; the cut may call them what it likes.
    Soft,
    /// Besides, the cut has to call them object and background.
    Hard,
}

/// How to cut. [`paper`](Self::paper) and [`best`](Self::best) are for a saliency map,
/// [`rectangle`](Self::rectangle) for a box around the object, with which everything about saliency
/// is left unused.
#[derive(Debug, Clone, PartialEq)]
pub struct CutSettings {
    /// The object's colours are taken from the pixels with a saliency above this quantile of the
    /// map.
    pub foreground_quantile: f64,
    /// The background's colours are taken from the pixels below this one.
    pub background_quantile: f64,
    /// What else the seeds are used for.
    pub seeds: SeedUse,
    /// Deviation of the blur of the map before its quantiles are taken, as a share of the photo's
    /// long side, 0..=1; 0: none.
    pub blur: f64,
    /// What saliency itself counts, beside colour: a pixel as salient as the upper quantile costs
    /// so much as background, one as dull as the lower quantile costs so much as object, and in
    /// between both costs change linearly. 0: nothing.
    pub saliency_weight: f64,
    /// Cuts, at least 1. Before each further one the colour models are estimated anew from both
    /// sides of the one before, as GrabCut does. All but the last two are made on half the side. At
    /// either size the energy never rises, and a cut that changes no label is the last.
    pub iterations: u32,
    /// The photo is cut at a size at which its long side has at most so many pixels, at least 1.
    pub working_side: u32,
    /// Seed of the random start of the colour models. Same input, same bytes.
    pub random_seed: u64,
}

impl CutSettings {
    /// The paper's: models fixed from the pixels above the 95 % and below the 30 % quantile of the
    /// map as it is, one cut.
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
        Self {
            foreground_quantile: 0.9,
            background_quantile: 0.7,
            blur: 0.02,
            saliency_weight: 3.0,
            ..Self::paper()
        }
    }

    /// How many pieces of work a cut reports: its iterations, and the mask.
    pub fn progress_total(&self) -> usize {
        self.iterations as usize + 1
    }

    /// What GrabCut does inside a rectangle: five cuts, the colour models estimated anew from each.
    pub fn rectangle() -> Self {
        Self {
            iterations: 5,
            ..Self::paper()
        }
    }

    /// # Errors
    /// `setting-out-of-range` for a value that its description does not allow. (The quantiles are
    /// checked where they are taken.)
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
