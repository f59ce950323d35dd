//! Named combinations of objective, parametrisation, transformations, regularisers and optimiser.
//!
//! `docs/class-models.md` has the measurements from which `robust` and `sharp` were chosen.

use burn::tensor::Device;

use super::fourier::{Fourier, FourierSettings};
use super::objective::Objective;
use super::optimiser::Optimiser;
use super::parametrisation::Parametrisation;
use super::pixels::Pixels;
use super::regularisers::Regularisers;
use super::takes_side;
use super::transformations::Transformations;
use crate::error::Error;
use crate::graph::ReluRule;
use crate::networks::Network;
use crate::preprocess::InputSpec;

/// Everything that determines a class model but its target, seed and side.
#[derive(Debug, Clone)]
pub struct ClassModelRecipe {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// How the recipe works and what its images show.
    pub reading: &'static str,
    /// Where it was published.
    pub reference: &'static str,
    /// Default number of steps.
    pub steps: usize,
    /// Rows and columns for a network whose own input is not square.
    pub side: usize,
    /// What is maximised.
    pub objective: Objective,
    /// What is optimised.
    pub parametrisation: ParametrisationSettings,
    /// Standard deviation of the initial parameters; 0: they are all 0.
    pub initial_deviation: f32,
    /// The random transformation of each step; `None`: always the identity.
    pub transformations: Option<Transformations>,
    /// The backward rule of the network's ReLUs.
    pub relu: ReluRule,
    /// Penalties and constraints.
    pub regularisers: Regularisers,
    /// How a gradient becomes a step.
    pub optimiser: Optimiser,
}

impl ClassModelRecipe {
    /// Rows and columns of a class model of `network`: those of its input, or the recipe's if this
    /// is not square.
    ///
    /// # Errors
    /// `network-unsupported` for a network that takes no square pictures.
    pub fn side_for(&self, network: &Network) -> Result<usize, Error> {
        let InputSpec { rows, columns, .. } = network.input;
        if rows == columns {
            return Ok(rows);
        }
        if takes_side(network, self.side) {
            return Ok(self.side);
        }
        Err(Error::NetworkUnsupported(format!(
            "class models are square, and it takes pictures of {rows} x {columns} only"
        )))
    }

    /// In what the recipe differs from its description in `network`; `None` if in nothing.
    pub fn limitation_for(&self, network: &Network) -> Option<&'static str> {
        (self.objective != Objective::Score && network.head.is_none()).then_some(
            "the score itself is maximised: the recipe's objective compares the features with the              weights of a last linear layer, and the network does not end in one",
        )
    }
}

/// A recipe's parametrisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParametrisationSettings {
    /// [`Pixels`].
    Pixels,
    /// [`Fourier`].
    Fourier(FourierSettings),
}

impl ParametrisationSettings {
    /// The parametrisation of images of `side` x `side` pixels for a network with this `input`, in
    /// [pixel values](InputSpec::in_pixel_values).
    pub fn build(
        self,
        side: usize,
        input: &InputSpec,
        device: &Device,
    ) -> Box<dyn Parametrisation> {
        match self {
            Self::Pixels => Box::new(Pixels::new(side, input, device)),
            Self::Fourier(settings) => Box::new(Fourier::new(settings, side, input, device)),
        }
    }
}

/// Every recipe, the paper's first.
pub const CLASS_MODEL_RECIPES: &[ClassModelRecipe] =
    &[PAPER, POSTERIOR, JITTER_BLUR, ROBUST, SHARP];

/// The recipe `id`.
///
/// # Errors
/// `setting-out-of-range` when there is no such recipe.
pub fn class_model_recipe(id: &str) -> Result<&'static ClassModelRecipe, Error> {
    CLASS_MODEL_RECIPES
        .iter()
        .find(|recipe| recipe.id == id)
        .ok_or_else(|| Error::SettingOutOfRange(format!("there is no class model recipe \"{id}\"")))
}

/// The paper's method.
pub const PAPER: ClassModelRecipe = ClassModelRecipe {
    id: "paper",
    title: "As in the paper",
    reading: "Gradient ascent of the class score from the mean image, with an L2 penalty. The network reads \
              the specks as the class; people do not, although the score rises.",
    reference: "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 2 (arXiv 1312.6034)",
    steps: 200,
    side: 227,
    objective: Objective::Score,
    parametrisation: ParametrisationSettings::Pixels,
    initial_deviation: 0.0,
    transformations: None,
    relu: ReluRule::Gradient,
    regularisers: Regularisers {
        l2: 1e-4,
        // Steps of 0.03 pixel values. SqueezeNet's are larger, but at the mean image some networks'
        // gradients are a thousandth of them, and the penalty would hold the image there.
        least_gradient: 3e-5,
        ..Regularisers::NONE
    },
    optimiser: Optimiser::Ascent {
        learning_rate: 1000.0,
    },
};

const POSTERIOR: ClassModelRecipe = ClassModelRecipe {
    id: "posterior",
    title: "The posterior instead (counter-example)",
    reading: "The paper's recipe, maximising the class's probability instead of its score. The probability \
              also rises when the scores of other classes fall, so the image need not show the class; \
              the authors tried it and kept the score.",
    objective: Objective::LogPosterior,
    ..PAPER
};

const JITTER_BLUR: ClassModelRecipe = ClassModelRecipe {
    id: "jitter_blur",
    title: "Jitter and blur",
    reading: "Gradient ascent from noise. Each step shifts the image by a few pixels, and every tenth \
              blurs it slightly. Parts of the class stand out against grey; the colours remain those \
              of the noise.",
    reference: "Stanford CS231n, assignment 3, Network Visualization: class visualization",
    steps: 200,
    side: 227,
    objective: Objective::Score,
    parametrisation: ParametrisationSettings::Pixels,
    // The reference divides pixel values by the training images' standard deviation, about 58.
    initial_deviation: 58.0,
    transformations: Some(Transformations {
        jitter: 16.0 / 224.0,
        ..Transformations::NONE
    }),
    relu: ReluRule::Gradient,
    regularisers: Regularisers {
        l2: 1e-3 / (58.0 * 58.0),
        blur_every: 10,
        blur: 0.5,
        clip: true,
        normalise: true,
        ..Regularisers::NONE
    },
    optimiser: Optimiser::Ascent {
        learning_rate: 25.0 * 58.0,
    },
};

/// Large shifts, magnifications and changes of the aspect ratio.
const STRONG: Transformations = Transformations {
    resolution: 227,
    jitter: 0.1,
    scale: [0.7, 1.3],
    aspect_jitter: 0.2,
    mirror: true,
    ..Transformations::NONE
};

/// The default recipe.
pub const ROBUST: ClassModelRecipe = ClassModelRecipe {
    id: "robust",
    title: "Robust",
    reading: "Built from smooth waves in photo-like colours. Each step shows the network a different crop \
              and zoom, and rewards only features typical of this class. What survives every view is \
              a shape people recognise.",
    reference: "Olah, Mordvintsev & Schubert 2017, Feature Visualization \
                (distill.pub/2017/feature-visualization) and tensorflow/lucid (objective \"direction\"). \
                Backward pass: Mahendran & Vedaldi 2016, Visualizing Deep Convolutional Neural Networks \
                Using Natural Pre-Images (arXiv 1512.02017); through max-pooling: Zeiler & Fergus 2013, \
                Stochastic Pooling (arXiv 1301.3557)",
    steps: 200,
    side: 227,
    objective: Objective::Alignment { power: 5.0 },
    parametrisation: ParametrisationSettings::Fourier(FourierSettings {
        max_frequency: 0.4,
        decay_power: 1.0,
        gain: 0.25,
    }),
    initial_deviation: 0.01,
    transformations: Some(STRONG),
    relu: ReluRule::Leaky(0.1),
    regularisers: Regularisers::NONE,
    optimiser: Optimiser::Adam {
        learning_rate: 0.025,
        weight_decay: 0.0,
    },
};

/// [`ROBUST`] with twice the steps, wider zoom-out and weight decay.
pub const SHARP: ClassModelRecipe = ClassModelRecipe {
    id: "sharp",
    title: "Sharp",
    reading: "Like Robust, with twice the steps, wider zoom-out, and weight decay: fewer, larger, finer shapes.",
    reference: "As Robust; weight decay: Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization \
                (arXiv 1711.05101)",
    steps: 400,
    // The transformations' gain undoes 0.4 / 0.25: the image has 1.6 times the contrast that the
    // network sees.
    parametrisation: ParametrisationSettings::Fourier(FourierSettings {
        max_frequency: 0.4,
        decay_power: 1.0,
        gain: 0.4,
    }),
    transformations: Some(Transformations {
        scale: [0.5, 1.3],
        gain: [0.625, 0.625],
        ..STRONG
    }),
    optimiser: Optimiser::Adam {
        learning_rate: 0.025,
        weight_decay: 0.5,
    },
    ..ROBUST
};
