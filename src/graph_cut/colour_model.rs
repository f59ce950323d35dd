//! Colour models: Gaussian mixtures in RGB, one for the object and one for the background.

mod gaussian;
mod k_means;
mod moments;

pub use gaussian::Component;

use self::gaussian::{Gaussian, diagonal};
use self::k_means::k_means;
use self::moments::{BLOCK, Moments, components, planes};
use crate::fast_math::{exp_of_negative, ln};

/// A pixel's colour: R, G, B, each 0..=255.
pub type Colour = [f32; 3];

/// The most components of a mixture; there are fewer where there are fewer distinct colours.
pub const COMPONENTS: usize = 5;
/// A mixture is estimated from at most this many colours. They determine its 50 parameters far
/// better than a photo follows them, and a megapixel takes no longer than a thumbnail.
const MAX_SAMPLES: usize = 8192;
const EM_ITERATIONS: usize = 10;
/// From one cut to the next, the colours of a side change little.
const REFIT_ITERATIONS: usize = 3;

/// A mixture of at most [`COMPONENTS`] Gaussians with full covariances.
///
/// ```
/// use deep_inside::graph_cut::colour_model::{Colour, ColourModel};
///
/// let mut colours: Vec<Colour> = Vec::new();
/// for i in 0..100 {
///     let shade = i as f32;
///     colours.push([200.0, 20.0 + shade / 5.0, 30.0]); // red
///     colours.push([30.0, 60.0 + shade / 5.0, 210.0]); // blue
/// }
/// let model = ColourModel::fit(&colours, 1);
/// let [red, green] = [[200.0, 25.0, 30.0], [40.0, 200.0, 60.0]];
/// let costs = model.costs(&[red, green]);
/// assert!(costs[0] < costs[1]); // red is more likely than green
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ColourModel {
    components: Vec<Component>,
}

impl ColourModel {
    /// Estimates a mixture with a high likelihood of `colours`: k-means++ seeding (Arthur &
    /// Vassilvitskii 2007) from `seed`, Lloyd's algorithm, then expectation maximisation. The same
    /// colours and seed give the same model.
    ///
    /// At most 8192 evenly spaced colours are used. Where the determinant of a covariance is at
    /// most 1e-6, 0.01 is added to its diagonal, so that [`costs`](Self::costs) are finite even if
    /// all pixels are identical. Without colours, the model is one Gaussian at mid-grey with a
    /// standard deviation of 127.5.
    pub fn fit(colours: &[Colour], seed: u64) -> Self {
        let samples = subsample(colours);
        if samples.is_empty() {
            return Self {
                components: vec![Component {
                    weight: 1.0,
                    mean: [127.5; 3],
                    covariance: diagonal(127.5 * 127.5),
                }],
            };
        }
        let mut model = Self {
            components: k_means(&samples, seed),
        };
        for _ in 0..EM_ITERATIONS {
            model.em_step(&samples);
        }
        model
    }

    /// The mixture after three iterations of expectation maximisation on `colours`: what GrabCut
    /// does between its cuts. Without colours, the mixture is unchanged.
    pub fn refit(&self, colours: &[Colour]) -> Self {
        let samples = subsample(colours);
        let mut model = self.clone();
        for _ in 0..REFIT_ITERATIONS {
            model.em_step(&samples);
        }
        model
    }

    /// The mixture's Gaussians.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// `-ln p(colour)` of each colour, with the mixture's density `p(z) = sum_k w_k N(z; mean_k,
    /// covariance_k)` per unit of the colour cube 0..=255. Always finite; negative where the
    /// density is above 1.
    pub fn costs(&self, colours: &[Colour]) -> Vec<f32> {
        let gaussians = self.gaussians();
        let mut costs = Vec::with_capacity(colours.len());
        for block in colours.chunks(BLOCK) {
            let mut terms = log_densities(&gaussians, &planes(block));
            let (highest, sums) = exponentiate(&mut terms[..gaussians.len()]);
            let log_sums = highest.iter().zip(&sums);
            let block_costs = log_sums.map(|(highest, &sum)| -(highest + ln(sum)));
            costs.extend(block_costs.take(block.len()));
        }
        costs
    }

    fn gaussians(&self) -> Vec<Gaussian> {
        self.components.iter().map(Gaussian::new).collect()
    }

    /// One iteration of expectation maximisation.
    fn em_step(&mut self, samples: &[Colour]) {
        let gaussians = self.gaussians();
        let mut moments = [Moments::default(); COMPONENTS];
        for block in samples.chunks(BLOCK) {
            let planes = planes(block);
            let mut terms = log_densities(&gaussians, &planes);
            let (_, totals) = exponentiate(&mut terms[..gaussians.len()]);
            for (terms, moments) in terms.iter().zip(&mut moments).take(gaussians.len()) {
                let mut responsibilities: [f32; BLOCK] =
                    std::array::from_fn(|i| terms[i] / totals[i]);
                responsibilities[block.len()..].fill(0.0);
                moments.add_block(&planes, &responsibilities);
            }
        }
        let components = components(&moments);
        if !components.is_empty() {
            self.components = components;
        }
    }
}

/// `ln (w_k N(z))` for each Gaussian and each colour of a block.
fn log_densities(gaussians: &[Gaussian], planes: &[[f32; BLOCK]; 3]) -> [[f32; BLOCK]; COMPONENTS] {
    let mut logs = [[f32::NEG_INFINITY; BLOCK]; COMPONENTS];
    for (logs, gaussian) in logs.iter_mut().zip(gaussians) {
        for (i, log) in logs.iter_mut().enumerate() {
            *log = gaussian.log_density(&[planes[0][i], planes[1][i], planes[2][i]]);
        }
    }
    logs
}

/// Replaces the logarithms by `exp(log - highest)`. Returns for each colour of a block the highest
/// logarithm, and the sum of the exponentials: `ln sum_k exp(log_k) = highest + ln(sum)`.
fn exponentiate(logs: &mut [[f32; BLOCK]]) -> ([f32; BLOCK], [f32; BLOCK]) {
    let mut highest = [f32::NEG_INFINITY; BLOCK];
    for logs in &*logs {
        for (highest, &log) in highest.iter_mut().zip(logs) {
            *highest = if log > *highest { log } else { *highest };
        }
    }
    let mut sums = [0.0; BLOCK];
    for logs in logs {
        for ((sum, log), highest) in sums.iter_mut().zip(logs).zip(&highest) {
            *log = exp_of_negative(*log - highest);
            *sum += *log;
        }
    }
    (highest, sums)
}

/// At most `MAX_SAMPLES` of the colours, evenly spaced.
fn subsample(colours: &[Colour]) -> Vec<Colour> {
    let count = colours.len().min(MAX_SAMPLES);
    (0..count)
        .map(|i| colours[(i as u64 * colours.len() as u64 / count as u64) as usize])
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::gaussian::DIAGONAL_FLOOR;
    use super::*;

    /// Approximately standard normal: the sum of twelve uniform numbers, less its mean.
    fn normal(random: &mut ChaCha8Rng) -> f64 {
        (0..12)
            .map(|_| random.next_u32() as f64 / u32::MAX as f64)
            .sum::<f64>()
            - 6.0
    }

    #[test]
    fn a_known_mixture_is_found_again() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let truth = [
            (0.6, [60.0, 80.0, 200.0], 8.0),
            (0.3, [200.0, 190.0, 30.0], 5.0),
            (0.1, [20.0, 220.0, 90.0], 3.0),
        ];
        let mut colours = Vec::new();
        for (weight, mean, deviation) in truth {
            for _ in 0..(weight * 8000.0) as usize {
                let common = normal(&mut random) * deviation;
                colours
                    .push(mean.map(|m: f64| (m + common + normal(&mut random) * deviation) as f32));
            }
        }
        let model = ColourModel::fit(&colours, 1);
        for (weight, mean, deviation) in truth {
            let near: Vec<_> = model
                .components()
                .iter()
                .filter(|c| (0..3).all(|i| (c.mean[i] - mean[i]).abs() < 4.0 * deviation))
                .collect();
            let found_weight: f64 = near.iter().map(|c| c.weight).sum();
            assert!(
                (found_weight - weight).abs() < 0.01,
                "{found_weight} instead of {weight}"
            );
            for (i, true_mean) in mean.into_iter().enumerate() {
                let sum: f64 = near.iter().map(|c| c.weight * c.mean[i]).sum();
                let found = sum / found_weight;
                assert!(
                    (found - true_mean).abs() < 0.5,
                    "mean {found} instead of {true_mean}"
                );
            }
        }
        // The density at the means, where the true one is known in closed form.
        for (weight, mean, deviation) in truth {
            // Covariance d^2 (I + ones): determinant 4 d^6.
            let true_cost = -(f64::ln(weight)
                - 1.5 * std::f64::consts::TAU.ln()
                - 0.5 * (4.0 * f64::powi(deviation, 6)).ln());
            let cost = model.costs(&[mean.map(|m| m as f32)])[0];
            assert!(
                (f64::from(cost) - true_cost).abs() < 0.2,
                "{cost} instead of {true_cost}"
            );
        }
    }

    /// `w N(colour)` in f64, by Cramer's rule, unlike the code under test.
    fn density(component: &Component, colour: &Colour) -> f64 {
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [
                a[1] * b[2] - a[2] * b[1],
                a[2] * b[0] - a[0] * b[2],
                a[0] * b[1] - a[1] * b[0],
            ]
        };
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let c = component.covariance;
        let d = [0, 1, 2].map(|i| f64::from(colour[i]) - component.mean[i]);
        let determinant = dot(c[0], cross(c[1], c[2]));
        let solved = [
            dot(d, cross(c[1], c[2])) / determinant,
            dot(c[0], cross(d, c[2])) / determinant,
            dot(c[0], cross(c[1], d)) / determinant,
        ];
        let normalisation = (std::f64::consts::TAU.powi(3) * determinant).sqrt();
        component.weight * (-0.5 * dot(d, solved)).exp() / normalisation
    }

    #[test]
    fn costs_are_the_mixture_s_definition() {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let colours: Vec<Colour> = (0..500)
            .map(|_| [0; 3].map(|_| (random.next_u32() % 256) as f32))
            .collect();
        let model = ColourModel::fit(&colours, 2);
        for colour in &colours {
            let components = model.components().iter();
            let density: f64 = components.map(|component| density(component, colour)).sum();
            let cost = f64::from(model.costs(&[*colour])[0]);
            assert!(
                (cost + density.ln()).abs() < 1e-4 * (1.0 + cost.abs()),
                "{cost} instead of {}",
                -density.ln()
            );
        }
    }

    #[test]
    fn identical_pixels_give_finite_costs() {
        for colour in [[0.0; 3], [255.0; 3], [17.0, 130.0, 254.0]] {
            let model = ColourModel::fit(&vec![colour; 300], 5);
            assert_eq!(model.components().len(), 1);
            assert_eq!(model.components()[0].covariance, diagonal(DIAGONAL_FLOOR));
            let costs = model.costs(&[colour, [0.0; 3], [255.0; 3], [128.0; 3]]);
            assert!(costs.iter().all(|cost| cost.is_finite()), "{costs:?}");
            assert!(costs[0] < 0.0);
        }
        assert!(
            ColourModel::fit(&[], 5)
                .costs(&[[0.0; 3], [255.0; 3]])
                .iter()
                .all(|cost| cost.is_finite())
        );
    }

    #[test]
    fn fewer_colours_than_components_make_fewer_components() {
        let palette = [[0.0, 0.0, 0.0], [255.0, 255.0, 255.0], [200.0, 10.0, 10.0]];
        let colours: Vec<Colour> = (0..999).map(|i| palette[i % 3]).collect();
        let model = ColourModel::fit(&colours, 6);
        assert_eq!(model.components().len(), 3);
        assert!(
            model
                .components()
                .iter()
                .all(|c| (c.weight - 1.0 / 3.0).abs() < 1e-6)
        );
        assert!(model.costs(&palette).iter().all(|cost| cost.is_finite()));
    }

    #[test]
    fn colours_on_a_line_or_a_plane_give_finite_costs() {
        let line: Vec<Colour> = (0..2000)
            .map(|i| [i as f32 % 251.0, (i as f32 % 251.0) / 3.0 + 7.0, 40.0])
            .collect();
        let plane: Vec<Colour> = (0..2000)
            .map(|i| {
                [
                    (i % 251) as f32,
                    (i % 83) as f32,
                    ((i % 251) + (i % 83)) as f32 / 2.0,
                ]
            })
            .collect();
        for colours in [line, plane] {
            let costs = ColourModel::fit(&colours, 7).costs(&[
                colours[0],
                [0.0, 255.0, 0.0],
                [255.0, 0.0, 255.0],
            ]);
            assert!(
                costs.iter().all(|cost| cost.is_finite() && *cost < 1e8),
                "{costs:?}"
            );
            assert!(costs[1] > costs[0]);
        }
    }

    #[test]
    fn same_seed_same_model() {
        let colours: Vec<Colour> = (0..5000)
            .map(|i| {
                [
                    (i * 7 % 256) as f32,
                    (i * 13 % 256) as f32,
                    (i * 29 % 256) as f32,
                ]
            })
            .collect();
        assert_eq!(ColourModel::fit(&colours, 8), ColourModel::fit(&colours, 8));
        assert_ne!(ColourModel::fit(&colours, 8), ColourModel::fit(&colours, 9));
    }

    #[test]
    fn refitting_makes_the_colours_likelier() {
        let colours: Vec<Colour> = (0..5000)
            .map(|i| {
                [
                    (i * i % 256) as f32,
                    (i * 13 % 97) as f32,
                    (i * 29 % 31) as f32,
                ]
            })
            .collect();
        let first = ColourModel::fit(&colours[..2500], 10);
        let total = |model: &ColourModel| {
            model
                .costs(&colours)
                .iter()
                .map(|&cost| f64::from(cost))
                .sum::<f64>()
        };
        assert!(total(&first.refit(&colours)) < total(&first));
    }
}
