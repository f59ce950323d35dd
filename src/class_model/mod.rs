//! Class models: a network's own picture of a class, grown step by step (section 2 of the paper).
//!
//! `I* = arg max over I of S_c(I) - lambda * ||I||^2`, by gradient ascent with the weights fixed. A recipe is a parametrisation, the
//! transformations it is seen through, an L2 penalty and an optimiser; a new one is one entry in [`CLASS_MODEL_RECIPES`].

mod optimiser;
mod parametrisation;
mod recipes;
mod transformations;

use std::rc::Rc;

use burn::tensor::Tensor;

use crate::device::read_back;
use crate::dice::Dice;
use crate::error::Error;
use crate::gradient::{Target, score, score_gradient};
use crate::image_input::Picture;
use crate::networks::{Network, ReluRule};
pub use optimiser::{Moments, Optimiser};
pub use parametrisation::{Lens, Painter, Parametrisation};
pub use recipes::{CLASS_MODEL_RECIPES, ClassModelRecipe, class_model_recipe};
pub use transformations::{Transformations, View};

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
    /// What everything random is drawn from: on the same device, the same seed gives the same bytes.
    pub seed: u64,
    /// Rows and columns of the picture; the recipe's own where `None`.
    pub side: Option<usize>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassModelProgress {
    /// Steps taken so far.
    pub step: usize,
    /// S_c, unnormalised, or the neuron's value, of the very picture that [`pixels`](ClassModelRun::pixels) gives: rounded to 8 bits and seen straight on.
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
    painter: Painter,
    /// The picture straight on.
    whole: Lens,
    dice: Dice,
    parameters: Tensor<4>,
    moments: Option<Moments>,
    step: usize,
}

impl ClassModelRun {
    /// A run before its first step.
    ///
    /// # Errors
    /// `class-out-of-range`; `setting-out-of-range` for an unknown recipe, a side outside [`SIDES`], or a neuron that is not there at that
    /// side.
    pub fn new(network: Rc<Network>, settings: &ClassModelSettings) -> Result<Self, Error> {
        let recipe = class_model_recipe(&settings.recipe)?;
        Self::with_recipe(network, recipe.clone(), settings.target.clone(), settings.seed, settings.side.unwrap_or(recipe.side))
    }

    /// A run with a recipe of the caller's own.
    ///
    /// # Errors
    /// As for [`new`](ClassModelRun::new).
    pub fn with_recipe(
        network: Rc<Network>,
        recipe: ClassModelRecipe,
        target: Target,
        seed: u64,
        side: usize,
    ) -> Result<Self, Error> {
        if !SIDES.contains(&side) {
            return Err(Error::SettingOutOfRange(format!("side {side} is not in {} to {}", SIDES.start(), SIDES.end())));
        }
        target.objective(&network, side)?; // refused here rather than at the first step
        let painter = Painter::new(recipe.parametrisation, side, &network.input, &network.device);
        let mut dice = Dice::new(seed);
        Ok(Self {
            target,
            recipe,
            side,
            whole: painter.look(&View::whole(side)),
            parameters: painter.start(&mut dice),
            painter,
            dice,
            moments: None,
            step: 0,
            network,
        })
    }

    /// Takes `n` more steps, then looks at the picture once: `n` forward and backward passes and one forward pass.
    ///
    /// # Errors
    /// `setting-out-of-range` when the run would exceed [`MAX_STEPS`] (no step is taken then); `gpu-lost`.
    pub async fn step(&mut self, n: usize) -> Result<ClassModelProgress, Error> {
        if n > MAX_STEPS - self.step {
            return Err(Error::SettingOutOfRange(format!("{n} steps after {} are more than {MAX_STEPS}", self.step)));
        }
        for _ in 0..n {
            self.climb()?;
        }
        let step = self.step;
        let Target::Class(class) = self.target else {
            let score = read_back(score(&self.network, self.picture(), &self.target)?).await?[0];
            return Ok(ClassModelProgress { step, score, probability: None });
        };
        let scores = read_back(self.network.scores(self.picture())?).await?;
        Ok(ClassModelProgress { step, score: scores[class], probability: Some(posterior(&scores, class)) })
    }

    /// The class model so far: what a visitor sees and keeps, `side` x `side` pixels. The training pictures' mean is added.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub async fn pixels(&self) -> Result<Picture, Error> {
        let planes = read_back(self.picture()).await?;
        Picture::from_rgba(self.network.input.pixels_from_planes(&planes), self.side as u32, self.side as u32)
    }

    fn climb(&mut self) -> Result<(), Error> {
        let drawn = self.recipe.transformations.map(|ranges| self.painter.look(&ranges.draw(self.side, &mut self.dice)));
        let lens = drawn.as_ref().unwrap_or(&self.whole);
        let seen = self.painter.paint(self.parameters.clone(), lens);
        let gradient = score_gradient(&self.network, seen.clone(), &self.target, ReluRule::Gradient)?.gradients;
        let ascent = self.painter.pull_back(gradient, seen, lens) - self.parameters.clone().mul_scalar(2.0 * self.recipe.l2);
        self.step += 1;
        self.parameters = self.recipe.optimiser.climb(self.parameters.clone(), ascent, &mut self.moments, self.step);
        Ok(())
    }

    /// The picture straight on in 8-bit pixel values, as normalised planes.
    fn picture(&self) -> Tensor<4> {
        let input = &self.network.input;
        let mean = self.network.upload(input.mean.to_vec(), [1, 3, 1, 1]);
        let planes = self.painter.paint(self.parameters.clone(), &self.whole);
        let values = (planes + mean.clone()).mul_scalar(255.0 / input.range).clamp(0.0, 255.0).round();
        values.mul_scalar(input.range / 255.0) - mean
    }
}

/// `exp S_c / sum over k of exp S_k`.
fn posterior(scores: &[f32], class: usize) -> f32 {
    let sum: f32 = scores.iter().map(|score| (score - scores[class]).exp()).sum();
    1.0 / sum
}
