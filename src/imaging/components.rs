//! Connected components of a mask, by union-find over the runs of object pixels in its rows.

use std::ops::Range;

/// The object pixels `first..end` of one row, as row-major indices.
struct Run {
    first: usize,
    end: usize,
    /// The index of an earlier run of the same component, or of this one if there is none: the
    /// parent in the union-find forest.
    parent: usize,
}

/// The runs of a mask that is given row by row. Pixels are connected by sides and corners, as in
/// the graph.
pub struct Components {
    width: usize,
    rows: usize,
    runs: Vec<Run>,
    /// The indices of the last row's runs.
    above: Range<usize>,
}

/// The runs of a mask as ranges of row-major indices, in ascending order.
#[derive(Default)]
pub struct Split {
    /// The runs of the components that stay.
    pub kept: Vec<Range<usize>>,
    /// The runs of all other components.
    pub dropped: Vec<Range<usize>>,
}

impl Components {
    /// A mask of `width` columns and no rows.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            rows: 0,
            runs: Vec::new(),
            above: 0..0,
        }
    }

    /// Appends a row; its object pixels are those for which `inside` is true.
    pub fn push_row<T>(&mut self, row: &[T], inside: impl Fn(&T) -> bool) {
        let (width, runs, above) = (self.width, &mut self.runs, &self.above);
        let (start, offset) = (runs.len(), self.rows * width);
        let mut pixel = 0;
        while let Some(before) = row[pixel..].iter().position(&inside) {
            let first = pixel + before;
            pixel = row[first..]
                .iter()
                .position(|value| !inside(value))
                .map_or(row.len(), |length| first + length);
            runs.push(Run {
                first: offset + first,
                end: offset + pixel,
                parent: runs.len(),
            });
        }
        let mut candidate = above.start;
        for run in start..runs.len() {
            let (first, end) = (
                runs[run].first - width.min(runs[run].first),
                runs[run].end - width.min(runs[run].end),
            );
            // Runs above that end before this one begins cannot touch the next one either.
            while candidate < above.end && runs[candidate].end < first {
                candidate += 1;
            }
            let mut touching = candidate;
            while touching < above.end && runs[touching].first <= end {
                join(runs, touching, run);
                touching += 1;
            }
        }
        self.above = start..self.runs.len();
        self.rows += 1;
    }

    /// Keeps the largest component, and every component with a pixel for which `wanted` is true.
    /// Of several largest components the first in row-major order is kept.
    pub fn split(mut self, wanted: impl Fn(usize) -> bool) -> Split {
        let runs = &mut self.runs;
        let mut sizes = vec![(0, false); runs.len()];
        for run in 0..runs.len() {
            let (first, end) = (runs[run].first, runs[run].end);
            let (size, is_wanted) = &mut sizes[root(runs, run)];
            *size += end - first;
            *is_wanted = *is_wanted || (first..end).any(&wanted);
        }
        let largest = sizes.iter().map(|&(size, _)| size).max();
        let largest = sizes.iter().position(|&(size, _)| Some(size) == largest);
        let mut split = Split::default();
        for run in 0..runs.len() {
            let component = root(runs, run);
            let is_kept = Some(component) == largest || sizes[component].1;
            if is_kept {
                &mut split.kept
            } else {
                &mut split.dropped
            }
            .push(runs[run].first..runs[run].end);
        }
        split
    }
}

/// Clears the pixels of a row-major mask of `width` columns that [`Components::split`] drops.
pub fn keep_components(mask: &mut [bool], width: usize, wanted: impl Fn(usize) -> bool) {
    let mut components = Components::new(width);
    for row in mask.chunks_exact(width.max(1)) {
        components.push_row(row, |&inside| inside);
    }
    for run in components.split(wanted).dropped {
        mask[run].fill(false);
    }
}

/// The root of a run: the first run of its component.
fn root(runs: &mut [Run], mut run: usize) -> usize {
    while runs[run].parent != run {
        let next = runs[runs[run].parent].parent;
        runs[run].parent = next;
        run = next;
    }
    run
}

fn join(runs: &mut [Run], a: usize, b: usize) {
    let (a, b) = (root(runs, a), root(runs, b));
    runs[a.max(b)].parent = a.min(b);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Vec<bool> {
        rows.iter()
            .flat_map(|row| row.bytes().map(|b| b == b'#'))
            .collect()
    }

    fn kept(rows: &[&str], wanted: &[usize]) -> Vec<bool> {
        let mut mask = mask(rows);
        keep_components(&mut mask, rows[0].len(), |pixel| wanted.contains(&pixel));
        mask
    }

    #[test]
    fn the_largest_component_stays_and_corners_connect() {
        let object = ["##....#", "##.....", "....#..", "...#.#.", "....#.#"];
        assert_eq!(
            kept(&object, &[]),
            mask(&[".......", ".......", "....#..", "...#.#.", "....#.#"])
        );
    }

    #[test]
    fn rows_do_not_connect_around_the_edge_of_the_picture() {
        assert_eq!(
            kept(&["...#", "#...", "#..."], &[]),
            mask(&["....", "#...", "#..."])
        );
        assert_eq!(
            kept(&["#...", "...#", "...#"], &[]),
            mask(&["....", "...#", "...#"])
        );
    }

    #[test]
    fn of_equal_components_the_first_stays() {
        assert_eq!(kept(&[".#.#", "...."], &[]), mask(&[".#..", "...."]));
    }

    #[test]
    fn wanted_components_stay_beside_the_largest() {
        assert_eq!(
            kept(&["##.#.#", "##...#"], &[3]),
            mask(&["##.#..", "##...."])
        );
    }

    #[test]
    fn arms_that_meet_below_are_one_component() {
        let object = ["#.#.#.##", "#.#.#.##", "###.#...", "..###..."];
        assert_eq!(
            kept(&object, &[]),
            mask(&["#.#.#...", "#.#.#...", "###.#...", "..###..."])
        );
    }

    #[test]
    fn components_of_noise_are_those_of_a_flood_fill() {
        use rand_chacha::rand_core::{RngCore, SeedableRng};
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        for (width, height) in [(1, 1), (1, 40), (40, 1), (23, 17), (64, 64)] {
            for density in [20, 40, 55, 80] {
                let noise: Vec<bool> = (0..width * height)
                    .map(|_| random.next_u32() % 100 < density)
                    .collect();
                let mut found = noise.clone();
                keep_components(&mut found, width, |_| false);
                assert_eq!(
                    found,
                    largest_by_flood_fill(&noise, width),
                    "{width} x {height}, {density} %"
                );
            }
        }
    }

    fn largest_by_flood_fill(mask: &[bool], width: usize) -> Vec<bool> {
        let mut seen = vec![false; mask.len()];
        let mut largest: Vec<usize> = Vec::new();
        for start in 0..mask.len() {
            let mut members = Vec::new();
            let mut open = vec![start];
            while let Some(pixel) = open.pop() {
                if mask[pixel] && !std::mem::replace(&mut seen[pixel], true) {
                    members.push(pixel);
                    let (x, y) = (pixel % width, pixel / width);
                    let near = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
                    open.extend(
                        near(y, mask.len() / width)
                            .flat_map(|y| near(x, width).map(move |x| y * width + x)),
                    );
                }
            }
            if members.len() > largest.len() {
                largest = members;
            }
        }
        (0..mask.len())
            .map(|pixel| largest.contains(&pixel))
            .collect()
    }
}
