//! A mask with soft edges in little memory: most of its pixels are wholly object or wholly
//! background.

/// Stretches of equal values that are at least so long are kept as one.
const LONG: usize = 16;

/// How much of each pixel is object, 0..=255, in rows of the same length. What is kept are the soft
/// edges, and between them how far it is to the next one.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftMask {
    width: usize,
    /// Where each row begins in `stretches` and in `single`.
    rows: Vec<[usize; 2]>,
    stretches: Vec<Stretch>,
    /// The values of all stretches that have more than one.
    single: Vec<u8>,
}

/// Neighbouring pixels of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    length: usize,
    /// What all of them are; `None`: each has its own value.
    value: Option<u8>,
}

impl SoftMask {
    /// A mask without rows, of `width` columns.
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            rows: Vec::new(),
            stretches: Vec::new(),
            single: Vec::new(),
        }
    }

    /// Adds a row of `width` values.
    pub(super) fn push_row(&mut self, mut row: &[u8]) {
        self.rows.push([self.stretches.len(), self.single.len()]);
        let mut apart = 0;
        while let [first, ..] = row {
            let (same, rest) = row.split_at(
                row.iter()
                    .position(|value| value != first)
                    .unwrap_or(row.len()),
            );
            if same.len() < LONG {
                apart += same.len();
                self.single.extend_from_slice(same);
            } else {
                self.push_apart(&mut apart);
                self.stretches.push(Stretch {
                    length: same.len(),
                    value: Some(*first),
                });
            }
            row = rest;
        }
        self.push_apart(&mut apart);
    }

    fn push_apart(&mut self, length: &mut usize) {
        if *length > 0 {
            self.stretches.push(Stretch {
                length: *length,
                value: None,
            });
            *length = 0;
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// A row's values; `into` is as long as a row. Of a row that there is not, nothing.
    pub fn read_row(&self, row: usize, into: &mut [u8]) {
        let Some(&[stretch, mut single]) = self.rows.get(row) else {
            return;
        };
        let mut left = into;
        for &Stretch { length, value } in &self.stretches[stretch..] {
            let Some((part, rest)) = left.split_at_mut_checked(length) else {
                break;
            };
            match value {
                Some(value) => part.fill(value),
                None => {
                    part.copy_from_slice(&self.single[single..single + length]);
                    single += length;
                }
            }
            left = rest;
            if left.is_empty() {
                break;
            }
        }
    }

    /// All values, row-major.
    pub fn values(&self) -> Vec<u8> {
        let mut values = vec![0; self.width * self.rows.len()];
        for (row, into) in values.chunks_exact_mut(self.width.max(1)).enumerate() {
            self.read_row(row, into);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_pushed() {
        // Stretches of all lengths around the one from which on they count as long, of equal values
        // and of others, also at either end.
        let mut rows: Vec<Vec<u8>> = Vec::new();
        for length in [1, 2, LONG - 1, LONG, LONG + 1, 60] {
            for value in [0, 9, 255] {
                let mut row: Vec<u8> = vec![value; length];
                row.extend((0..40).map(|i| i * 6));
                row.resize(120 - length, 255);
                row.resize(120, value);
                rows.push(row.iter().rev().copied().collect());
                rows.push(row);
            }
        }
        let mut mask = SoftMask::new(120);
        for row in &rows {
            mask.push_row(row);
        }
        assert_eq!((mask.width(), mask.height()), (120, rows.len()));
        assert_eq!(mask.values(), rows.concat());
        let mut read = [7; 120];
        for (number, row) in rows.iter().enumerate().rev() {
            mask.read_row(number, &mut read);
            assert_eq!(read[..], row[..]);
        }
        mask.read_row(rows.len(), &mut read);
        assert_eq!(read[..], rows[0][..]);
    }

    #[test]
    fn a_large_mask_with_one_soft_edge_takes_little() {
        let mut mask = SoftMask::new(8_000);
        for row in 0..100 {
            let values: Vec<u8> = (0..8_000)
                .map(|column| (column - 2_000 + row).clamp(0, 255) as u8)
                .collect();
            mask.push_row(&values);
        }
        let bytes = mask.single.len() + mask.stretches.len() * size_of::<Stretch>();
        assert!(bytes < 100 * 400, "{bytes} bytes");
    }
}
