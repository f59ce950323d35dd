//! From decoded pixels to a picture: composites them on white, reduces them if there are too many,
//! and turns them upright.

use image::metadata::Orientation;

use super::limits::{picture_size, zeros};
use super::picture::{Picture, composite_on_white, without_alpha};
use super::reduce_rows::RowReducer;
use crate::error::Error;

/// A decoder's result: RGBA pixels in sRGB, row-major from the top left, in the file's orientation.
pub(super) struct Decoded {
    /// Four bytes per pixel.
    pub rgba: Vec<u8>,
    /// Columns and rows of the pixels: the file's, or fewer if the decoder has reduced them.
    pub size: (u32, u32),
    /// Columns and rows of the file, before it is turned upright.
    pub file_size: (u32, u32),
    /// The orientation that turns the pixels upright.
    pub orientation: Orientation,
}

impl Decoded {
    /// The picture.
    ///
    /// # Errors
    /// `picture-empty` and `picture-too-large` by the file's size; `picture-too-large` also when
    /// memory is exhausted.
    pub fn into_picture(mut self) -> Result<Picture, Error> {
        composite_on_white(&mut self.rgba);
        let size = picture_size(self.file_size.0, self.file_size.1)?;
        if size != self.size {
            reduce(&mut self.rgba, self.size, size);
        }
        let turned = matches!(self.orientation.to_exif(), 5..);
        let rgba = turn(self.rgba, size, self.orientation)?;
        let upright = |(columns, rows)| {
            if turned {
                (rows, columns)
            } else {
                (columns, rows)
            }
        };
        let ((width, height), file_size) = (upright(size), upright(self.file_size));
        Ok(Picture {
            width,
            height,
            file_size,
            rgb: without_alpha(rgba),
        })
    }
}

/// Reduces opaque pixels from `from` to `to` columns and rows, in place: a reduced row lies before
/// the rows that it is computed from, so nothing is overwritten before it is read.
fn reduce(rgba: &mut Vec<u8>, from: (u32, u32), to: (u32, u32)) {
    let mut reducer = RowReducer::new([from.0, from.1], [to.0, to.1]);
    let mut end = 0;
    for row in 0..from.1 as usize {
        let old = row * from.0 as usize * 4;
        if let Some(reduced) = reducer.push(&rgba[old..old + from.0 as usize * 4]) {
            rgba[end..end + reduced.len()].copy_from_slice(reduced);
            end += reduced.len();
        }
    }
    rgba.truncate(end);
    rgba.shrink_to_fit();
}

/// Turns `width * height` pixels upright, in place unless the orientation swaps rows and columns.
fn turn(
    mut rgba: Vec<u8>,
    (width, height): (u32, u32),
    orientation: Orientation,
) -> Result<Vec<u8>, Error> {
    let (width, height) = (width as usize, height as usize);
    let (pixels, _) = rgba.as_chunks_mut::<4>();
    match orientation {
        Orientation::NoTransforms => {}
        Orientation::Rotate180 => pixels.reverse(),
        Orientation::FlipHorizontal => pixels.chunks_exact_mut(width).for_each(<[_]>::reverse),
        Orientation::FlipVertical => {
            let (upper, lower) = pixels.split_at_mut(height / 2 * width);
            for (up, down) in upper
                .chunks_exact_mut(width)
                .zip(lower.chunks_exact_mut(width).rev())
            {
                up.swap_with_slice(down);
            }
        }
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => {
            let mut turned = zeros(rgba.len())?;
            let (pixels, _) = rgba.as_chunks::<4>();
            // A stored row becomes an upright column, a stored column an upright row.
            let from_right = matches!(
                orientation,
                Orientation::Rotate90 | Orientation::Rotate270FlipH
            );
            let from_below = matches!(
                orientation,
                Orientation::Rotate270 | Orientation::Rotate270FlipH
            );
            let (upright, _) = turned.as_chunks_mut::<4>();
            // In blocks, so that reads and writes both stay in the cache.
            const BLOCK: usize = 32;
            for top in (0..height).step_by(BLOCK) {
                for left in (0..width).step_by(BLOCK) {
                    for row in top..height.min(top + BLOCK) {
                        let upright_column = if from_right { height - 1 - row } else { row };
                        for column in left..width.min(left + BLOCK) {
                            let upright_row = if from_below {
                                width - 1 - column
                            } else {
                                column
                            };
                            upright[upright_row * height + upright_column] =
                                pixels[row * width + column];
                        }
                    }
                }
            }
            return Ok(turned);
        }
    }
    Ok(rgba)
}
