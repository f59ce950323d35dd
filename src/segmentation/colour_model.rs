//! What colours a side of the cut has: a mixture of Gaussians in RGB.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::fast_math::{exp_of_negative, ln};
use crate::matrix3;

/// A pixel's colour: R, G, B, each 0..255.
pub type Colour = [f32; 3];

/// Components of a mixture; fewer where the colours are fewer.
pub const COMPONENTS: usize = 5;
/// At most this many pixels, evenly spaced among those given, are looked at to estimate a mixture:
/// its 50 numbers are then known far better than a photo follows them, and a megapixel costs no
/// more than a thumbnail.
const SAMPLES: usize = 8192;
const K_MEANS_ROUNDS: usize = 10;
const EM_ROUNDS: usize = 10;
/// From one cut to the next the colours of a side change little.
const REFIT_ROUNDS: usize = 3;
/// OpenCV's rule for flat covariances: this is added to the diagonal where the determinant is at
/// most `FLAT_DETERMINANT`.
const DIAGONAL_FLOOR: f64 = 0.01;
const FLAT_DETERMINANT: f64 = 1e-6;
/// Colours on a line or a plane have determinant 0, but rounding may leave it at 1e-4, say; it
/// shows in Cholesky's pivots, which for sensor noise alone are far above this.
const FLAT_PIVOT: f64 = 1e-4;

/// One Gaussian of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its share of the pixels; the shares sum to 1.
    pub weight: f64,
    /// Mean colour.
    pub mean: [f64; 3],
    /// Covariance of R, G and B, after the floor.
    pub covariance: [[f64; 3]; 3],
}

/// A mixture of at most [`COMPONENTS`] Gaussians with full covariances.
#[derive(Debug, Clone, PartialEq)]
pub struct ColourModel {
    components: Vec<Component>,
}

impl ColourModel {
    /// Estimates the mixture that makes `colours` likely: k-means++ start (Arthur & Vassilvitskii
    /// 2007) from `seed`, Lloyd's rounds, then rounds of expectation maximisation. Same colours and
    /// seed, same model.
    ///
    /// At most 8192 of the colours are looked at, evenly spaced. Where a covariance's determinant
    /// is at most 1e-6, 0.01 is added to its diagonal, so that [`costs`](Self::costs) stay finite
    /// even when all pixels are identical. Without any colour the model is a single Gaussian as
    /// wide as the colour cube.
    pub fn fit(colours: &[Colour], seed: u64) -> Self {
        let samples = spaced(colours);
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
        for _ in 0..EM_ROUNDS {
            model.improve(&samples);
        }
        model
    }

    /// The same mixture moved towards `colours` by a few rounds of expectation maximisation: what
    /// GrabCut does between its cuts.
    pub fn refit(&self, colours: &[Colour]) -> Self {
        let samples = spaced(colours);
        let mut model = self.clone();
        for _ in 0..REFIT_ROUNDS {
            model.improve(&samples);
        }
        model
    }

    /// The mixture's Gaussians.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// `-ln p(colour)` of each colour, p being the density of the mixture over the colour cube of
    /// side 255: `p(z) = sum_k w_k N(z; mean_k, covariance_k)`. Always finite; negative where the
    /// density is above 1.
    pub fn costs(&self, colours: &[Colour]) -> Vec<f32> {
        let gaussians = self.gaussians();
        let mut costs = Vec::with_capacity(colours.len());
        for block in colours.chunks(BLOCK) {
            let (highest, sums) =
                log_sums(&mut log_densities(&gaussians, &planes(block))[..gaussians.len()]);
            costs.extend(
                highest
                    .iter()
                    .zip(&sums)
                    .map(|(highest, &sum)| -(highest + ln(sum)))
                    .take(block.len()),
            );
        }
        costs
    }

    fn gaussians(&self) -> Vec<Gaussian> {
        self.components.iter().map(Gaussian::new).collect()
    }

    /// One round of expectation maximisation.
    fn improve(&mut self, samples: &[Colour]) {
        let gaussians = self.gaussians();
        let mut sums = [Moments::default(); COMPONENTS];
        for block in samples.chunks(BLOCK) {
            let planes = planes(block);
            let mut terms = log_densities(&gaussians, &planes);
            let (_, totals) = log_sums(&mut terms[..gaussians.len()]);
            for (terms, sum) in terms.iter().zip(&mut sums).take(gaussians.len()) {
                let mut shares: [f32; BLOCK] = std::array::from_fn(|i| terms[i] / totals[i]);
                shares[block.len()..].fill(0.0);
                sum.add_block(&planes, &shares);
            }
        }
        let components = from_moments(&sums);
        if !components.is_empty() {
            self.components = components;
        }
    }
}

/// Pixels that are evaluated together, so that the loops over them become SIMD.
const BLOCK: usize = 64;

/// The colours of a block, which may be shorter than `BLOCK`, channel by channel; black behind its
/// end.
fn planes(block: &[Colour]) -> [[f32; BLOCK]; 3] {
    let mut planes = [[0.0; BLOCK]; 3];
    for (i, colour) in block.iter().enumerate() {
        for (plane, value) in planes.iter_mut().zip(colour) {
            plane[i] = *value;
        }
    }
    planes
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

/// For each colour of a block the largest logarithm, and the sum of all terms relative to it, by
/// which the logarithms are replaced.
fn log_sums(logs: &mut [[f32; BLOCK]]) -> ([f32; BLOCK], [f32; BLOCK]) {
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

/// At most `SAMPLES` of the colours, evenly spaced.
fn spaced(colours: &[Colour]) -> Vec<Colour> {
    let count = colours.len().min(SAMPLES);
    (0..count)
        .map(|i| colours[(i as u64 * colours.len() as u64 / count as u64) as usize])
        .collect()
}

/// A component ready for evaluation: `ln (w N(z)) = constant - |W (z - mean)|^2 / 2` with W the
/// inverse of the covariance's Cholesky factor.
struct Gaussian {
    mean: [f32; 3],
    constant: f32,
    whitening: [f32; 6],
}

impl Gaussian {
    fn new(component: &Component) -> Self {
        let [l00, l10, l11, l20, l21, l22] = matrix3::cholesky(&component.covariance, FLAT_PIVOT);
        let (w00, w11, w22) = (1.0 / l00, 1.0 / l11, 1.0 / l22);
        let w10 = -w11 * l10 * w00;
        let w21 = -w22 * l21 * w11;
        let w20 = -w22 * (l20 * w00 + l21 * w10);
        let half_log_determinant = (l00 * l11 * l22).ln();
        Self {
            mean: component.mean.map(|m| m as f32),
            constant: (component.weight.ln()
                - 1.5 * std::f64::consts::TAU.ln()
                - half_log_determinant) as f32,
            whitening: [w00, w10, w11, w20, w21, w22].map(|w| w as f32),
        }
    }

    #[inline]
    fn log_density(&self, colour: &Colour) -> f32 {
        let [r, g, b] = [
            colour[0] - self.mean[0],
            colour[1] - self.mean[1],
            colour[2] - self.mean[2],
        ];
        let [w00, w10, w11, w20, w21, w22] = self.whitening;
        let (x, y, z) = (w00 * r, w10 * r + w11 * g, w20 * r + w21 * g + w22 * b);
        self.constant - 0.5 * (x * x + y * y + z * z)
    }
}

/// A covariance that can be inverted: itself, or where it is flat, with `DIAGONAL_FLOOR` added to
/// its diagonal.
fn floored(mut c: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let [l00, _, l11, _, _, l22] = matrix3::cholesky(&c, FLAT_PIVOT);
    if matrix3::determinant(&c) <= FLAT_DETERMINANT || l00.min(l11).min(l22).powi(2) <= FLAT_PIVOT {
        for (i, row) in c.iter_mut().enumerate() {
            row[i] += DIAGONAL_FLOOR;
        }
    }
    c
}

fn diagonal(variance: f64) -> [[f64; 3]; 3] {
    [
        [variance, 0.0, 0.0],
        [0.0, variance, 0.0],
        [0.0, 0.0, variance],
    ]
}

/// Weighted sums of colours and of their products, from which mean and covariance follow.
#[derive(Clone, Copy, Default)]
struct Moments {
    weight: f64,
    sum: [f64; 3],
    products: [[f64; 3]; 3],
}

/// Around it the products of colours are smaller, and with them what their difference loses.
const MID_GREY: f32 = 127.5;

impl Moments {
    /// Adds a block's colours with a weight each.
    #[inline(always)]
    fn add_block(&mut self, planes: &[[f32; BLOCK]; 3], weights: &[f32; BLOCK]) {
        /// Sums that grow side by side, as SIMD.
        const LANES: usize = 4;
        // The weights' own sum, and those of red, green, blue and of their six products, weighted.
        let mut sums = [[0.0f32; LANES]; 10];
        for first in (0..BLOCK).step_by(LANES) {
            for lane in 0..LANES {
                let i = first + lane;
                let [r, g, b] = [0, 1, 2].map(|channel: usize| planes[channel][i] - MID_GREY);
                let [wr, wg, wb] = [r, g, b].map(|value| weights[i] * value);
                let terms = [
                    weights[i],
                    wr,
                    wg,
                    wb,
                    wr * r,
                    wg * r,
                    wg * g,
                    wb * r,
                    wb * g,
                    wb * b,
                ];
                for (sum, term) in sums.iter_mut().zip(terms) {
                    sum[lane] += term;
                }
            }
        }
        let [weight, r, g, b, rr, gr, gg, br, bg, bb] =
            sums.map(|sum| f64::from(sum.iter().sum::<f32>()));
        self.weight += weight;
        for (sum, term) in self.sum.iter_mut().zip([r, g, b]) {
            *sum += term;
        }
        for (row, terms) in
            self.products
                .iter_mut()
                .zip([[rr, 0.0, 0.0], [gr, gg, 0.0], [br, bg, bb]])
        {
            for (sum, term) in row.iter_mut().zip(terms) {
                *sum += term;
            }
        }
    }
}

/// Components from their moments; those that lost all but a sliver of a pixel are left out.
fn from_moments(moments: &[Moments]) -> Vec<Component> {
    let kept = moments.iter().filter(|m| m.weight > 0.5);
    let total: f64 = kept.clone().map(|m| m.weight).sum();
    kept.map(|m| {
        let mean = m.sum.map(|sum| sum / m.weight);
        let mut covariance = [[0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..=i {
                covariance[i][j] = m.products[i][j] / m.weight - mean[i] * mean[j];
                covariance[j][i] = covariance[i][j];
            }
        }
        Component {
            weight: m.weight / total,
            mean: mean.map(|value| value + f64::from(MID_GREY)),
            covariance: floored(covariance),
        }
    })
    .collect()
}

fn distance(a: &Colour, b: &Colour) -> f32 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
}

/// Clusters as components: each next centre drawn with a chance in proportion to its squared
/// distance from the nearest centre so far, then Lloyd's rounds. There are as many clusters as
/// distinct colours if those are fewer than `COMPONENTS`.
fn k_means(samples: &[Colour], seed: u64) -> Vec<Component> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut centres = vec![samples[(random.next_u64() % samples.len() as u64) as usize]];
    let mut nearest = vec![f32::INFINITY; samples.len()];
    while centres.len() < COMPONENTS {
        let newest = centres[centres.len() - 1];
        let mut total = 0.0;
        for (squared, colour) in nearest.iter_mut().zip(samples) {
            let to_newest = distance(colour, &newest);
            *squared = if to_newest < *squared {
                to_newest
            } else {
                *squared
            };
            total += f64::from(*squared);
        }
        if total <= 0.0 {
            break;
        }
        let mut draw = (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * total;
        let drawn = nearest.iter().position(|&squared| {
            draw -= f64::from(squared);
            draw < 0.0
        });
        // Rounding may let the draw run past the end; the farthest colour then does as well.
        let farthest = || {
            (0..samples.len())
                .max_by(|&a, &b| nearest[a].total_cmp(&nearest[b]))
                .unwrap_or(0)
        };
        centres.push(samples[drawn.unwrap_or_else(farthest)]);
    }
    let mut moments = assign(samples, &centres);
    for _ in 0..K_MEANS_ROUNDS {
        for (centre, cluster) in centres.iter_mut().zip(&moments) {
            if cluster.weight > 0.0 {
                *centre = cluster
                    .sum
                    .map(|sum| (sum / cluster.weight) as f32 + MID_GREY);
            }
        }
        moments = assign(samples, &centres);
    }
    from_moments(&moments)
}

/// The moments of each centre's cluster: the colours that are nearest to it.
fn assign(samples: &[Colour], centres: &[Colour]) -> Vec<Moments> {
    let mut moments = vec![Moments::default(); centres.len()];
    for block in samples.chunks(BLOCK) {
        let planes = planes(block);
        let mut least = [f32::INFINITY; BLOCK];
        let mut nearest = [u32::MAX; BLOCK];
        for (number, centre) in (0..).zip(centres) {
            for i in 0..BLOCK {
                let squared = distance(&[planes[0][i], planes[1][i], planes[2][i]], centre);
                let nearer = squared < least[i];
                least[i] = if nearer { squared } else { least[i] };
                nearest[i] = if nearer { number } else { nearest[i] };
            }
        }
        nearest[block.len()..].fill(u32::MAX);
        for (number, moments) in (0..).zip(&mut moments) {
            moments.add_block(
                &planes,
                &nearest.map(|nearest| if nearest == number { 1.0 } else { 0.0 }),
            );
        }
    }
    moments
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    /// Twelve uniform numbers make a good enough normal one.
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
        for (share, mean, deviation) in truth {
            for _ in 0..(share * 8000.0) as usize {
                let common = normal(&mut random) * deviation;
                colours
                    .push(mean.map(|m: f64| (m + common + normal(&mut random) * deviation) as f32));
            }
        }
        let model = ColourModel::fit(&colours, 1);
        for (share, mean, deviation) in truth {
            let near: Vec<_> = model
                .components()
                .iter()
                .filter(|c| (0..3).all(|i| (c.mean[i] - mean[i]).abs() < 4.0 * deviation))
                .collect();
            let weight: f64 = near.iter().map(|c| c.weight).sum();
            assert!((weight - share).abs() < 0.01, "{weight} instead of {share}");
            for (i, true_mean) in mean.into_iter().enumerate() {
                let found = near.iter().map(|c| c.weight * c.mean[i]).sum::<f64>() / weight;
                assert!(
                    (found - true_mean).abs() < 0.5,
                    "mean {found} instead of {true_mean}"
                );
            }
        }
        // The density itself, where the true one is computed by hand: at the means.
        for (share, mean, deviation) in truth {
            // Covariance d^2 (I + ones): determinant 4 d^6.
            let true_cost = -(f64::ln(share)
                - 1.5 * std::f64::consts::TAU.ln()
                - 0.5 * (4.0 * f64::powi(deviation, 6)).ln());
            let cost = model.costs(&[mean.map(|m| m as f32)])[0];
            assert!(
                (f64::from(cost) - true_cost).abs() < 0.2,
                "{cost} instead of {true_cost}"
            );
        }
    }

    #[test]
    fn costs_are_the_mixture_s_definition() {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let colours: Vec<Colour> = (0..500)
            .map(|_| [0; 3].map(|_| (random.next_u32() % 256) as f32))
            .collect();
        let model = ColourModel::fit(&colours, 2);
        for colour in &colours {
            let density: f64 = model
                .components()
                .iter()
                .map(
                    |Component {
                         weight,
                         mean,
                         covariance: c,
                     }| {
                        let d: Vec<f64> = (0..3).map(|i| f64::from(colour[i]) - mean[i]).collect();
                        // Cramer's rule, unlike the code under test.
                        let cross = |a: [f64; 3], b: [f64; 3]| {
                            [
                                a[1] * b[2] - a[2] * b[1],
                                a[2] * b[0] - a[0] * b[2],
                                a[0] * b[1] - a[1] * b[0],
                            ]
                        };
                        let dot =
                            |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
                        let d = [d[0], d[1], d[2]];
                        let determinant = dot(c[0], cross(c[1], c[2]));
                        let solved = [
                            dot(d, cross(c[1], c[2])) / determinant,
                            dot(c[0], cross(d, c[2])) / determinant,
                            dot(c[0], cross(c[1], d)) / determinant,
                        ];
                        weight * (-0.5 * dot(d, solved)).exp()
                            / (std::f64::consts::TAU.powi(3) * determinant).sqrt()
                    },
                )
                .sum();
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
