//! The sizes of a value.

use std::fmt;

/// The sizes of one picture's value, without the batch axis: `[channels, rows, columns]` of a
/// feature map, `[features]` of a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// From the sizes, the channels first.
    pub fn new(sizes: impl Into<Vec<usize>>) -> Self {
        Self(sizes.into())
    }

    /// The sizes, the channels first.
    pub fn sizes(&self) -> &[usize] {
        &self.0
    }

    /// The number of values.
    pub fn elements(&self) -> usize {
        self.0.iter().product()
    }

    /// `[channels, rows, columns]`; a vector has one row and one column, and axes behind the third
    /// are counted with the columns.
    pub fn planes(&self) -> [usize; 3] {
        let size = |axis: usize| self.0.get(axis).copied().unwrap_or(1);
        [size(0), size(1), self.0.iter().skip(2).product()]
    }

    /// `[channels, rows, columns]`, if these are its axes.
    pub fn feature_map(&self) -> Option<[usize; 3]> {
        <[usize; 3]>::try_from(self.sizes()).ok()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        formatter.write_str(&sizes.join(" x "))
    }
}
