//! Class models: images that a network scores highly for a class, or for a neuron (section 2 of the
//! paper).
//!
//! `I* = arg max over I of S_c(I) - lambda * ||I||^2`, by gradient ascent with the weights fixed.
//!
//! ```text
//! parameters -> parametrisation, on the transformations' grid -> network input -> objective
//! parameters <- optimiser <- regularisers <- parametrisation's VJP <- gradient
//! ```
//!
//! A recipe names one of each; [`CLASS_MODEL_RECIPES`] has them all.
//!
//! ```
//! use std::rc::Rc;
//!
//! use burn::tensor::Device;
//! use deep_inside::class_model::{ClassModelRun, ClassModelSettings};
//! use deep_inside::gradient::Target;
//! use deep_inside::networks::Network;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
//! let network = Rc::new(Network::load("squeezenet1_1", &weights, &Device::flex())?);
//! let settings = ClassModelSettings {
//!     side: Some(64),
//!     ..ClassModelSettings::new(Target::Class(130)) // flamingo
//! };
//! let mut run = ClassModelRun::new(network, &settings)?;
//! let start = pollster::block_on(run.step(0))?;
//! let end = pollster::block_on(run.step(4))?;
//! assert!(end.score > start.score);
//! let picture = pollster::block_on(run.pixels())?;
//! assert_eq!([picture.width(), picture.height()], [64, 64]);
//! # Ok(())
//! # }
//! ```

mod fourier;
mod objective;
mod optimiser;
mod parametrisation;
mod pixels;
mod recipes;
mod regularisers;
mod sampling;
mod transformations;

use std::rc::Rc;

use burn::tensor::Tensor;

use crate::device::read_back;
use crate::error::Error;
use crate::gradient::{Target, score};
use crate::graph::Shape;
use crate::image_input::Picture;
use crate::imaging::{Filter, resize};
use crate::networks::{Network, softmax};
use crate::preprocess::InputSpec;
use crate::rng::Rng;
pub use fourier::{Fourier, FourierSettings};
pub use objective::Objective;
pub use optimiser::{Optimiser, OptimiserState};
pub use parametrisation::Parametrisation;
pub use pixels::Pixels;
pub use recipes::{
    CLASS_MODEL_RECIPES, ClassModelRecipe, PAPER, ParametrisationSettings, ROBUST, SHARP,
    class_model_recipe,
};
pub use regularisers::Regularisers;
pub use sampling::{SamplingOperator, ShearedOperator};
pub use transformations::{SamplingGrid, Shear, Transformations};

/// The largest number of steps of a run.
pub const MAX_STEPS: usize = 2000;

/// The sides that a class model may have.
pub const SIDES: std::ops::RangeInclusive<usize> = 64..=512;

/// The settings of a class model.
#[derive(Debug, Clone)]
pub struct ClassModelSettings {
    /// The class, or the neuron, that is maximised.
    pub target: Target,
    /// One of [`CLASS_MODEL_RECIPES`], or the caller's own.
    pub recipe: ClassModelRecipe,
    /// Seed of all random numbers: on the same device, the same seed gives the same bytes.
    pub seed: u64,
    /// Rows and columns; `None`: those of [`ClassModelRecipe::side_for`].
    pub side: Option<usize>,
    /// The initial image.
    pub initialisation: Initialisation,
}

impl ClassModelSettings {
    /// The default recipe's class model of `target`.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            recipe: ROBUST,
            seed: 0,
            side: None,
            initialisation: Initialisation::Recipe,
        }
    }
}

/// The image before the first step.
#[derive(Debug, Clone)]
pub enum Initialisation {
    /// Normal parameters with the recipe's deviation, or 0.
    Recipe,
    /// Parameters that are all 0: the mean image (pixels), or mid-grey (Fourier).
    Zero,
    /// Normal parameters with the recipe's deviation; where that is 0, with a tenth of the range of
    /// pixel values.
    Noise,
    /// This picture, resized to the run's side without keeping its aspect ratio.
    Picture(Rc<Picture>),
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassModelProgress {
    /// Steps taken.
    pub step: usize,
    /// The unnormalised class score S_c, or the neuron's value, of the picture that
    /// [`pixels`](ClassModelRun::pixels) gives: 8-bit and untransformed.
    pub score: f32,
    /// The posterior P_c of that picture; `None` for a neuron.
    pub probability: Option<f32>,
}

/// A class model in progress. To pause, stop calling [`step`](ClassModelRun::step); to cancel, drop
/// the value.
pub struct ClassModelRun {
    network: Rc<Network>,
    /// The network's input in values of 0 to 255: what is optimised, for any network alike.
    input: InputSpec,
    /// The factor of each channel from these to the network's own values, `[1, channels, 1, 1]`;
    /// `None`: they are the same.
    per_pixel_value: Option<Tensor<4>>,
    target: Target,
    recipe: ClassModelRecipe,
    side: usize,
    parametrisation: Box<dyn Parametrisation>,
    /// The operator of the identity grid.
    identity: SamplingOperator,
    rng: Rng,
    parameters: Tensor<4>,
    optimiser_state: Option<OptimiserState>,
    step: usize,
}

impl ClassModelRun {
    /// A run before its first step.
    ///
    /// # Errors
    /// `class-out-of-range`; `setting-out-of-range` for a side that is neither in [`SIDES`] nor the
    /// network's own, and for a neuron that does not exist at that side; `network-unsupported` for
    /// a network that takes no square pictures.
    pub fn new(network: Rc<Network>, settings: &ClassModelSettings) -> Result<Self, Error> {
        let mut recipe = settings.recipe.clone();
        let side = match settings.side {
            Some(side) => side,
            None => recipe.side_for(&network)?,
        };
        if !SIDES.contains(&side) && side != network.input.rows {
            return Err(Error::SettingOutOfRange(format!(
                "side {side} is not in {} to {}",
                SIDES.start(),
                SIDES.end()
            )));
        }
        // A bad target fails here, not at the first step.
        settings.target.probe(&network, [side; 2])?;
        if let Some(transformations) = &mut recipe.transformations {
            let has_position = matches!(
                settings.target,
                Target::Neuron {
                    position: Some(_),
                    ..
                }
            );
            // On a smaller grid the position would mean another part of the image, or be outside.
            if has_position || !takes_side(&network, transformations.resolution.min(side)) {
                transformations.resolution = side;
            }
        }
        let input = network.input.in_pixel_values();
        let factors = network.input.per_pixel_value();
        let per_pixel_value = factors.iter().any(|&factor| factor != 1.0).then(|| {
            let channels = factors.len();
            network.upload(factors, [1, channels, 1, 1])
        });
        let parametrisation = recipe.parametrisation.build(side, &input, &network.device);
        let mut rng = Rng::new(settings.seed);
        let deviation = recipe.initial_deviation;
        let parameters = match &settings.initialisation {
            Initialisation::Recipe if deviation == 0.0 => parametrisation.zero(),
            Initialisation::Noise if deviation == 0.0 => {
                parametrisation.normal(input.range / 10.0, &mut rng)
            }
            Initialisation::Recipe | Initialisation::Noise => {
                parametrisation.normal(deviation, &mut rng)
            }
            Initialisation::Zero => parametrisation.zero(),
            Initialisation::Picture(picture) => {
                let pixels = resize(picture, side as u32, side as u32, Filter::Bilinear)?;
                let planes = input.planes_from_pixels(&pixels.rgba());
                let channels = input.channels.planes();
                parametrisation.encode(network.upload(planes, [1, channels, side, side]))
            }
        };
        Ok(Self {
            target: settings.target.clone(),
            recipe,
            side,
            identity: parametrisation.sampling_operator(&SamplingGrid::identity(side)),
            parameters,
            parametrisation,
            rng,
            optimiser_state: None,
            step: 0,
            input,
            per_pixel_value,
            network,
        })
    }

    /// Takes `n` more steps and scores the result: `n` forward and backward passes and one forward
    /// pass.
    ///
    /// The work is done, or queued on the GPU, when this returns; the future awaits the score. So
    /// more steps and [`pixels`](ClassModelRun::pixels) may be requested before it resolves.
    ///
    /// # Errors
    /// `setting-out-of-range` when the run would exceed [`MAX_STEPS`] (no step is taken then);
    /// `gpu-lost`.
    pub fn step(
        &mut self,
        n: usize,
    ) -> impl Future<Output = Result<ClassModelProgress, Error>> + use<> {
        let values = self.take_steps(n);
        let (step, target) = (self.step, self.target.clone());
        async move {
            let values = read_back(values?).await?;
            Ok(match target {
                Target::Class(class) => ClassModelProgress {
                    step,
                    score: values[class],
                    probability: Some(softmax(&values)[class]),
                },
                Target::Difference { .. } | Target::Neuron { .. } => ClassModelProgress {
                    step,
                    score: values[0],
                    probability: None,
                },
            })
        }
    }

    /// The class model so far, `side` x `side` pixels, with the training images' mean added.
    ///
    /// # Errors
    /// `gpu-lost`.
    pub fn pixels(&self) -> impl Future<Output = Result<Picture, Error>> + use<> {
        let (image, input, side) = (self.rounded_image(), self.input.clone(), self.side as u32);
        async move {
            let planes = read_back(image).await?;
            Picture::from_rgba(input.pixels_from_planes(&planes), side, side)
        }
    }

    /// Takes `n` steps. All class scores, or the difference or the neuron's value, still on the
    /// device.
    fn take_steps(&mut self, n: usize) -> Result<Tensor<1>, Error> {
        if n > MAX_STEPS - self.step {
            return Err(Error::SettingOutOfRange(format!(
                "{n} steps after {} are more than {MAX_STEPS}",
                self.step
            )));
        }
        for _ in 0..n {
            self.take_step()?;
        }
        let image = self.network_input(self.rounded_image());
        match self.target {
            Target::Class(_) => Ok(self.network.scores(image)?.flatten(0, 1)),
            Target::Difference { .. } | Target::Neuron { .. } => {
                score(&self.network, image, &self.target)
            }
        }
    }

    fn take_step(&mut self) -> Result<(), Error> {
        let ClassModelRecipe {
            objective,
            relu,
            regularisers,
            optimiser,
            transformations,
            ..
        } = self.recipe;
        let parametrisation = &*self.parametrisation;
        let transformed = transformations.map(|ranges| {
            parametrisation.sampling_operator(&ranges.draw(self.side, &mut self.rng))
        });
        let operator = transformed.as_ref().unwrap_or(&self.identity);

        let image = parametrisation.decode(self.parameters.clone(), operator);
        let input = self.network_input(image.clone());
        let gradient = objective.gradient(&self.network, input, &self.target, relu)?;
        // The factor is a diagonal matrix, which is its own adjoint.
        let gradient = regularisers.on_input(self.network_input(gradient), &image);
        let gradient = parametrisation.vjp(gradient, image, operator);
        let gradient = regularisers.on_parameters(gradient, &self.parameters);

        self.step += 1;
        let parameters = optimiser.ascend(
            self.parameters.clone(),
            gradient,
            &mut self.optimiser_state,
            self.step,
        );
        self.parameters = regularisers.after_step(parameters, parametrisation, self.step);
        Ok(())
    }

    /// An image in pixel values as the network reads it.
    fn network_input(&self, image: Tensor<4>) -> Tensor<4> {
        match &self.per_pixel_value {
            Some(factors) => image * factors.clone(),
            None => image,
        }
    }

    /// The untransformed image in 8-bit pixel values, minus the mean.
    fn rounded_image(&self) -> Tensor<4> {
        let channels = self.input.mean.len();
        let mean = self
            .network
            .upload(self.input.mean.clone(), [1, channels, 1, 1]);
        let planes = self
            .parametrisation
            .decode(self.parameters.clone(), &self.identity);
        (planes + mean.clone()).clamp(0.0, 255.0).round() - mean
    }
}

/// Whether a network takes pictures of `side` x `side`.
fn takes_side(network: &Network, side: usize) -> bool {
    let [_, channels, ..] = network.input.dims(1);
    let shape = Shape::new([channels, side, side]);
    network.graph.shapes(&shape).is_ok()
}
