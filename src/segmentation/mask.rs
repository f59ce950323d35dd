//! From the labels of a cut to one object: the largest connected component and its box.

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

/// Keeps the largest of the mask's components and clears the others. Pixels are connected when they touch by a side or a corner,
/// as they are in the graph. Of several equally large components the one that comes first in reading order stays.
pub fn keep_largest_component(mask: &mut [bool], width: usize) {
    let mut component = vec![0u32; mask.len()];
    let mut members = Vec::new();
    let mut largest = (0, 0);
    let mut count = 0;
    for start in 0..mask.len() {
        if !mask[start] || component[start] != 0 {
            continue;
        }
        count += 1;
        component[start] = count;
        let mut size = 0;
        members.push(start);
        while let Some(pixel) = members.pop() {
            size += 1;
            let (x, y) = (pixel % width, pixel / width);
            for row in y.saturating_sub(1)..=y + 1 {
                for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let neighbour = row * width + column;
                    if neighbour < mask.len() && mask[neighbour] && component[neighbour] == 0 {
                        component[neighbour] = count;
                        members.push(neighbour);
                    }
                }
            }
        }
        if size > largest.0 {
            largest = (size, count);
        }
    }
    for (inside, &number) in mask.iter_mut().zip(&component) {
        *inside &= number == largest.1;
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
    fn the_largest_component_stays_and_corners_connect() {
        let mut object = mask(&["##....#", "##.....", "....#..", "...#.#.", "....#.#"]);
        keep_largest_component(&mut object, 7);
        assert_eq!(object, mask(&[".......", ".......", "....#..", "...#.#.", "....#.#"]));
    }

    #[test]
    fn rows_do_not_connect_around_the_edge_of_the_picture() {
        let mut object = mask(&["...#", "#...", "#..."]);
        keep_largest_component(&mut object, 4);
        assert_eq!(object, mask(&["....", "#...", "#..."]));
    }

    #[test]
    fn of_equal_components_the_first_stays() {
        let mut object = mask(&[".#.#", "...."]);
        keep_largest_component(&mut object, 4);
        assert_eq!(object, mask(&[".#..", "...."]));
    }

    #[test]
    fn the_box_fits_tightly() {
        let object = mask(&["......", "...#..", ".#....", "......"]);
        assert_eq!(BoundingBox::of(&object, 6), Some(BoundingBox { x: 1, y: 1, width: 3, height: 2 }));
        assert_eq!(BoundingBox::of(&[true], 1), Some(BoundingBox { x: 0, y: 0, width: 1, height: 1 }));
        assert_eq!(BoundingBox::of(&[false; 6], 3), None);
    }
}
