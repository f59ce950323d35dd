//! Resizing without aliasing.

use fast_image_resize::images::{CroppedImageMut, Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::error::Error;
use crate::image_input::Picture;

/// How source pixels are weighed in a pixel of the result. Both filters are widened by the scale
/// when shrinking, so that every source pixel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// A triangle: antialiased bilinear, the `BILINEAR` of Pillow and of torchvision's reference
    /// code. Agrees with Pillow to within 1 of 255.
    Bilinear,
    /// A box: the mean of the area that the pixel covers.
    Box,
}

impl From<Filter> for FilterType {
    fn from(filter: Filter) -> Self {
        match filter {
            Filter::Bilinear => FilterType::Bilinear,
            Filter::Box => FilterType::Box,
        }
    }
}

/// Columns that are filtered at a time: a few megabytes of the highest picture.
const STRIP: usize = 64;

/// The whole picture, edge to edge, in `width` x `height` pixels; the aspect ratio is not kept. The
/// picture's own size gives it back unchanged.
///
/// # Errors
/// `picture-empty` when a side is 0.
///
/// ```
/// use deep_inside::Picture;
/// use deep_inside::imaging::{Filter, resize};
///
/// let picture = Picture::from_rgba([[0, 0, 0, 255], [200, 100, 50, 255]].concat(), 2, 1)?;
/// let mean = resize(&picture, 1, 1, Filter::Box)?;
/// assert_eq!(mean.rgba(), [100, 50, 25, 255]);
/// # Ok::<(), deep_inside::Error>(())
/// ```
pub fn resize(
    picture: &Picture,
    width: u32,
    height: u32,
    filter: Filter,
) -> Result<Picture, Error> {
    if (width, height) == (picture.width(), picture.height()) {
        return Ok(picture.clone());
    }
    if width == 0 || height == 0 {
        return Err(Error::PictureEmpty);
    }
    Picture::from_rgba(filtered(picture, width, height, filter)?, width, height)
}

/// The whole picture in `width` x `height` pixels, at least 1 each, by a filter: opaque RGBA,
/// row-major. First along the columns and then along the rows, so that a strip of columns at a time
/// is enough of the picture in the four bytes that the filter reads.
///
/// # Errors
/// `internal` when the filter refuses.
fn filtered(picture: &Picture, width: u32, height: u32, filter: Filter) -> Result<Vec<u8>, Error> {
    let internal =
        |error: &dyn std::error::Error| Error::Internal(format!("resizing the picture: {error}"));
    let (columns, rows) = (picture.width() as usize, picture.height() as usize);
    // Pictures are opaque: there is no alpha to weigh the colours by.
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter.into()))
        .use_alpha(false);
    let mut resizer = Resizer::new();
    let mut lower = Image::new(picture.width(), height, PixelType::U8x4);
    for first in (0..columns).step_by(STRIP) {
        let count = STRIP.min(columns - first);
        let mut strip = vec![255; count * rows * 4];
        for (to, from) in strip
            .chunks_exact_mut(count * 4)
            .zip(picture.rgb().chunks_exact(columns * 3))
        {
            let colours = from[first * 3..(first + count) * 3].as_chunks::<3>().0;
            for (pixel, colour) in to.as_chunks_mut::<4>().0.iter_mut().zip(colours) {
                pixel[..3].copy_from_slice(colour);
            }
        }
        let strip = ImageRef::new(count as u32, picture.height(), &strip, PixelType::U8x4)
            .map_err(|error| internal(&error))?;
        let mut into = CroppedImageMut::new(&mut lower, first as u32, 0, count as u32, height)
            .map_err(|error| internal(&error))?;
        resizer
            .resize(&strip, &mut into, &options)
            .map_err(|error| internal(&error))?;
    }
    let mut resized = Image::new(width, height, PixelType::U8x4);
    resizer
        .resize(&lower, &mut resized, &options)
        .map_err(|error| internal(&error))?;
    Ok(resized.into_vec())
}

/// The picture shrunk, at its own aspect ratio, until no side is longer than `long_side` pixels; a
/// smaller one comes back unchanged.
///
/// # Errors
/// `picture-empty` when `long_side` is 0.
pub fn fit_within(picture: &Picture, long_side: u32, filter: Filter) -> Result<Picture, Error> {
    if long_side == 0 {
        return Err(Error::PictureEmpty);
    }
    let (width, height) = (picture.width(), picture.height());
    let scale = (f64::from(long_side) / f64::from(width.max(height))).min(1.0);
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    resize(picture, scaled(width), scaled(height), filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, colour: impl Fn(u32, u32) -> [u32; 3]) -> Picture {
        let mut rgba = Vec::new();
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            rgba.extend(colour(x, y).map(|value| value as u8));
            rgba.push(255);
        }
        Picture::from_rgba(rgba, width, height).unwrap()
    }

    /// Made with pillow 13.0.0 and numpy: `y, x = numpy.mgrid[0:4, 0:12]; a = numpy.stack([x*37 +
    /// y*11, x*x*7 + y*5, x*y*30], -1).astype(numpy.uint8)`, then
    /// `numpy.array(Image.fromarray(a).resize(size, Image.Resampling.BILINEAR)).ravel()`.
    #[test]
    fn resizing_agrees_with_pillow() {
        #[rustfmt::skip]
        let narrower_and_higher = [
            34, 10, 0, 115, 74, 0, 162, 177, 0, 58, 140, 0, 117, 122, 0, 38, 12, 10, 119, 76, 33, 166, 148, 59, 62, 134, 60,
            121, 124, 19, 44, 15, 26, 125, 79, 86, 172, 101, 153, 68, 124, 156, 127, 127, 48, 51, 18, 42, 132, 82, 129, 179,
            98, 140, 75, 126, 158, 134, 130, 75, 57, 20, 57, 138, 84, 159, 185, 100, 115, 81, 128, 147, 140, 132, 101, 63, 23,
            70, 144, 87, 118, 191, 103, 112, 87, 131, 136, 146, 135, 128, 67, 25, 78, 148, 89, 93, 195, 105, 111, 91, 133, 129,
            150, 137, 144,
        ];
        let tiny = [87, 46, 65, 149, 114, 109, 107, 127, 91];
        let photo = picture(12, 4, |x, y| {
            [x * 37 + y * 11, x * x * 7 + y * 5, x * y * 30]
        });
        for (golden, width, height) in [(&narrower_and_higher[..], 5, 7), (&tiny[..], 3, 1)] {
            let resized = resize(&photo, width, height, Filter::Bilinear).unwrap();
            let differences = resized
                .rgb()
                .iter()
                .zip(golden)
                .map(|(ours, pillows)| ours.abs_diff(*pillows));
            assert!(differences.max().unwrap() <= 1, "{width} x {height}");
        }
    }

    #[test]
    fn every_pixel_counts_when_shrinking() {
        let checks = picture(400, 400, |x, y| [(x + y) % 2 * 255; 3]);
        assert!(
            resize(&checks, 10, 10, Filter::Bilinear)
                .unwrap()
                .rgb()
                .iter()
                .all(|value| value.abs_diff(127) <= 2)
        );
    }

    #[test]
    fn its_own_size_gives_the_picture_back() {
        let photo = picture(7, 5, |x, y| [x * 30, y * 50, x * y]);
        assert_eq!(resize(&photo, 7, 5, Filter::Bilinear).unwrap(), photo);
    }

    #[test]
    fn fitting_keeps_the_aspect_ratio_and_never_enlarges() {
        for (size, long_side, fitted) in [
            ((300, 200), 150, (150, 100)),
            ((200, 300), 150, (100, 150)),
            ((1, 5_000), 1_024, (1, 1_024)),
            ((1_024, 3), 1_024, (1_024, 3)),
            ((20, 10), 1_024, (20, 10)),
        ] {
            let fitting = fit_within(
                &picture(size.0, size.1, |_, _| [0; 3]),
                long_side,
                Filter::Box,
            )
            .unwrap();
            assert_eq!((fitting.width(), fitting.height()), fitted);
        }
    }

    #[test]
    fn nothing_to_resize_to_is_an_empty_picture() {
        let photo = picture(2, 2, |_, _| [0; 3]);
        assert_eq!(
            resize(&photo, 0, 3, Filter::Bilinear),
            Err(Error::PictureEmpty)
        );
        assert_eq!(fit_within(&photo, 0, Filter::Box), Err(Error::PictureEmpty));
    }
}
