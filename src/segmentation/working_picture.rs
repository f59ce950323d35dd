//! The reduced picture on which the cut works, and the way back to the photo's frame.

use fast_image_resize::FilterType;

use super::colour_model::{Colour, ColourModel};
use crate::error::Error;
use crate::image_input::Picture;
use crate::preprocess::filtered;

/// A photo at the size of the cut; never empty.
pub struct WorkingPicture {
    /// Row-major.
    pub colours: Vec<Colour>,
    /// Columns.
    pub width: usize,
}

impl WorkingPicture {
    /// The photo with its long side reduced to at most `longest` pixels by averaging the area of each; smaller ones stay as they are.
    pub fn of(picture: &Picture, longest: u32) -> Result<Self, Error> {
        let (width, height) = (picture.width(), picture.height());
        let reduction = (f64::from(longest) / f64::from(width.max(height))).min(1.0);
        let [columns, rows] = [width, height].map(|side| ((f64::from(side) * reduction).round() as u32).max(1));
        if (columns, rows) == (width, height) {
            return Ok(Self {
                colours: picture.rgb().as_chunks::<3>().0.iter().map(|colour| colour.map(f32::from)).collect(),
                width: columns as usize,
            });
        }
        let reduced = filtered(picture, columns, rows, FilterType::Box)?;
        let colours = reduced.as_chunks::<4>().0.iter().map(|&[red, green, blue, _]| [red, green, blue].map(f32::from)).collect();
        Ok(Self { colours, width: columns as usize })
    }

    /// Columns and rows.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height()]
    }

    /// Colour models of the pixels with these numbers: the background's and the object's.
    pub fn models(&self, sides: &[Vec<u32>; 2], random_seed: u64) -> [ColourModel; 2] {
        sides.each_ref().map(|side| {
            let colours: Vec<Colour> = side.iter().map(|&number| self.colours[number as usize]).collect();
            ColourModel::fit(&colours, random_seed)
        })
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.colours.len() / self.width
    }
}
