//! Integrated gradients: the gradient, integrated along the line from the mean picture to the
//! photo.

use std::f64::consts::PI;
use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::settings::check_passes;
use super::{AttributionInput, SaliencyMethod, largest_over_channels};
use crate::error::Error;
use crate::graph::ReluRule;

/// The setting of [`INTEGRATED_GRADIENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegratedGradientsSettings {
    /// Nodes of the quadrature, 1 to [`MOST_PASSES`](super::MOST_PASSES).
    pub steps: usize,
}

impl Default for IntegratedGradientsSettings {
    /// 32 steps.
    fn default() -> Self {
        Self { steps: 32 }
    }
}

impl IntegratedGradientsSettings {
    /// # Errors
    /// `setting-out-of-range`, naming the setting.
    pub(super) fn check(&self) -> Result<(), Error> {
        check_passes("steps", self.steps)
    }
}

/// `a = (I - I') * integral over t from 0 to 1 of dS_c/dI (I' + t (I - I'))`, in units of the
/// score. I' is the mean picture: the normalised input 0. The attributions add up to `S_c(I) -
/// S_c(I')` ("completeness"), up to the error of the quadrature.
///
/// The quadrature is Gauss-Legendre, Captum's default. Its nodes are denser towards both ends, and
/// most ReLUs switch near the mean picture. Error of the sum with 64 steps on four pictures:
///
/// | quadrature | relative error |
/// |---|---|
/// | Gauss-Legendre | 0.0 to 0.5 % |
/// | midpoint rule | 0.9 to 3.1 % |
///
/// Sundararajan, Taly & Yan 2017 ([arXiv 1703.01365](https://arxiv.org/abs/1703.01365)).
///
/// # Example
/// ```
/// use deep_inside::device::DeviceChoice;
/// use deep_inside::gradient::Target;
/// use deep_inside::image_input::decode_file;
/// use deep_inside::preprocess::Crops;
/// use deep_inside::progress::NoProgress;
/// use deep_inside::saliency::{
///     INTEGRATED_GRADIENTS, IntegratedGradientsSettings, SaliencySettings,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { pollster::block_on(async {
/// # let weights = std::fs::read("weights/squeezenet1_1.onnx")?;
/// let mut engine = deep_inside::Engine::open(DeviceChoice::Cpu, None).await?;
/// engine.load_network("squeezenet1_1", &weights)?;
/// engine.set_picture(decode_file(&std::fs::read("www/samples/chelsea.jpg")?)?);
///
/// let egyptian_cat = Target::Class(285);
/// let settings = SaliencySettings {
///     method: &INTEGRATED_GRADIENTS,
///     crops: Crops::One,
///     integrated_gradients: IntegratedGradientsSettings { steps: 4 },
///     ..SaliencySettings::new(egyptian_cat)
/// };
/// let saliency = engine.saliency(&settings, &NoProgress).await?;
/// let error = saliency.completeness_gap.ok_or("the score does not rise")?;
/// assert!(error < 0.5, "relative error {error}");
/// # Ok(()) }) }
/// ```
pub const INTEGRATED_GRADIENTS: SaliencyMethod = SaliencyMethod {
    id: "integrated_gradients",
    title: "Integrated gradients",
    formula: "a = (I − I′) · ∫ ∂S/∂I (I′ + t (I − I′)) dt, with I′ the mean picture",
    reading: "A pixel's value is its contribution to the rise of the score from the mean picture \
              to this photo, and all contributions add up to that rise. They depend on the \
              starting point: a pixel that looks like the mean picture contributes nothing.",
    reference: "Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks (arXiv \
              1703.01365)",
    passes: |settings| settings.integrated_gradients.steps,
    attribute,
    magnitude: largest_over_channels,
    complete: true,
    needs_relus: false,
};

fn attribute(input: &AttributionInput, passes: Range<usize>) -> Result<Tensor<4>, Error> {
    let nodes = gauss_legendre(input.settings.integrated_gradients.steps);
    let column = |of: fn(&[f64; 2]) -> f64| {
        let values: Vec<f32> = nodes[passes.clone()]
            .iter()
            .map(|node| of(node) as f32)
            .collect();
        Tensor::<4>::from_data(
            TensorData::new(values, [passes.len(), 1, 1, 1]),
            &input.network.device,
        )
    };
    let (coordinates, weights) = (column(|node| node[0]), column(|node| node[1]));
    let gradients = input.signal(coordinates * input.pictures.clone(), ReluRule::Gradient)?;
    Ok((gradients * weights).sum_dim(0) * input.pictures.clone())
}

/// The nodes `[coordinate, weight]` of Gauss-Legendre quadrature on 0 to 1: the zeros of the
/// Legendre polynomial of degree `count`, by Newton's method from Tricomi's estimate (Abramowitz &
/// Stegun 25.4.29, 22.16.6).
pub fn gauss_legendre(count: usize) -> Vec<[f64; 2]> {
    let degree = count as f64;
    let node = |k: usize| {
        let mut x = (PI * (k as f64 + 0.75) / (degree + 0.5)).cos();
        let mut slope = 1.0;
        // From this estimate Newton's method converges to the last bit in four iterations.
        for _ in 0..6 {
            let (mut previous, mut value) = (1.0, x);
            for n in 1..count {
                let n = n as f64;
                (previous, value) = (
                    value,
                    ((2.0 * n + 1.0) * x * value - n * previous) / (n + 1.0),
                );
            }
            slope = degree * (x * value - previous) / (x * x - 1.0);
            x -= value / slope;
        }
        [(1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope)]
    };
    (0..count).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_those_of_numpy() {
        // numpy.polynomial.legendre.leggauss(5), transformed to 0 to 1; numpy 2.4.6.
        #[rustfmt::skip]
        let expected = [
            [0.04691007703066802, 0.11846344252809464], [0.23076534494715845, 0.23931433524968315],
            [0.5, 0.28444444444444433],
            [0.7692346550528415, 0.23931433524968315], [0.9530899229693319, 0.11846344252809464],
        ];
        for (node, expected) in gauss_legendre(5).into_iter().zip(expected) {
            assert!(
                (node[0] - expected[0]).abs() < 1e-14 && (node[1] - expected[1]).abs() < 1e-14,
                "{node:?}"
            );
        }
    }

    #[test]
    fn polynomials_of_twice_the_degree_are_integrated_exactly() {
        for count in [1, 2, 3, 16, 64, 1000] {
            for power in [0, 1, 2 * count as i32 - 1] {
                let sum: f64 = gauss_legendre(count)
                    .iter()
                    .map(|[coordinate, weight]| weight * coordinate.powi(power))
                    .sum();
                let integral = 1.0 / f64::from(power + 1);
                assert!(
                    (sum / integral - 1.0).abs() < 1e-9,
                    "{count} nodes, power {power}: {sum} for {integral}"
                );
            }
        }
    }
}
