//! Class models: a network's own picture of a class, grown step by step (section 2 of the paper).
//!
//! `I* = arg max over I of S_c(I) - lambda * ||I||^2`, by gradient ascent with the weights fixed.
//!
//! ```text
//! parameters -> parametrisation, through transformations -> what the network sees -> objective
//! parameters <- optimiser <- regularisers <- parametrisation's adjoint <- its gradient
//! ```
//!
//! A recipe names one of each; a new one is one entry in [`CLASS_MODEL_RECIPES`].

mod objective;
mod optimiser;
mod parametrisation;
mod recipes;
mod regularisers;
mod transformations;

use std::rc::Rc;

use burn::tensor::Tensor;

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::{Target, score};
use crate::image_input::Picture;
use crate::imaging::{Filter, resize};
use crate::networks::Network;
use crate::rng::Rng;
pub use objective::Objective;
pub use optimiser::{Optimiser, OptimiserState};
pub use parametrisation::{ImageParametrisation, Parametrisation, SamplingOperator};
pub use recipes::{CLASS_MODEL_RECIPES, ClassModelRecipe, class_model_recipe};
pub use regularisers::Regularisers;
pub use transformations::{SamplingGrid, Shear, Transformations};

/// More steps than this a run refuses to take.
pub const MAX_STEPS: usize = 2000;

/// The sides that a class model may have.
pub const SIDES: std::ops::RangeInclusive<usize> = 64..=512;

/// What to grow.
#[derive(Debug, Clone)]
pub struct ClassModelSettings {
    /// The class, or the neuron, whose picture it is to be.
    pub target: Target,
    /// How: the [`id`](ClassModelRecipe::id) of a recipe.
    pub recipe: String,
    /// What everything random is drawn from: on the same device, the same seed gives the same
    /// bytes.
    pub seed: u64,
    /// Rows and columns of the picture; the recipe's own where `None`.
    pub side: Option<usize>,
    /// What it starts from.
    pub start: Start,
}

impl ClassModelSettings {
    /// The default recipe's picture of `target`.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            recipe: "robust".to_owned(),
            seed: 0,
            side: None,
            start: Start::Recipe,
        }
    }
}

/// What a class model starts from.
#[derive(Debug, Clone)]
pub enum Start {
    /// What its recipe says.
    Recipe,
    /// The mean picture; with waves, the grey in the middle of all pixel values.
    Zero,
    /// Noise, as faint or as strong as the recipe's, or of a tenth of the pixel values' range where
    /// it has none.
    Noise,
    /// This picture, squashed to the run's side.
    Picture(Rc<Picture>),
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassModelProgress {
    /// Steps taken so far.
    pub step: usize,
    /// S_c, unnormalised, or the neuron's value, of the very picture that
    /// [`pixels`](ClassModelRun::pixels) gives: rounded to 8 bits and seen straight on.
    pub score: f32,
    /// The posterior P_c of the same picture, where the target is a class.
    pub probability: Option<f32>,
}

/// A class model as it grows. Pausing is not calling, cancelling is dropping.
pub struct ClassModelRun {
    network: Rc<Network>,
    target: Target,
    recipe: ClassModelRecipe,
    side: usize,
    painter: ImageParametrisation,
    /// The picture straight on.
    whole: SamplingOperator,
    rng: Rng,
    parameters: Tensor<4>,
    moments: Option<OptimiserState>,
    step: usize,
}

impl ClassModelRun {
    /// A run before its first step.
    ///
    /// # Errors
    /// `class-out-of-range`; `setting-out-of-range` for an unknown recipe, a side outside
    /// [`SIDES`], or a neuron that is not there at that side.
    pub fn new(network: Rc<Network>, settings: &ClassModelSettings) -> Result<Self, Error> {
        Self::with_recipe(
            network,
            class_model_recipe(&settings.recipe)?.clone(),
            settings,
        )
    }

    /// A run with a recipe of the caller's own, whatever recipe the settings name.
    ///
    /// # Errors
    /// As for [`new`](ClassModelRun::new).
    pub fn with_recipe(
        network: Rc<Network>,
        mut recipe: ClassModelRecipe,
        settings: &ClassModelSettings,
    ) -> Result<Self, Error> {
        let side = settings.side.unwrap_or(recipe.side);
        if !SIDES.contains(&side) {
            return Err(Error::SettingOutOfRange(format!(
                "side {side} is not in {} to {}",
                SIDES.start(),
                SIDES.end()
            )));
        }
        settings.target.probe(&network, side)?; // refused here rather than at the first step
        if let (
            Target::Neuron {
                position: Some(_), ..
            },
            Some(views),
        ) = (&settings.target, &mut recipe.transformations)
        {
            views.resolution = side; // in smaller views it would be at another place, or at none
        }
        let painter = ImageParametrisation::new(
            recipe.parametrisation,
            side,
            &network.input,
            &network.device,
        );
        let mut rng = Rng::new(settings.seed);
        let parameters = match &settings.start {
            Start::Recipe => painter.start(&mut rng),
            Start::Zero => painter.zero(),
            Start::Noise => painter.noise(&mut rng),
            Start::Picture(picture) => {
                let pixels = resize(picture, side as u32, side as u32, Filter::Bilinear)?;
                painter.trace(network.upload(
                    network.input.planes_from_pixels(pixels.rgba()),
                    [1, 3, side, side],
                ))
            }
        };
        Ok(Self {
            target: settings.target.clone(),
            recipe,
            side,
            whole: painter.look(&SamplingGrid::whole(side)),
            parameters,
            painter,
            rng,
            moments: None,
            step: 0,
            network,
        })
    }

    /// Takes `n` more steps, then looks at the picture once: `n` forward and backward passes and
    /// one forward pass.
    ///
    /// All of that is computed, or on its way to the GPU, when this returns; what is awaited is the
    /// answer. So further steps and [`pixels`](ClassModelRun::pixels) may be asked for while it
    /// comes.
    ///
    /// # Errors
    /// `setting-out-of-range` when the run would exceed [`MAX_STEPS`] (no step is taken then);
    /// `gpu-lost`.
    pub fn step(
        &mut self,
        n: usize,
    ) -> impl Future<Output = Result<ClassModelProgress, Error>> + use<> {
        let asked = self.step_up(n);
        let (step, target) = (self.step, self.target.clone());
        async move {
            let values = read_back(asked?).await?;
            Ok(match target {
                Target::Class(class) => ClassModelProgress {
                    step,
                    score: values[class],
                    probability: Some(posterior(&values, class)),
                },
                Target::Neuron { .. } => ClassModelProgress {
                    step,
                    score: values[0],
                    probability: None,
                },
            })
        }
    }

    /// The class model so far: what a visitor sees and keeps, `side` x `side` pixels. The training
    /// pictures' mean is added.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub fn pixels(&self) -> impl Future<Output = Result<Picture, Error>> + use<> {
        let (picture, network, side) = (self.picture(), self.network.clone(), self.side as u32);
        async move {
            let planes = read_back(picture).await?;
            Picture::from_rgba(network.input.pixels_from_planes(&planes), side, side)
        }
    }

    /// Steps, and then every class's score, or the neuron's value, still on the device.
    fn step_up(&mut self, n: usize) -> Result<Tensor<1>, Error> {
        if n > MAX_STEPS - self.step {
            return Err(Error::SettingOutOfRange(format!(
                "{n} steps after {} are more than {MAX_STEPS}",
                self.step
            )));
        }
        for _ in 0..n {
            self.step_once()?;
        }
        match self.target {
            Target::Class(_) => Ok(self.network.scores(self.picture())?.flatten(0, 1)),
            Target::Neuron { .. } => score(&self.network, self.picture(), &self.target),
        }
    }

    fn step_once(&mut self) -> Result<(), Error> {
        let ClassModelRecipe {
            objective,
            relu,
            regularisers,
            optimiser,
            ..
        } = self.recipe;
        let drawn = self
            .recipe
            .transformations
            .map(|ranges| self.painter.look(&ranges.draw(self.side, &mut self.rng)));
        let lens = drawn.as_ref().unwrap_or(&self.whole);
        let seen = self.painter.decode(self.parameters.clone(), lens);
        let gradient = objective.gradient(&self.network, seen.clone(), &self.target, relu)?;
        let gradient = self
            .painter
            .vjp(regularisers.on_picture(gradient, &seen), seen, lens);
        let ascent = regularisers.on_parameters(gradient, &self.parameters);
        self.step += 1;
        let ascended = optimiser.step_up(
            self.parameters.clone(),
            ascent,
            &mut self.moments,
            self.step,
        );
        self.parameters = regularisers.after_step(ascended, &self.painter, self.step);
        Ok(())
    }

    /// The picture straight on in 8-bit pixel values, as normalised planes.
    fn picture(&self) -> Tensor<4> {
        let input = &self.network.input;
        let mean = self.network.upload(input.mean.to_vec(), [1, 3, 1, 1]);
        let planes = self.painter.decode(self.parameters.clone(), &self.whole);
        let values = (planes + mean.clone())
            .mul_scalar(255.0 / input.range)
            .clamp(0.0, 255.0)
            .round();
        values.mul_scalar(input.range / 255.0) - mean
    }
}

/// `exp S_c / sum over k of exp S_k`.
fn posterior(scores: &[f32], class: usize) -> f32 {
    let sum: f32 = scores
        .iter()
        .map(|score| (score - scores[class]).exp())
        .sum();
    1.0 / sum
}
