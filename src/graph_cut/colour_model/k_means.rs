//! The start of a colour model: k-means clusters of the colours.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::moments::{BLOCK, MID_GREY, Moments, components, planes};
use super::{COMPONENTS, Colour, Component};

const ITERATIONS: usize = 10;

/// Clusters of the samples as components: k-means++ seeding (the next centre is drawn with a
/// probability proportional to its squared distance from the nearest centre so far), then Lloyd's
/// algorithm. There are as many clusters as distinct colours, if those are fewer than
/// `COMPONENTS`. `samples` must not be empty.
pub(super) fn k_means(samples: &[Colour], seed: u64) -> Vec<Component> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut centres = vec![samples[(random.next_u64() % samples.len() as u64) as usize]];
    let mut nearest = vec![f32::INFINITY; samples.len()];
    while centres.len() < COMPONENTS {
        let newest = centres[centres.len() - 1];
        let mut total = 0.0;
        for (squared, colour) in nearest.iter_mut().zip(samples) {
            let to_newest = squared_distance(colour, &newest);
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
        // Rounding may let the draw run past the end; then the farthest colour is taken.
        let farthest = || {
            (0..samples.len())
                .max_by(|&a, &b| nearest[a].total_cmp(&nearest[b]))
                .unwrap_or(0)
        };
        centres.push(samples[drawn.unwrap_or_else(farthest)]);
    }
    let mut clusters = assign(samples, &centres);
    for _ in 0..ITERATIONS {
        for (centre, cluster) in centres.iter_mut().zip(&clusters) {
            if cluster.weight > 0.0 {
                *centre = cluster
                    .sum
                    .map(|sum| (sum / cluster.weight) as f32 + MID_GREY);
            }
        }
        clusters = assign(samples, &centres);
    }
    components(&clusters)
}

/// For each centre the moments of the colours that are nearest to it.
fn assign(samples: &[Colour], centres: &[Colour]) -> Vec<Moments> {
    let mut clusters = vec![Moments::default(); centres.len()];
    for block in samples.chunks(BLOCK) {
        let planes = planes(block);
        let mut least = [f32::INFINITY; BLOCK];
        let mut nearest = [u32::MAX; BLOCK];
        for (index, centre) in (0..).zip(centres) {
            for i in 0..BLOCK {
                let colour = [planes[0][i], planes[1][i], planes[2][i]];
                let squared = squared_distance(&colour, centre);
                let nearer = squared < least[i];
                least[i] = if nearer { squared } else { least[i] };
                nearest[i] = if nearer { index } else { nearest[i] };
            }
        }
        nearest[block.len()..].fill(u32::MAX);
        for (index, cluster) in (0..).zip(&mut clusters) {
            let weights = nearest.map(|nearest| if nearest == index { 1.0 } else { 0.0 });
            cluster.add_block(&planes, &weights);
        }
    }
    clusters
}

fn squared_distance(a: &Colour, b: &Colour) -> f32 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)
}
