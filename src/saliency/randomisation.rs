//! Adebayo et al. 2018, *Sanity Checks for Saliency Maps* (arXiv 1810.03292): a map that tells of
//! what the network has learnt must change when that is destroyed.
//!
//! Two things can change, and they need not change together: the *signs*, which say whether a pixel
//! speaks for the class or against it, and the *places*, which say how much it speaks at all. So
//! there are two rank correlations, and neither stands for the other.
//!
//! Measured on the likeliest class of six of the page's samples, with one view and one draw of
//! weights:
//!
//! | method | signs, after the first layer | places | signs, all layers random | places |
//! |---|---|---|---|---|
//! | `gradient` | -0.20 to 0.12 | 0.49 to 0.69 | -0.01 to 0.01 | 0.30 to 0.36 |
//! | `gradient_times_input` | -0.25 to 0.10 | 0.55 to 0.80 | -0.01 to 0.00 | 0.36 to 0.54 |
//! | `deconvnet` | 1.00 | 0.99 to 1.00 | 0.28 to 0.41 | 0.52 to 0.57 |
//! | `guided_backprop` | 1.00 | 0.98 to 1.00 | 0.42 to 0.55 | 0.56 to 0.63 |
//! | `grad_cam` | -0.39 to 0.49 | -0.17 to 0.56 | -0.59 to 0.53 | -0.38 to 0.53, or a map without any value |
//!
//! So of the gradient's signs nothing is left after one layer, and of its places a third of the
//! correlation when nothing is left that was learnt.

use std::rc::Rc;

use super::{Saliency, SaliencyMap, SaliencySettings, rank_correlation, saliency_map};
use crate::error::Error;
use crate::image_input::Picture;
use crate::networks::{LayerRef, Network};
use crate::progress::Progress;
use crate::rng::Rng;

/// The cascading randomisation of a network, from its head down to its first convolution, as it
/// goes on. Stopping is dropping.
pub struct SanityCheck {
    /// With the layers so far randomised.
    network: Network,
    photo: Rc<Picture>,
    settings: SaliencySettings,
    batch: usize,
    /// The trained network's map.
    original: Saliency,
    /// The layers that are still as trained, the next one last.
    left: Vec<LayerRef>,
    rng: Rng,
}

/// The map after one more layer has lost what it had learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomisedMap {
    /// That layer's name.
    pub layer: String,
    /// Layers that are still as trained.
    pub left: usize,
    /// Signs: Spearman's rank correlation, -1..=1, cell by cell, of the *signed* values with the
    /// trained network's; `None` where nothing is left of the map and all values are the same. It
    /// says nothing of the map as it is usually drawn, which has no signs.
    pub correlation: Option<f64>,
    /// Places: the same for the *magnitudes*, which are what [`map`](Self::map) holds and what a
    /// saliency map shows. Even unrelated gradients have something in common here: the photo, the
    /// raster that a network's strides leave, and the edge of the picture.
    pub magnitude_correlation: Option<f64>,
    /// The magnitudes.
    pub map: SaliencyMap,
    /// The signed values on the same grid.
    pub signed: Vec<f32>,
}

impl SanityCheck {
    /// Computes the map of the trained network; nothing is randomised yet. The random weights are
    /// drawn from `seed`.
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
        Ok(Self {
            network,
            photo,
            settings,
            batch,
            original,
            left,
            rng: Rng::new(seed),
        })
    }

    /// The trained network's magnitudes and signed values.
    pub fn original(&self) -> &Saliency {
        &self.original
    }

    /// How many layers are still as trained.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// Randomises the next layer, the head first, and computes the map again; `None` when none is
    /// left.
    ///
    /// # Errors
    /// As [`saliency_map`]. The layer is randomised all the same.
    pub async fn step(&mut self, progress: &dyn Progress) -> Result<Option<RandomisedMap>, Error> {
        let Some(place) = self.left.pop() else {
            return Ok(None);
        };
        self.network.randomise(place, &mut self.rng);
        let Saliency { map, signed, .. } = saliency_map(
            &self.network,
            &self.photo,
            &self.settings,
            self.batch,
            progress,
        )
        .await?;
        Ok(Some(RandomisedMap {
            layer: self.network.layer_name(place).to_owned(),
            left: self.left.len(),
            correlation: rank_correlation(&signed, &self.original.signed),
            magnitude_correlation: rank_correlation(&map.values, &self.original.map.values),
            map,
            signed,
        }))
    }
}
