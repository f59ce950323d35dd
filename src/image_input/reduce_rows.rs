//! Reduces a picture row by row, for files over the limits of a picture.

/// Area averaging in integers: the same rows give the same bytes on every machine.
///
/// Along each axis, a source pixel is `to / from` reduced pixels long and overlaps at most two of
/// them. Overlaps are integers, in units of `1 / from` reduced pixels: a source pixel has `to`
/// units, a reduced pixel `from`.
pub(super) struct RowReducer {
    from: [u64; 2],
    to: [u64; 2],
    /// By source column: the reduced column in which it begins, and its units there; the rest of
    /// its units fall into the next one.
    columns: Vec<(usize, u32)>,
    /// R, G and B of the current source row, reduced horizontally.
    line: Vec<[u32; 3]>,
    /// The weighted sum of the current reduced row, and the part of the last source row that
    /// belongs to the next one.
    sums: Vec<[u64; 3]>,
    next: Vec<[u64; 3]>,
    /// The number of source rows so far.
    row: u64,
    finished: Vec<u8>,
}

impl RowReducer {
    /// A reducer from `from` columns and rows to `to` columns and rows, each at least 1 and at most
    /// that of `from`.
    pub(super) fn new(from: [u32; 2], to: [u32; 2]) -> Self {
        let (from, to) = (from.map(u64::from), to.map(u64::from));
        let narrow = |(first, units): (usize, u64)| (first, units as u32);
        let columns = (0..from[0])
            .map(|column| narrow(overlap(column, from[0], to[0])))
            .collect();
        let line = vec![[0; 3]; to[0] as usize + 1];
        let empty = vec![[0; 3]; to[0] as usize];
        Self {
            from,
            to,
            columns,
            line,
            sums: empty.clone(),
            next: empty,
            row: 0,
            finished: Vec::new(),
        }
    }

    /// Adds the next row of opaque RGBA pixels. Returns the reduced row that it completes, if any.
    pub(super) fn push(&mut self, row: &[u8]) -> Option<&[u8]> {
        // `line` has one column more, for the last column's rest of 0.
        self.line.fill([0; 3]);
        let to = self.to[0] as u32;
        for (&[red, green, blue, _], &(column, units)) in
            row.as_chunks().0.iter().zip(&self.columns)
        {
            for (channel, value) in [red, green, blue].map(u32::from).into_iter().enumerate() {
                self.line[column][channel] += units * value;
                self.line[column + 1][channel] += (to - units) * value;
            }
        }
        let (first, here) = overlap(self.row, self.from[1], self.to[1]);
        let rest = self.to[1] - here;
        for ((sum, next), value) in self.sums.iter_mut().zip(&mut self.next).zip(&self.line) {
            for channel in 0..3 {
                let value = u64::from(value[channel]);
                sum[channel] += here * value;
                next[channel] = rest * value;
            }
        }
        self.row += 1;
        if self.row * self.to[1] < (first as u64 + 1) * self.from[1] {
            return None;
        }
        let whole = self.from[0] * self.from[1];
        self.finished.clear();
        for sum in &self.sums {
            let [red, green, blue] = sum.map(|value| ((value + whole / 2) / whole) as u8);
            self.finished.extend([red, green, blue, 255]);
        }
        std::mem::swap(&mut self.sums, &mut self.next);
        Some(&self.finished)
    }
}

/// The reduced row or column in which the source row or column `index` begins, and how many of its
/// `to` units overlap it.
fn overlap(index: u64, from: u64, to: u64) -> (usize, u64) {
    let start = index * to;
    let first = start / from;
    (first as usize, to.min((first + 1) * from - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(from: [u32; 2], to: [u32; 2], colour: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let mut reducer = RowReducer::new(from, to);
        let mut out = Vec::new();
        for y in 0..from[1] {
            let row: Vec<u8> = (0..from[0])
                .flat_map(|x| [colour(x, y), 255 - colour(x, y), 7, 255])
                .collect();
            out.extend(reducer.push(&row).into_iter().flatten());
        }
        out
    }

    #[test]
    fn every_pixel_is_the_mean_of_the_area_that_it_covers() {
        for (from, to) in [
            ([7, 5], [3, 2]),
            ([12, 9], [8, 6]),
            ([5, 5], [5, 4]),
            ([9, 1], [4, 1]),
            ([3, 8], [1, 1]),
        ] {
            let colour = |x: u32, y: u32| ((x * 83 + y * 47 + x * y * 13) % 256) as u8;
            let found = reduced(from, to, colour);
            assert_eq!(
                found.len(),
                (to[0] * to[1] * 4) as usize,
                "{from:?} to {to:?}"
            );
            let overlap = |index: u32, reduced: u32, from: u32, to: u32| {
                let scale = f64::from(from) / f64::from(to);
                let (start, end) = (f64::from(reduced) * scale, f64::from(reduced + 1) * scale);
                ((f64::from(index) + 1.0).min(end) - f64::from(index).max(start)).max(0.0) / scale
            };
            for (index, pixel) in found.chunks_exact(4).enumerate() {
                let (column, row) = (index as u32 % to[0], index as u32 / to[0]);
                let mut mean = 0.0;
                for (y, x) in (0..from[1]).flat_map(|y| (0..from[0]).map(move |x| (y, x))) {
                    let fraction =
                        overlap(x, column, from[0], to[0]) * overlap(y, row, from[1], to[1]);
                    mean += fraction * f64::from(colour(x, y));
                }
                assert!(
                    (f64::from(pixel[0]) - mean).abs() <= 0.501,
                    "{from:?} to {to:?} at {column}, {row}: {pixel:?}, {mean}"
                );
                assert_eq!(pixel[2..], [7, 255]);
            }
        }
    }

    #[test]
    fn its_own_size_gives_the_rows_back() {
        let found = reduced([6, 4], [6, 4], |x, y| (x * 40 + y) as u8);
        let reds: Vec<u8> = found.chunks_exact(4).map(|pixel| pixel[0]).collect();
        let own: Vec<u8> = (0..24).map(|i| (i % 6 * 40 + i / 6) as u8).collect();
        assert_eq!(reds, own);
    }
}
