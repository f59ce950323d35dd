//! The reduced picture on which the cut works, and the way back to the photo's frame.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::colour_model::{Colour, ColourModel};
use crate::error::Error;
use crate::image_input::Picture;

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
        let (width, height) = (picture.width(), picture.height());
        let reduction = (f64::from(longest) / f64::from(width.max(height))).min(1.0);
        let [columns, rows] =
            [width, height].map(|side| ((f64::from(side) * reduction).round() as u32).max(1));
        if (columns, rows) == (width, height) {
            return Ok(Self {
                colours: colours(picture.rgba()),
                width: width as usize,
            });
        }
        let internal = |error: &dyn std::fmt::Display| {
            Error::Internal(format!("reducing the picture for the cut: {error}"))
        };
        let photo = ImageRef::new(width, height, picture.rgba(), PixelType::U8x4)
            .map_err(|error| internal(&error))?;
        let mut reduced = Image::new(columns, rows, PixelType::U8x4);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Box))
            .use_alpha(false);
        Resizer::new()
            .resize(&photo, &mut reduced, &options)
            .map_err(|error| internal(&error))?;
        Ok(Self {
            colours: colours(reduced.buffer()),
            width: columns as usize,
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
