//! The object without its background.

use crate::image_input::Picture;

/// The photo's colours with the mask as alpha: RGBA pixels, row-major.
///
/// In: `mask`, one value for each pixel of `picture`, row-major, 0 (background) to 255 (object).
/// Colours of pixels that are wholly transparent are 0, so that a saved cut-out does not carry the
/// background along.
pub fn cutout(picture: &Picture, mask: &[u8]) -> Vec<u8> {
    let pixels = picture.rgba().chunks_exact(4).zip(mask);
    pixels
        .flat_map(|(pixel, &alpha)| {
            if alpha == 0 {
                [0; 4]
            } else {
                [pixel[0], pixel[1], pixel[2], alpha]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_object_keeps_its_colours() {
        let photo =
            Picture::from_rgba(vec![1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255], 3, 1).unwrap();
        assert_eq!(
            cutout(&photo, &[255, 0, 128]),
            [1, 2, 3, 255, 0, 0, 0, 0, 7, 8, 9, 128]
        );
    }
}
