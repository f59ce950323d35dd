//! How much the pixels that a saliency map marks matter to the target: tests that cover parts of
//! the photo.
//!
//! A map is faithful if covering its brightest cells lowers the target more than covering as many
//! others does. Cells are covered with the mean colour, which is 0 in the network's input.

mod cells;
mod cover_test;
mod deletion;

pub use cells::CellSettings;
pub use cover_test::{CoverTest, CoverTestSettings, cover_test};
pub use deletion::{DeletionCurves, deletion_curves};
