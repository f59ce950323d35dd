//! The reduced picture on which the cut works, and the way back to the photo's frame.

use super::colour_model::{Colour, ColourModel};
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::{Filter, fit_within};

/// A photo at the size of the cut; never empty.
pub struct WorkingPicture {
    /// Row-major.
    pub colours: Vec<Colour>,
    /// Columns.
    pub width: usize,
}

impl WorkingPicture {
    /// The photo with its long side reduced to at most `longest` pixels by averaging the area of
    /// each; smaller ones stay as they are.
    pub fn of(picture: &Picture, longest: u32) -> Result<Self, Error> {
        let reduced = fit_within(picture, longest, Filter::Box)?;
        Ok(Self {
            colours: colours(reduced.rgba()),
            width: reduced.width() as usize,
        })
    }

    /// Columns and rows.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height()]
    }

    /// Colour models of the pixels with these numbers: the background's and the object's.
    pub fn models(&self, sides: &[Vec<u32>; 2], random_seed: u64) -> [ColourModel; 2] {
        sides.each_ref().map(|side| {
            let colours: Vec<Colour> = side
                .iter()
                .map(|&number| self.colours[number as usize])
                .collect();
            ColourModel::fit(&colours, random_seed)
        })
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.colours.len() / self.width
    }
}

fn colours(rgba: &[u8]) -> Vec<Colour> {
    rgba.chunks_exact(4)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]].map(f32::from))
        .collect()
}
