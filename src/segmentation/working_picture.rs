//! The reduced picture that is cut.

use crate::error::Error;
use crate::graph_cut::colour_model::{Colour, ColourModel};
use crate::image_input::Picture;
use crate::imaging::{Filter, fit_within};

/// A photo reduced to the size of the cut; never empty.
#[derive(Clone)]
pub struct WorkingPicture {
    /// The pixels, row-major.
    pub colours: Vec<Colour>,
    /// Columns.
    pub width: usize,
}

impl WorkingPicture {
    /// The photo with its long side reduced to at most `longest` pixels by area averaging; a
    /// smaller photo keeps its size.
    ///
    /// # Errors
    /// `internal` when the resizer fails.
    pub fn of(picture: &Picture, longest: u32) -> Result<Self, Error> {
        let reduced = fit_within(picture, longest, Filter::Box)?;
        let colours = reduced.rgb().as_chunks::<3>().0;
        Ok(Self {
            colours: colours.iter().map(|colour| colour.map(f32::from)).collect(),
            width: reduced.width() as usize,
        })
    }

    /// Columns and rows.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height()]
    }

    /// Colour models of the background's and of the object's pixels, given by row-major indices.
    pub fn models(&self, seeds: &[Vec<u32>; 2], random_seed: u64) -> [ColourModel; 2] {
        seeds.each_ref().map(|side| {
            let colours: Vec<Colour> = side
                .iter()
                .map(|&pixel| self.colours[pixel as usize])
                .collect();
            ColourModel::fit(&colours, random_seed)
        })
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.colours.len() / self.width
    }
}
