//! Rows of pixels reduced as they come, for files that are larger than a picture may be.

/// Averages the area of each reduced pixel, in whole numbers: the same rows always give the same
/// bytes.
///
/// A pixel of the file covers `to / from` of a reduced one along each axis, at most two of them;
/// what it adds to either is counted in parts of `1 / (to * from)`, of which each reduced pixel
/// gets `from`.
pub(super) struct RowReducer {
    from: [u64; 2],
    to: [u64; 2],
    /// For each column of the file, the reduced column that it begins in and its parts there; the
    /// rest falls to the next one.
    columns: Vec<(usize, u32)>,
    /// Red, green and blue of the present row, reduced.
    line: Vec<[u32; 3]>,
    /// The same of the reduced row that is being summed up, and what of the last row belongs to the
    /// next one.
    sums: Vec<[u64; 3]>,
    next: Vec<[u64; 3]>,
    /// Rows of the file so far.
    row: u64,
    finished: Vec<u8>,
}

impl RowReducer {
    /// From rows of `from[0]` pixels, `from[1]` of them, to `to`, which is at least 1 and at most
    /// as much along each axis.
    pub(super) fn new(from: [u32; 2], to: [u32; 2]) -> Self {
        let (from, to) = (from.map(u64::from), to.map(u64::from));
        let narrow = |(first, parts): (usize, u64)| (first, parts as u32);
        let columns = (0..from[0])
            .map(|column| narrow(parts(column, from[0], to[0])))
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

    /// Takes the next row, opaque RGBA pixels, and gives the reduced row that it completes, if it
    /// completes one.
    pub(super) fn push(&mut self, row: &[u8]) -> Option<&[u8]> {
        // One column more, for the nothing that the last one has left.
        self.line.fill([0; 3]);
        let to = self.to[0] as u32;
        for (&[red, green, blue, _], &(column, parts)) in
            row.as_chunks().0.iter().zip(&self.columns)
        {
            for (channel, value) in [red, green, blue].map(u32::from).into_iter().enumerate() {
                self.line[column][channel] += parts * value;
                self.line[column + 1][channel] += (to - parts) * value;
            }
        }
        let (first, here) = parts(self.row, self.from[1], self.to[1]);
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

/// The reduced place in which the `place` begins, and how many of its `to` parts lie there.
fn parts(place: u64, from: u64, to: u64) -> (usize, u64) {
    let start = place * to;
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
            let overlap = |place: u32, reduced: u32, from: u32, to: u32| {
                let scale = f64::from(from) / f64::from(to);
                let (start, end) = (f64::from(reduced) * scale, f64::from(reduced + 1) * scale);
                ((f64::from(place) + 1.0).min(end) - f64::from(place).max(start)).max(0.0) / scale
            };
            for (at, pixel) in found.chunks_exact(4).enumerate() {
                let (column, row) = (at as u32 % to[0], at as u32 / to[0]);
                let mut mean = 0.0;
                for (y, x) in (0..from[1]).flat_map(|y| (0..from[0]).map(move |x| (y, x))) {
                    let share =
                        overlap(x, column, from[0], to[0]) * overlap(y, row, from[1], to[1]);
                    mean += share * f64::from(colour(x, y));
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
