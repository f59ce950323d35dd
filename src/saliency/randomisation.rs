//! Randomises a network's weights layer by layer and compares the maps: a map that depends on what
//! the network has learnt must change.
//!
//! Adebayo et al. 2018, *Sanity Checks for Saliency Maps* (arXiv 1810.03292), cascading
//! randomisation. Two properties of a map can change independently of each other: the *signs*,
//! which say whether a pixel raises or lowers the score, and the *magnitudes*, which say by how
//! much. So each has its own rank correlation with the trained network's map. A map of zeros has
//! none.
//!
//! Ranges over the likeliest classes of six of the page's samples, with one crop and one seed:
//!
//! | method | signs, classifier random | magnitudes | signs, all layers random | magnitudes |
//! |---|---|---|---|---|
//! | `gradient` | -0.20 to 0.12 | 0.49 to 0.69 | -0.01 to 0.01 | 0.30 to 0.36 |
//! | `gradient_times_input` | -0.25 to 0.10 | 0.55 to 0.80 | -0.01 to 0.00 | 0.36 to 0.54 |
//! | `deconvnet` | 1.00 | 0.99 to 1.00 | 0.28 to 0.41 | 0.52 to 0.57 |
//! | `guided_backprop` | 1.00 | 0.98 to 1.00 | 0.42 to 0.55 | 0.56 to 0.63 |
//! | `grad_cam` | -0.39 to 0.49 | -0.17 to 0.56 | -0.59 to 0.53 | -0.38 to 0.53, or none |
//!
//! The gradient's signs lose all correlation with the first random layer. Its magnitudes keep a
//! correlation of a third when every layer is random.

use std::rc::Rc;

use super::{Saliency, SaliencyMap, SaliencySettings, rank_correlation, saliency_map};
use crate::error::Error;
use crate::graph::NodeId;
use crate::image_input::Picture;
use crate::networks::Network;
use crate::progress::Progress;
use crate::rng::Rng;

/// A cascading randomisation, from the classifier down to the first convolution. Each
/// [`step`](SanityCheck::step) randomises one layer; to stop, drop the value.
pub struct SanityCheck {
    /// The network, some layers of which are already random.
    network: Network,
    photo: Rc<Picture>,
    settings: SaliencySettings,
    batch: usize,
    /// The trained network's map.
    original: Saliency,
    /// The layers that still have their trained weights, the next one to randomise last.
    left: Vec<NodeId>,
    rng: Rng,
}

/// The map after one more layer has been randomised.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomisedMap {
    /// The name of the layer that this step randomised.
    pub layer: String,
    /// The number of layers that still have their trained weights.
    pub left: usize,
    /// Signs: Spearman's rank correlation, -1..=1, of the *signed* values with the trained
    /// network's, cell by cell; `None` if all values are equal. A map is usually drawn without
    /// signs, and this number says nothing about that drawing.
    pub correlation: Option<f64>,
    /// Magnitudes: the same correlation of the values in [`map`](Self::map), which are what a
    /// saliency map shows. It is above 0 even for unrelated gradients, which share the photo, the
    /// raster of the network's strides, and the edge of the picture.
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

    /// The number of layers that still have their trained weights.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// Randomises the next layer, the classifier first, and computes the map again; `None` if all
    /// layers are random.
    ///
    /// # Errors
    /// As [`saliency_map`]. The layer is then random, too.
    pub async fn step(&mut self, progress: &dyn Progress) -> Result<Option<RandomisedMap>, Error> {
        let Some(layer) = self.left.pop() else {
            return Ok(None);
        };
        self.network.randomise(layer, &mut self.rng);
        let Saliency { map, signed, .. } = saliency_map(
            &self.network,
            &self.photo,
            &self.settings,
            self.batch,
            progress,
        )
        .await?;
        Ok(Some(RandomisedMap {
            layer: self.network.layer_name(layer).to_owned(),
            left: self.left.len(),
            correlation: rank_correlation(&signed, &self.original.signed),
            magnitude_correlation: rank_correlation(&map.values, &self.original.map.values),
            map,
            signed,
        }))
    }
}
