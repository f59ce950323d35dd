//! GrabCut (Rother et al. 2004): graph cuts of a picture, alternating with refits of the colour
//! models.

use super::working_picture::WorkingPicture;
use crate::error::Error;
use crate::graph_cut::colour_model::{Colour, ColourModel};
use crate::graph_cut::pixel_graph::{LARGEST_COST, PixelGraph};
use crate::progress::Progress;

/// The colour models of the background and of the object.
pub type Models = [ColourModel; 2];

/// The state of GrabCut on one picture.
pub struct GrabCut {
    pub picture: WorkingPicture,
    /// By pixel, row-major: whether it is object. Empty before the first cut.
    pub labels: Vec<bool>,
    /// One entry per cut so far.
    pub iterations: Vec<Iteration>,
    graph: PixelGraph,
    /// By pixel: unary costs of the labels background and object, beside the colour models'.
    unary_bias: Vec<[f32; 2]>,
}

/// The result of one cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// The energy of the labelling, by its definition.
    pub energy: f64,
    /// The maximum flow.
    pub flow: f64,
}

impl GrabCut {
    /// The state before the first cut of a picture that was downscaled by `reduction`. Downscaling
    /// divides pixel counts by the square of `reduction` but boundary lengths only by `reduction`,
    /// so boundary costs are divided by `reduction` to keep the balance.
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

    /// Cuts once. Pixels that `scribbled` labels, row-major, keep that label.
    pub fn cut(&mut self, models: &Models, scribbled: &[Option<bool>]) {
        self.set_costs(models, scribbled.iter().copied());
        self.minimise();
    }

    /// Cuts up to `cuts` times, first with `models`, then with models refitted to both sides of the
    /// last labels. Returns the models of the last cut. The energy never rises. A cut that changes
    /// no label, or leaves a side empty, is the last. Reports progress after each cut.
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
            let refitted = self.refitted(&models);
            self.set_costs(&refitted, std::iter::repeat(None));
            // A refit lowers the energy of the labels, unless its subsample is not representative.
            if self.graph.energy(&self.labels) > energy {
                break;
            }
            models = refitted;
        }
        Ok(models)
    }

    /// Whether all pixels have the same label.
    pub fn is_one_sided(&self) -> bool {
        self.labels.iter().all(|&label| label == self.labels[0])
    }

    /// The models refitted to both sides of the current labels.
    pub fn refitted(&self, [background, object]: &Models) -> Models {
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
            |(((background, object), bias), scribble)| match scribble {
                None => [background + bias[0], object + bias[1]],
                Some(true) => [LARGEST_COST, 0.0],
                Some(false) => [0.0, LARGEST_COST],
            },
        ));
    }

    /// Finds the labels with the least energy. Returns the energy.
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

    fn iterated(width: u32, height: u32, cuts: usize, settings: &CutSettings) -> GrabCut {
        let (picture, map, _) = disc(width, height);
        let working = WorkingPicture::of(&picture, settings.working_side).unwrap();
        let initialisation = Prompt::Saliency(&map)
            .initialise(&picture, working.size(), settings)
            .unwrap();
        let models = working.models(&initialisation.seeds, settings.random_seed);
        let mut grab_cut = GrabCut::new(working, 1, initialisation.unary_bias).unwrap();
        block_on(grab_cut.iterate(models, cuts, &NoProgress)).unwrap();
        grab_cut
    }

    #[test]
    fn the_energy_never_rises_from_cut_to_cut() {
        for seeds in [SeedUse::Soft, SeedUse::Hard] {
            for random_seed in 0..8 {
                let iterations = iterated(
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
        let iterations = iterated(120, 90, 4, &CutSettings::best()).iterations;
        assert!(iterations.len() > 1);
        assert!(
            iterations
                .iter()
                .all(|iteration| iteration.energy == iteration.flow),
            "{iterations:?}"
        );
    }

    #[test]
    fn a_cut_that_changes_no_label_is_the_last() {
        let iterations = iterated(60, 40, 100, &CutSettings::paper())
            .iterations
            .len();
        assert!(iterations < 50, "{iterations} iterations");
    }
}
