//! Named combinations of objective, parametrisation, transformations, regularisers and optimiser.
//!
//! What was tried for `robust` and `sharp`, with figures, is in `docs/class-models.md`.

use super::objective::Objective;
use super::optimiser::Optimiser;
use super::parametrisation::Parametrisation;
use super::regularisers::Regularisers;
use super::transformations::Transformations;
use crate::error::Error;
use crate::networks::ReluRule;

/// A way to a class model.
#[derive(Debug, Clone)]
pub struct ClassModelRecipe {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Two sentences: how it works, and what to see in its pictures.
    pub reading: &'static str,
    /// Where it was published.
    pub reference: &'static str,
    /// After how many steps its picture is done.
    pub steps: usize,
    /// Rows and columns of its picture.
    pub side: usize,
    /// What it raises.
    pub objective: Objective,
    /// What is optimised.
    pub parametrisation: Parametrisation,
    /// From where each step looks at the picture, or always straight on.
    pub transformations: Option<Transformations>,
    /// How the objective's gradient comes back through the network's ReLUs.
    pub relu: ReluRule,
    /// What it holds against the picture.
    pub regularisers: Regularisers,
    /// How it climbs.
    pub optimiser: Optimiser,
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

const PAPER: ClassModelRecipe = ClassModelRecipe {
    id: "paper",
    title: "As in the paper",
    reading: "Plain ascent of the class's score from the mean picture, with a penalty on the picture's length. The specks are \
              what the network reads and people do not: the score rises all the same.",
    reference: "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 2 (arXiv 1312.6034)",
    steps: 200,
    side: 227,
    objective: Objective::Score,
    parametrisation: Parametrisation::Pixels { noise: 0.0 },
    transformations: None,
    relu: ReluRule::Gradient,
    regularisers: Regularisers {
        l2: 1e-4,
        ..Regularisers::NONE
    },
    optimiser: Optimiser::Ascent {
        learning_rate: 1000.0,
    },
};

const POSTERIOR: ClassModelRecipe = ClassModelRecipe {
    id: "posterior",
    title: "The posterior instead (counter-example)",
    reading: "The paper's recipe, but climbing the class's probability in place of its score: that rises as well by pushing all other \
              classes down. The authors tried it and kept the score, whose pictures are more the class's own.",
    objective: Objective::LogPosterior,
    ..PAPER
};

const JITTER_BLUR: ClassModelRecipe = ClassModelRecipe {
    id: "jitter_blur",
    title: "Jitter and blur",
    reading: "From noise, each step moved by a few pixels, with a slight blur every ten steps. Parts of the class stand out of the \
              grey; colours stay those of the noise.",
    reference: "Stanford CS231n, assignment 3, Network Visualization: class visualization",
    steps: 200,
    side: 227,
    objective: Objective::Score,
    // Pixel values there are divided by the training pictures' deviation, which is about 58 on
    // average.
    parametrisation: Parametrisation::Pixels { noise: 58.0 },
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

/// Crops in which hardly anything stays where it was.
const STRONG: Transformations = Transformations {
    resolution: 227,
    jitter: 0.1,
    scale: [0.7, 1.3],
    stretch: 0.2,
    mirror: true,
    ..Transformations::NONE
};

const ROBUST: ClassModelRecipe = ClassModelRecipe {
    id: "robust",
    title: "Robust",
    reading: "Waves in place of pixels, in colours that vary as in photos, looked at from a new place at every step; and the class's own \
              features have to come without others. What holds from everywhere takes the shapes that people know the class by, in \
              surroundings that go with it.",
    reference: "Olah, Mordvintsev & Schubert 2017, Feature Visualization (distill.pub/2017/feature-visualization) and tensorflow/lucid, whose \
                objective `direction` it climbs; the way back: Mahendran & Vedaldi 2016, Visualizing Deep Convolutional Neural Networks Using \
                Natural Pre-Images (arXiv 1512.02017), and through pools Zeiler & Fergus 2013, Stochastic Pooling (arXiv 1301.3557)",
    steps: 200,
    side: 227,
    objective: Objective::Alignment { power: 5.0 },
    parametrisation: Parametrisation::Cosines {
        max_frequency: 0.4,
        falloff: 1.0,
        noise: 0.01,
        contrast: 0.25,
    },
    transformations: Some(STRONG),
    relu: ReluRule::Leaky(0.1),
    regularisers: Regularisers::NONE,
    optimiser: Optimiser::Adam {
        learning_rate: 0.025,
        decay: 0.0,
    },
};

const SHARP: ClassModelRecipe = ClassModelRecipe {
    id: "sharp",
    title: "Sharp",
    reading: "Robust for twice as long, seen from further away, with waves that are held back: fewer and larger shapes, in finer detail.",
    reference: "As Robust; what holds the waves back: Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization (arXiv 1711.05101)",
    steps: 400,
    // Shown at 1.6 times the contrast that the network sees.
    parametrisation: Parametrisation::Cosines {
        max_frequency: 0.4,
        falloff: 1.0,
        noise: 0.01,
        contrast: 0.4,
    },
    transformations: Some(Transformations {
        scale: [0.5, 1.3],
        contrast: [0.625, 0.625],
        ..STRONG
    }),
    optimiser: Optimiser::Adam {
        learning_rate: 0.025,
        decay: 0.5,
    },
    ..ROBUST
};
