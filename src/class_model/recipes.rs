//! Named combinations of parametrisation, transformations, regulariser and optimiser.

use super::optimiser::Optimiser;
use super::parametrisation::Parametrisation;
use super::transformations::Transformations;
use crate::error::Error;

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
    /// What is optimised.
    pub parametrisation: Parametrisation,
    /// From where each step looks at the picture, or always straight on.
    pub transformations: Option<Transformations>,
    /// lambda of the penalty `lambda * ||parameters||^2`.
    pub l2: f32,
    /// How it climbs.
    pub optimiser: Optimiser,
}

/// Every recipe, the paper's first.
pub const CLASS_MODEL_RECIPES: &[ClassModelRecipe] = &[PAPER, ROBUST];

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
    reading: "",
    reference: "Simonyan, Vedaldi & Zisserman 2013, Deep Inside Convolutional Networks, section 2 (arXiv 1312.6034)",
    steps: 200,
    side: 227,
    parametrisation: Parametrisation::Pixels,
    transformations: None,
    l2: 1e-4,
    optimiser: Optimiser::Ascent { rate: 1000.0 },
};

const ROBUST: ClassModelRecipe = ClassModelRecipe {
    id: "robust",
    title: "Robust",
    reading: "",
    reference: "Olah, Mordvintsev & Schubert 2017, Feature Visualization (distill.pub/2017/feature-visualization)",
    steps: 200,
    side: 227,
    parametrisation: Parametrisation::Cosines { finest: 0.5, falloff: 1.0, noise: 0.01, contrast: 0.25 },
    transformations: Some(Transformations { jitter: 0.05, scale: [0.9, 1.1], stretch: 0.1, mirror: true }),
    l2: 0.0,
    optimiser: Optimiser::Adam { rate: 0.05 },
};
