//! The energy of a labelling of a picture's pixels, and its exact minimum.
//!
//! ```text
//! E(labels) = sum over pixels p of U(p, label of p)                       unary costs
//!           + sum over neighbours p, q with different labels of V(p, q)   pairwise costs
//! V(p, q)   = 50 exp(-beta |I_p - I_q|^2) / distance(p, q)
//! beta      = 1 / (2 mean |I_p - I_q|^2), the mean over all pairs of neighbours of this picture
//! ```
//!
//! I are colours, 0..=255. A pixel has eight neighbours, so `distance` is 1 or the square root of 2
//! (Boykov & Jolly 2001; the constants are GrabCut's, Rother et al. 2004).

use super::colour_model::Colour;
use super::max_flow::{DIRECTIONS, EAST, GridGraph, SOUTH, SOUTH_EAST, SOUTH_WEST};
use crate::error::Error;
use crate::fast_math::exp_of_negative;

/// The weight of the pairwise costs.
const GAMMA: f32 = 50.0;
/// Every term of the energy is rounded to a multiple of `1 / UNITS`. The energy is *defined* as the
/// sum of the rounded terms, so that the integral flow equals it exactly.
const UNITS: f32 = 1024.0;
/// Unary costs are clipped to plus or minus this: more than a hundred times the sum of a pixel's
/// pairwise costs.
pub const LARGEST_COST: f32 = 65_000.0;
/// The four directions that visit every pair of neighbours once.
const FORWARD: [usize; 4] = [EAST, SOUTH_WEST, SOUTH, SOUTH_EAST];

/// The terms of the energy of one picture, and the flow of the last minimum, from which the next
/// one starts.
pub struct PixelGraph {
    width: usize,
    /// By pixel: the unary costs of the labels background and object, in units.
    costs: Vec<[i32; 2]>,
    /// By pixel: V to the neighbours in the `FORWARD` directions, in units; 0 outside the picture.
    links: Vec<[u32; 4]>,
    flow: GridGraph,
}

impl PixelGraph {
    /// The graph of a row-major picture of `width` columns. Pairwise costs are V divided by
    /// `reduction`; unary costs are 0. In a picture of one colour beta is 0: the pairwise costs
    /// measure the length of the boundary alone.
    ///
    /// # Errors
    /// `picture-too-large` as [`GridGraph::new`].
    pub fn new(colours: &[Colour], width: usize, reduction: u32) -> Result<Self, Error> {
        let height = colours.len() / width.max(1);
        let mut flow = GridGraph::new(width, height)?;

        // An infinite difference gives V = 0: there is no neighbour.
        let mut differences = vec![[f32::INFINITY; 4]; colours.len()];
        let (mut sum, mut pairs) = (0.0, 0u64);
        each_pair(width, height, |pixel, forward, neighbour| {
            let difference = difference(&colours[pixel], &colours[neighbour]);
            differences[pixel][forward] = difference;
            sum += f64::from(difference);
            pairs += 1;
        });
        let beta = if sum > 0.0 {
            (pairs as f64 / (2.0 * sum)) as f32
        } else {
            0.0
        };

        let full = UNITS * GAMMA / reduction as f32;
        let lengths = FORWARD.map(|direction| {
            if matches!(direction, EAST | SOUTH) {
                1.0
            } else {
                std::f32::consts::SQRT_2
            }
        });
        let links: Vec<[u32; 4]> = differences
            .iter()
            .map(|differences| {
                std::array::from_fn(|forward| {
                    let weight = exp_of_negative(-beta * differences[forward]) / lengths[forward];
                    (full * weight).round_ties_even() as u32
                })
            })
            .collect();
        each_pair(width, height, |pixel, forward, _| {
            let link = links[pixel][forward];
            flow.set_link(pixel % width, pixel / width, FORWARD[forward], link, link);
        });
        Ok(Self {
            width,
            costs: vec![[0; 2]; colours.len()],
            links,
            flow,
        })
    }

    /// Sets the unary costs: for each pixel, row-major, the costs of the labels background and
    /// object. They may be negative. They are clipped to plus or minus 65000; NaN becomes 0.
    pub fn set_costs(&mut self, costs: impl IntoIterator<Item = [f32; 2]>) {
        for (pixel, pair) in self.costs.iter_mut().zip(costs) {
            // The cast saturates, and turns NaN into 0.
            *pixel = pair.map(|cost| {
                (cost.clamp(-LARGEST_COST, LARGEST_COST) * UNITS).round_ties_even() as i32
            });
        }
    }

    /// By pixel: the capacities from the source and to the sink, in units. The source's side is the
    /// object: the cut severs the sink links of its pixels. Capacities cannot be negative, so each
    /// pixel's smaller cost is subtracted from both of its costs.
    pub fn terminals(&self) -> Vec<[u32; 2]> {
        self.costs
            .iter()
            .map(|&[background, object]| terminals(background, object))
            .collect()
    }

    /// By pixel: the capacities to and from the neighbours in the directions EAST to SOUTH_EAST, in
    /// units; 0 outside the picture.
    pub fn links(&self) -> &[[u32; 4]] {
        &self.links
    }

    /// E of a row-major labelling (true = object), by its definition.
    pub fn energy(&self, labels: &[bool]) -> f64 {
        let mut units: i64 = self
            .costs
            .iter()
            .zip(labels)
            .map(|(pair, &label)| i64::from(pair[usize::from(label)]))
            .sum();
        each_pair(
            self.width,
            labels.len() / self.width.max(1),
            |pixel, forward, neighbour| {
                if labels[pixel] != labels[neighbour] {
                    units += i64::from(self.links[pixel][forward]);
                }
            },
        );
        units as f64 / f64::from(UNITS)
    }

    /// The labelling with the least energy (true = object; if there are several, the one with the
    /// fewest object pixels), and the least energy, computed from the maximum flow: equal to
    /// [`energy`](Self::energy) of the labelling.
    pub fn minimum(&mut self) -> (Vec<bool>, f64) {
        let (width, height) = (self.width, self.costs.len() / self.width.max(1));
        let positions = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let mut constant = 0i64;
        for ((x, y), &[background, object]) in positions().zip(&self.costs) {
            constant += i64::from(background.min(object));
            let [from_source, to_sink] = terminals(background, object);
            self.flow.set_terminals(x, y, from_source, to_sink);
        }
        let units = self.flow.solve() as i64 + constant;
        (
            positions()
                .map(|(x, y)| self.flow.on_source_side(x, y))
                .collect(),
            units as f64 / f64::from(UNITS),
        )
    }
}

/// A pixel's capacities from the source and to the sink: its costs less the smaller of them.
fn terminals(background: i32, object: i32) -> [u32; 2] {
    let least = background.min(object);
    [background.abs_diff(least), object.abs_diff(least)]
}

/// Squared distance of two colours.
#[inline(always)]
fn difference(a: &Colour, b: &Colour) -> f32 {
    let [red, green, blue] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    red * red + green * green + blue * blue
}

/// Calls `visit(pixel, index in FORWARD, neighbour)` for each pair of neighbours, row by row.
#[inline(always)]
fn each_pair(width: usize, height: usize, mut visit: impl FnMut(usize, usize, usize)) {
    for y in 0..height {
        for x in 0..width {
            let pixel = y * width + x;
            for (forward, direction) in FORWARD.into_iter().enumerate() {
                let (columns, rows) = DIRECTIONS[direction];
                let column = x.wrapping_add_signed(columns as isize);
                if column < width && y + (rows as usize) < height {
                    visit(pixel, forward, (y + rows as usize) * width + column);
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    fn noise(random: &mut ChaCha8Rng, count: usize) -> Vec<Colour> {
        (0..count)
            .map(|_| [0; 3].map(|_| (random.next_u32() % 256) as f32))
            .collect()
    }

    fn random_costs(random: &mut ChaCha8Rng, count: usize) -> Vec<[f32; 2]> {
        (0..count)
            .map(|_| [0; 2].map(|_| (random.next_u32() % 40_000) as f32 / 1000.0 - 5.0))
            .collect()
    }

    #[test]
    fn the_flow_is_the_energy_of_the_labelling_by_its_definition() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (13, 11), (40, 30)] {
            let colours = noise(&mut random, width * height);
            let mut costs = random_costs(&mut random, width * height);
            costs[0] = [1e30, -1e30];
            let mut graph = PixelGraph::new(&colours, width, 1).unwrap();
            graph.set_costs(costs.iter().copied());
            let (labels, flow) = graph.minimum();
            assert_eq!(graph.energy(&labels), flow);

            // The formula at the top of this file, in floating point.
            let (mut pairs, mut boundary) = (Vec::new(), 0.0);
            for p in 0..width * height {
                for q in p + 1..width * height {
                    let (dx, dy) = (
                        (p % width).abs_diff(q % width),
                        (p / width).abs_diff(q / width),
                    );
                    if dx.max(dy) == 1 {
                        let squared: f64 = (0..3)
                            .map(|i| f64::from(colours[p][i] - colours[q][i]).powi(2))
                            .sum();
                        pairs.push((labels[p] != labels[q], squared, ((dx + dy) as f64).sqrt()));
                    }
                }
            }
            let mean = pairs.iter().map(|pair| pair.1).sum::<f64>() / pairs.len() as f64;
            for (_, squared, distance) in pairs.iter().filter(|pair| pair.0) {
                boundary += 50.0 * (-squared / (2.0 * mean)).exp() / distance;
            }
            let colour: f64 = labels
                .iter()
                .zip(&costs)
                .map(|(&label, pair)| {
                    f64::from(pair[usize::from(label)].clamp(-65_000.0, 65_000.0))
                })
                .sum();
            let tolerance = (width * height) as f64 * 5.0 / 1024.0;
            assert!(
                (flow - colour - boundary).abs() < tolerance,
                "{flow} instead of {}",
                colour + boundary
            );
        }
    }

    #[test]
    fn no_labelling_has_less_energy() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        for (width, height) in [(1, 1), (2, 1), (3, 3), (4, 3), (2, 6), (12, 1)] {
            for _ in 0..20 {
                let mut graph =
                    PixelGraph::new(&noise(&mut random, width * height), width, 1).unwrap();
                graph.set_costs(random_costs(&mut random, width * height));
                let (_, flow) = graph.minimum();
                let least = (0..1 << (width * height))
                    .map(|bits: u32| {
                        graph.energy(
                            &(0..width * height)
                                .map(|p| bits >> p & 1 == 1)
                                .collect::<Vec<_>>(),
                        )
                    })
                    .fold(f64::INFINITY, f64::min);
                assert_eq!(flow, least);
            }
        }
    }

    #[test]
    fn a_picture_of_one_colour_has_a_finite_energy() {
        let mut graph = PixelGraph::new(&[[9.0; 3]; 12], 4, 1).unwrap();
        graph.set_costs((0..12).map(|p| {
            if p % 4 < 2 {
                [0.0, 500.0]
            } else {
                [500.0, 0.0]
            }
        }));
        let (labels, flow) = graph.minimum();
        assert_eq!(labels, [false, false, true, true].repeat(3));
        // Three horizontal and four diagonal links, each with its full weight.
        assert!(
            (flow - 50.0 * (3.0 + 4.0 / 2f64.sqrt())).abs() < 0.01,
            "{flow}"
        );
    }

    #[test]
    fn a_cost_of_nan_counts_as_0() {
        let colours = [[0.0; 3], [10.0; 3], [250.0; 3]];
        let mut graph = PixelGraph::new(&colours, 3, 1).unwrap();
        graph.set_costs([
            [0.0, 3.0],
            [f32::NAN, f32::NAN],
            [f32::INFINITY, f32::NEG_INFINITY],
        ]);
        let (with_nan, _) = graph.minimum();
        graph.set_costs([[0.0, 3.0], [0.0, 0.0], [1e30, -1e30]]);
        assert_eq!(graph.minimum().0, with_nan);
    }
}
