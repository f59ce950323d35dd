//! What a saliency method consists of: descriptions and three functions.

use std::ops::Range;

use burn::tensor::Tensor;

use super::SaliencySettings;
use crate::error::Error;
use crate::gradient::gradient;
use crate::graph::ReluRule;
use crate::networks::Network;

/// A saliency method.
pub struct SaliencyMethod {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// How a pixel's value is computed.
    pub formula: &'static str,
    /// Two sentences: what a map shows, and what must not be concluded from it.
    pub reading: &'static str,
    /// Where it was published.
    pub reference: &'static str,
    /// Backward passes per crop.
    pub passes: fn(&SaliencySettings) -> usize,
    /// The signed attribution contributed by this range of passes, `[crops, channels, rows,
    /// columns]`; the caller adds the ranges up. Several crops are passed together only to methods
    /// that need one pass.
    pub attribute: fn(&AttributionInput, Range<usize>) -> Result<Tensor<4>, Error>,
    /// Computes the map's values, `[crops, 1, rows, columns]`, each >= 0, from the summed
    /// attribution.
    pub magnitude: fn(Tensor<4>) -> Tensor<4>,
    /// Whether the attribution's sum should equal the score's rise above the mean picture; the
    /// relative difference is then reported.
    pub complete: bool,
    /// Whether it is defined by what ReLUs do with the signal.
    pub needs_relus: bool,
}

impl SaliencyMethod {
    /// Why the method is not defined for a network; `None` if it is.
    pub fn undefined_for(&self, network: &Network) -> Option<&'static str> {
        (self.needs_relus && !network.has_relus()).then_some(
            "the method is defined by what ReLUs propagate, and the network has none: with its \
             activations it would be the gradient",
        )
    }
}

impl std::fmt::Debug for SaliencyMethod {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id)
    }
}

/// What a method computes an attribution from.
pub struct AttributionInput<'a> {
    /// The differentiated network.
    pub network: &'a Network,
    /// The target, and the method's settings.
    pub settings: &'a SaliencySettings,
    /// The crops as the network reads them, normalised: `[crops, channels, rows, columns]`.
    pub pictures: Tensor<4>,
}

impl AttributionInput<'_> {
    /// The target's signal at `pictures`, per unit of the network's normalised input: the gradient
    /// of its value with [`ReluRule::Gradient`], the result of that backward pass with another
    /// rule.
    pub(super) fn signal(&self, pictures: Tensor<4>, rule: ReluRule) -> Result<Tensor<4>, Error> {
        gradient(self.network, pictures, &self.settings.target, rule)
    }

    /// The signal at the crops themselves, per unit of a 0..255 pixel value.
    pub(super) fn signal_per_pixel_value(&self, rule: ReluRule) -> Result<Tensor<4>, Error> {
        let signal = self.signal(self.pictures.clone(), rule)?;
        Ok(signal * self.per_channel(self.network.input.per_pixel_value()))
    }

    /// A value for each channel of the input: `[1, channels, 1, 1]`.
    pub(super) fn per_channel(&self, values: Vec<f32>) -> Tensor<4> {
        let channels = values.len();
        self.network.upload(values, [1, channels, 1, 1])
    }
}

/// The paper's `M_ij = max over channels |w_ijc|`.
pub(super) fn largest_over_channels(attribution: Tensor<4>) -> Tensor<4> {
    attribution.abs().max_dim(1)
}
