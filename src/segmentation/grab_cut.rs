//! A picture of the cut's size and the side of each of its pixels: by colour models, and by
//! everything else that speaks for a side.

use super::colour_model::{Colour, ColourModel};
use super::pixel_graph::{LARGEST_COST, PixelGraph};
use super::working_picture::WorkingPicture;
use crate::error::Error;
use crate::progress::Progress;

/// The background's model and the object's.
pub type Models = [ColourModel; 2];

/// The cheapest sides of a picture's pixels.
pub struct GrabCut {
    pub picture: WorkingPicture,
    /// By pixel, row-major: true is object. Empty before the first cut.
    pub labels: Vec<bool>,
    /// One entry for each cut so far.
    pub iterations: Vec<Iteration>,
    graph: PixelGraph,
    /// What each pixel costs as background and as object apart from its colour.
    unary_bias: Vec<[f32; 2]>,
}

/// One cut's outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// Of the labelling, from its definition.
    pub energy: f64,
    /// The maximum flow.
    pub flow: f64,
}

impl GrabCut {
    /// Before its first cut. Of a picture that stands for one of `reduction` times its side, every
    /// pixel stands for `reduction^2` pixels and every step along a boundary for `reduction` steps,
    /// so a boundary counts for less.
    ///
    /// # Errors
    /// `picture-too-large` as [`PixelGraph::new`].
    pub fn new(
        picture: WorkingPicture,
        reduction: u32,
        unary_bias: Vec<[f32; 2]>,
    ) -> Result<Self, Error> {
        let graph = PixelGraph::new(&picture.colours, picture.width, reduction)?;
        Ok(Self {
            picture,
            labels: Vec::new(),
            iterations: Vec::new(),
            graph,
            unary_bias,
        })
    }

    /// The cheapest labels, where `scribbled`, by pixel, holds whatever it costs.
    pub fn cut(&mut self, models: &Models, scribbled: &[Option<bool>]) {
        self.set_costs(models, scribbled.iter().copied());
        self.minimise();
    }

    /// Cuts up to `cuts` times, the first time with `models`, and from then on with models moved
    /// towards the colours of both sides of the last labels, as GrabCut does; gives the models of
    /// the last cut. The energy never rises; a cut that changes no label, or leaves a side empty,
    /// is the last. Reports after each cut.
    ///
    /// # Errors
    /// `cancelled`.
    pub async fn iterate(
        &mut self,
        mut models: Models,
        cuts: usize,
        progress: &dyn Progress,
    ) -> Result<Models, Error> {
        self.set_costs(&models, std::iter::repeat(None));
        for cut in 1..=cuts {
            let before = std::mem::take(&mut self.labels);
            let energy = self.minimise();
            progress.report(cut, cuts).await?;
            if cut == cuts || self.labels == before || self.is_one_sided() {
                break;
            }
            let improved = self.improved(&models);
            self.set_costs(&improved, std::iter::repeat(None));
            // New models fit the labels at least as well, unless the sample on which they were
            // estimated misleads them.
            if self.graph.energy(&self.labels) > energy {
                break;
            }
            models = improved;
        }
        Ok(models)
    }

    /// Whether everything is object, or nothing.
    pub fn is_one_sided(&self) -> bool {
        self.labels.iter().all(|&label| label == self.labels[0])
    }

    /// The models moved towards the colours of both sides of the present labels.
    pub fn improved(&self, [background, object]: &Models) -> Models {
        let colours = |side: bool| -> Vec<Colour> {
            let pixels = self.picture.colours.iter().zip(&self.labels);
            pixels
                .filter(|&(_, &label)| label == side)
                .map(|(&colour, _)| colour)
                .collect()
        };
        [
            background.refit(&colours(false)),
            object.refit(&colours(true)),
        ]
    }

    fn set_costs(&mut self, models: &Models, scribbled: impl Iterator<Item = Option<bool>>) {
        let [background, object] = models
            .each_ref()
            .map(|model| model.costs(&self.picture.colours));
        let by_colour = background.into_iter().zip(object).zip(&self.unary_bias);
        self.graph.set_costs(by_colour.zip(scribbled).map(
            |(((background, object), leaning), mark)| match mark {
                None => [background + leaning[0], object + leaning[1]],
                Some(true) => [LARGEST_COST, 0.0],
                Some(false) => [0.0, LARGEST_COST],
            },
        ));
    }

    /// Gives the energy.
    fn minimise(&mut self) -> f64 {
        let (labels, flow) = self.graph.minimum();
        let energy = self.graph.energy(&labels);
        self.labels = labels;
        self.iterations.push(Iteration { energy, flow });
        energy
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pollster::block_on;

    use super::super::prompt::Prompt;
    use super::super::settings::{CutSettings, SeedUse};
    use super::super::test_pictures::disc;
    use super::*;
    use crate::progress::NoProgress;

    fn settled(width: u32, height: u32, cuts: usize, settings: &CutSettings) -> GrabCut {
        let (picture, map, _) = disc(width, height);
        let working = WorkingPicture::of(&picture, settings.working_side).unwrap();
        let start = Prompt::Saliency(&map)
            .start(&picture, working.size(), settings)
            .unwrap();
        let models = working.models(&start.sides, settings.random_seed);
        let mut labelling = GrabCut::new(working, 1, start.unary_bias).unwrap();
        block_on(labelling.iterate(models, cuts, &NoProgress)).unwrap();
        labelling
    }

    #[test]
    fn the_energy_never_rises_from_cut_to_cut() {
        for seeds in [SeedUse::Soft, SeedUse::Hard] {
            for random_seed in 0..8 {
                let iterations = settled(
                    120,
                    90,
                    8,
                    &CutSettings {
                        seeds,
                        random_seed,
                        ..CutSettings::paper()
                    },
                )
                .iterations;
                assert!(iterations.len() > 1);
                for pair in iterations.windows(2) {
                    assert!(pair[1].energy <= pair[0].energy, "{iterations:?}");
                }
            }
        }
    }

    #[test]
    fn every_flow_is_the_energy_of_its_labels() {
        let iterations = settled(120, 90, 4, &CutSettings::best()).iterations;
        assert!(iterations.len() > 1);
        assert!(
            iterations.iter().all(|round| round.energy == round.flow),
            "{iterations:?}"
        );
    }

    #[test]
    fn a_cut_that_changes_no_label_is_the_last() {
        let iterations = settled(60, 40, 100, &CutSettings::paper()).iterations.len();
        assert!(iterations < 50, "{iterations} rounds");
    }
}
