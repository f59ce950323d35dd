//! The box around an object.

/// A box in pixels: columns `x .. x + width`, rows `y .. y + height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoundingBox {
    /// The first column.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

impl BoundingBox {
    /// The smallest box around all true pixels of a row-major mask; `None` when there are none.
    pub fn of(mask: &[bool], width: usize) -> Option<Self> {
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for (y, row) in mask.chunks_exact(width.max(1)).enumerate() {
            let Some(first) = row.iter().position(|&inside| inside) else { continue };
            let last = row.iter().rposition(|&inside| inside).unwrap_or(first);
            (left, right, top, bottom) = (left.min(first), right.max(last), top.min(y), y);
        }
        (left <= right).then(|| Self {
            x: left as u32,
            y: top as u32,
            width: (right - left + 1) as u32,
            height: (bottom - top + 1) as u32,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Vec<bool> {
        rows.iter().flat_map(|row| row.bytes().map(|b| b == b'#')).collect()
    }

    #[test]
    fn the_box_fits_tightly() {
        let object = mask(&["......", "...#..", ".#....", "......"]);
        assert_eq!(BoundingBox::of(&object, 6), Some(BoundingBox { x: 1, y: 1, width: 3, height: 2 }));
        assert_eq!(BoundingBox::of(&[true], 1), Some(BoundingBox { x: 0, y: 0, width: 1, height: 1 }));
        assert_eq!(BoundingBox::of(&[false; 6], 3), None);
    }
}
