//! Adebayo et al. 2018, *Sanity Checks for Saliency Maps* (arXiv 1810.03292): a map that tells of what the network has learnt must
//! change when that is destroyed.

use std::rc::Rc;

use super::{Saliency, SaliencyMap, SaliencySettings, rank_correlation, saliency_map};
use crate::dice::Dice;
use crate::error::Error;
use crate::image_input::Picture;
use crate::networks::{Network, Place};
use crate::progress::Progress;

/// The cascading randomisation of a network, from its head down to its first convolution, as it goes on. Stopping is dropping.
pub struct SanityCheck {
    /// With the layers so far randomised.
    network: Network,
    photo: Rc<Picture>,
    settings: SaliencySettings,
    batch: usize,
    /// The trained network's map.
    original: Saliency,
    /// The layers that are still as trained, the next one last.
    left: Vec<Place>,
    dice: Dice,
}

/// The map after one more layer has lost what it had learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Randomised {
    /// That layer's name.
    pub layer: String,
    /// Layers that are still as trained.
    pub left: usize,
    /// Spearman's correlation, cell by cell, of the signed values with the trained network's; `None` where
    /// nothing is left of the map and all values are the same.
    pub correlation: Option<f64>,
    /// The same for the magnitudes. Here even unrelated gradients of a network with strides have something in common: the raster that the
    /// strides leave, and the edge of the picture.
    pub magnitude_correlation: Option<f64>,
    /// The map.
    pub map: SaliencyMap,
}

impl SanityCheck {
    /// Computes the map of the trained network; nothing is randomised yet. The random weights are drawn from `seed`.
    ///
    /// # Errors
    /// As [`saliency_map`].
    pub async fn new(
        network: &Network,
        photo: Rc<Picture>,
        settings: SaliencySettings,
        batch: usize,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let original = saliency_map(network, &photo, &settings, batch, progress).await?;
        let (network, left) = (network.clone(), network.weighted_layers());
        Ok(Self { network, photo, settings, batch, original, left, dice: Dice::new(seed) })
    }

    /// The map of the trained network.
    pub fn original(&self) -> &SaliencyMap {
        &self.original.map
    }

    /// How many layers are still as trained.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// Randomises the next layer, the head first, and computes the map again; `None` when none is left.
    ///
    /// # Errors
    /// As [`saliency_map`]. The layer is randomised all the same.
    pub async fn step(&mut self, progress: &dyn Progress) -> Result<Option<Randomised>, Error> {
        let Some(place) = self.left.pop() else { return Ok(None) };
        self.network.randomise(place, &mut self.dice);
        let Saliency { map, signed, .. } = saliency_map(&self.network, &self.photo, &self.settings, self.batch, progress).await?;
        Ok(Some(Randomised {
            layer: self.network.name(place).to_owned(),
            left: self.left.len(),
            correlation: rank_correlation(&signed, &self.original.signed),
            magnitude_correlation: rank_correlation(&map.values, &self.original.map.values),
            map,
        }))
    }
}
