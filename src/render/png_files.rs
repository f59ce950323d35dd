//! Writes results as PNG files of the photo's size, row by row, without a copy of a large photo.

use std::io::Write;

use super::overlay::{MapLayer, overlay_rows};
use super::write_png::{PngRows, PngValues};
use crate::error::Error;
use crate::image_input::Picture;
use crate::progress::Progress;
use crate::segmentation::{Segmentation, mask};

/// Rows between two progress reports.
const ROWS: usize = 256;

/// Writes the [`overlay`](super::overlay()) of the photo.
///
/// # Errors
/// `internal` if writing to the sink fails; `cancelled` by `progress`.
pub async fn write_overlay<W: Write + 'static>(
    photo: &Picture,
    layer: &MapLayer,
    sink: W,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let mut png = PngRows::new(sink, photo.width(), photo.height(), PngValues::Rgba)?;
    let each = |_: usize, rgba: Vec<u8>| png.push(&rgba);
    write_rows(overlay_rows(photo, layer), photo.height(), each, progress).await?;
    png.finish()
}

/// Writes the photo's object on a transparent background, with a soft edge. Fully transparent
/// pixels are black, so the file does not contain the background.
///
/// # Errors
/// `internal` if the photo has another size than the object, or writing to the sink fails;
/// `cancelled` by `progress`.
pub async fn write_cutout<W: Write + 'static>(
    photo: &Picture,
    object: &Segmentation,
    sink: W,
    progress: &dyn Progress,
) -> Result<(), Error> {
    if (photo.width(), photo.height()) != (object.width, object.height) {
        return Err(Error::Internal(
            "the object is of a photo of another size".to_owned(),
        ));
    }
    let mut png = PngRows::new(sink, object.width, object.height, PngValues::Rgba)?;
    let mut line = vec![0; object.width as usize * 4];
    let colours = |row: usize| {
        photo
            .rgb()
            .chunks_exact(object.width as usize * 3)
            .nth(row)
            .unwrap_or_default()
    };
    let each = |row: usize, alpha: Vec<u8>| {
        let pixels = line
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(colours(row).as_chunks::<3>().0);
        for ((pixel, &[red, green, blue]), alpha) in pixels.zip(alpha) {
            *pixel = if alpha == 0 {
                [0; 4]
            } else {
                [red, green, blue, alpha]
            };
        }
        png.push(&line)
    };
    write_rows(alpha_rows(object), object.height, each, progress).await?;
    png.finish()
}

/// Writes the object's mask, white on black.
///
/// # Errors
/// `internal` if writing to the sink fails; `cancelled` by `progress`.
pub async fn write_mask<W: Write + 'static>(
    object: &Segmentation,
    sink: W,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let mut png = PngRows::new(sink, object.width, object.height, PngValues::Grey)?;
    let mut line = vec![0; object.width as usize];
    let each = |_: usize, alpha: Vec<u8>| {
        line.iter_mut()
            .zip(alpha)
            .for_each(|(value, alpha)| *value = mask(alpha));
        png.push(&line)
    };
    write_rows(alpha_rows(object), object.height, each, progress).await?;
    png.finish()
}

/// The rows of an object's soft mask.
fn alpha_rows(object: &Segmentation) -> impl Iterator<Item = Vec<u8>> {
    (0..object.height as usize).map(|row| {
        let mut alpha = vec![0; object.width as usize];
        object.alpha.read_row(row, &mut alpha);
        alpha
    })
}

/// Passes each of `height` rows, with its index, to `write`, and reports progress.
async fn write_rows(
    rows: impl Iterator<Item = Vec<u8>>,
    height: u32,
    mut write: impl FnMut(usize, Vec<u8>) -> Result<(), Error>,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let height = height as usize;
    for (index, row) in rows.enumerate() {
        if index % ROWS == 0 {
            progress.report(index, height).await?;
        }
        write(index, row)?;
    }
    progress.report(height, height).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::rc::Rc;

    use pollster::block_on;

    use super::super::write_png::tests::Sink;
    use super::*;
    use crate::image_input::decode_file;
    use crate::progress::NoProgress;
    use crate::segmentation::{BoundingBox, CutSettings, Prompt, segment_object};

    /// A bright square on a dark background, cut out by a rectangle around it.
    fn square() -> (Picture, Segmentation) {
        let inside = |at: u32| (20..50).contains(&at);
        let colour = |x: u32, y: u32| {
            if inside(x) && inside(y) {
                [230, 180 + (x % 7) as u8, 40, 255]
            } else {
                [20, (y % 9) as u8, 60, 255]
            }
        };
        let rgba = (0..60)
            .flat_map(|y| (0..70).flat_map(move |x| colour(x, y)))
            .collect();
        let photo = Rc::new(Picture::from_rgba(rgba, 70, 60).unwrap());
        let around = Prompt::Rectangle(BoundingBox {
            x: 15,
            y: 15,
            width: 40,
            height: 40,
        });
        let object = block_on(segment_object(
            &photo,
            around,
            &CutSettings::rectangle(),
            &NoProgress,
        ))
        .unwrap();
        (Rc::unwrap_or_clone(photo), object)
    }

    #[test]
    fn the_mask_is_white_where_the_object_is() {
        let (_, object) = square();
        let sink = Sink::default();
        block_on(write_mask(&object, sink.clone(), &NoProgress)).unwrap();
        let file = decode_file(&sink.0.take()).unwrap();
        assert_eq!((file.width(), file.height()), (70, 60));
        let expected: Vec<u8> = object.mask().iter().flat_map(|&value| [value; 3]).collect();
        assert!(file.rgb() == expected && object.pixels > 800);
    }

    #[test]
    fn only_the_object_keeps_its_colours_in_the_cut_out() {
        let (photo, object) = square();
        let sink = Sink::default();
        block_on(write_cutout(&photo, &object, sink.clone(), &NoProgress)).unwrap();
        let file = image::load_from_memory(&sink.0.take())
            .unwrap()
            .into_rgba8();
        let expected = photo
            .rgb()
            .as_chunks::<3>()
            .0
            .iter()
            .zip(object.alpha.values());
        let expected: Vec<u8> = expected
            .flat_map(|(&[r, g, b], alpha)| if alpha == 0 { [0; 4] } else { [r, g, b, alpha] })
            .collect();
        assert!(*file.as_raw() == expected);
        let other = Picture::from_rgba(vec![9; 4 * 60 * 70], 60, 70).unwrap();
        assert_eq!(
            block_on(write_cutout(&other, &object, Sink::default(), &NoProgress))
                .unwrap_err()
                .code(),
            "internal"
        );
    }
}
