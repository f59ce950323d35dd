//! The crops of a photo that a network evaluates, and the mean of their maps.

use super::InputSpec;
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::{Filter, resize};

/// Which crops of a photo are evaluated. The photo is first resized to a square, whatever its
/// aspect ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crops {
    /// One: the whole photo at the size of the network's input.
    One,
    /// Ten (section 3 of the paper): the four corners and the centre of the photo at 256/224 of the
    /// size of the network's input, each also mirrored.
    Ten,
}

impl TryFrom<usize> for Crops {
    type Error = Error;

    fn try_from(count: usize) -> Result<Self, Error> {
        match count {
            1 => Ok(Crops::One),
            10 => Ok(Crops::Ten),
            _ => Err(Error::SettingOutOfRange(format!(
                "views must be 1 or 10, not {count}"
            ))),
        }
    }
}

/// A square crop of the resized photo, in its pixels; possibly mirrored left to right after
/// cropping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Whether the network reads it mirrored.
    pub mirrored: bool,
}

impl Crop {
    /// The index, in the resized photo of `photo_side` columns, of the pixel at `row` and `column`
    /// of this crop of `side` columns.
    fn pixel(&self, row: usize, column: usize, side: usize, photo_side: usize) -> usize {
        let column = if self.mirrored {
            side - 1 - column
        } else {
            column
        };
        (self.top + row) * photo_side + self.left + column
    }
}

/// A photo resized to a square, and its crops.
pub struct PhotoCrops {
    square: Picture,
    /// Rows and columns of a crop.
    side: usize,
    crops: Vec<Crop>,
}

impl PhotoCrops {
    /// Resizes the photo for a network with an input of `side` x `side` pixels.
    ///
    /// # Errors
    /// `picture-empty` if `side` is 0.
    pub fn new(photo: &Picture, side: usize, crops: Crops) -> Result<Self, Error> {
        let photo_side = match crops {
            Crops::One => side,
            Crops::Ten => (side * 256 + 112) / 224,
        };
        let square = resize(
            photo,
            photo_side as u32,
            photo_side as u32,
            Filter::Bilinear,
        )?;
        let (far, middle) = (photo_side - side, (photo_side - side) / 2);
        let crops = match crops {
            Crops::One => vec![Crop {
                top: 0,
                left: 0,
                mirrored: false,
            }],
            Crops::Ten => [(middle, middle), (0, 0), (0, far), (far, 0), (far, far)]
                .into_iter()
                .flat_map(|(top, left)| {
                    [false, true].map(|mirrored| Crop {
                        top,
                        left,
                        mirrored,
                    })
                })
                .collect(),
        };
        Ok(Self {
            square,
            side,
            crops,
        })
    }

    /// The crops, the centre first.
    pub fn crops(&self) -> &[Crop] {
        &self.crops
    }

    /// The network's input for one of the [`crops`](PhotoCrops::crops): three planes of `side` x
    /// `side` values.
    pub fn input(&self, crop: Crop, spec: &InputSpec) -> Vec<f32> {
        let (side, photo_side) = (self.side, self.square.width() as usize);
        let mut pixels = Vec::with_capacity(side * side * 4);
        for row in 0..side {
            for column in 0..side {
                let start = crop.pixel(row, column, side, photo_side) * 3;
                pixels.extend_from_slice(&self.square.rgb()[start..start + 3]);
                pixels.push(255);
            }
        }
        spec.planes_from_pixels(&pixels)
    }

    /// The mean over the maps of these crops, none of which has been added yet.
    pub fn mean_map(&self) -> MeanMap {
        let side = self.square.width() as usize;
        MeanMap {
            side,
            crop_side: self.side,
            sum: vec![0.0; side * side],
            covered: vec![0.0; side * side],
        }
    }
}

/// The mean of the maps of a photo's crops, on the grid of the resized photo.
///
/// The grid is square and covers the photo edge to edge. The mean can be read after every crop.
pub struct MeanMap {
    side: usize,
    crop_side: usize,
    sum: Vec<f32>,
    /// The number of maps that cover each cell.
    covered: Vec<f32>,
}

impl MeanMap {
    /// Adds the map of one crop, un-mirrored and at the crop's position. In: as many values as the
    /// crop has pixels, row-major.
    pub fn add(&mut self, crop: Crop, map: &[f32]) {
        for (row, values) in map.chunks_exact(self.crop_side).enumerate() {
            for (column, value) in values.iter().enumerate() {
                let cell = crop.pixel(row, column, self.crop_side, self.side);
                self.sum[cell] += value;
                self.covered[cell] += 1.0;
            }
        }
    }

    /// Rows, and columns, of the grid.
    pub fn side(&self) -> usize {
        self.side
    }

    /// `side` x `side` values, row-major: for each cell the mean over the maps that cover it; 0
    /// where there is none yet.
    pub fn values(&self) -> Vec<f32> {
        self.sum
            .iter()
            .zip(&self.covered)
            .map(|(sum, &crops)| sum / crops.max(1.0))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ChannelOrder;
    use super::*;

    const SIDE: usize = 14;
    const PHOTO_SIDE: u8 = 16;
    const SPEC: InputSpec = InputSpec {
        side: SIDE,
        channels: ChannelOrder::Rgb,
        range: 255.0,
        mean: [0.0; 3],
    };

    /// A photo of 16 x 16 pixels, so that nothing is resampled. The red value is the pixel's index
    /// in the photo that is not mirrored.
    fn photo(mirrored: bool) -> Picture {
        let mut rgba = Vec::new();
        for cell in 0..=255 {
            rgba.extend([if mirrored { mirror(cell) } else { cell }, 0, 0, 255]);
        }
        Picture::from_rgba(rgba, PHOTO_SIDE.into(), PHOTO_SIDE.into()).unwrap()
    }

    fn mirror(cell: u8) -> u8 {
        cell / PHOTO_SIDE * PHOTO_SIDE + (PHOTO_SIDE - 1 - cell % PHOTO_SIDE)
    }

    /// The mean of the maps that `map` computes from the red values of each crop.
    fn mean_of(photo: &PhotoCrops, map: impl Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
        let mut mean = photo.mean_map();
        for &crop in photo.crops() {
            mean.add(crop, &map(&photo.input(crop, &SPEC)[..SIDE * SIDE]));
        }
        mean.values()
    }

    #[test]
    fn the_mean_of_the_crops_themselves_is_the_photo() {
        let photo = PhotoCrops::new(&photo(false), SIDE, Crops::Ten).unwrap();
        let indices: Vec<f32> = (0..=255u8).map(f32::from).collect();
        assert_eq!(mean_of(&photo, <[f32]>::to_vec), indices);
    }

    #[test]
    fn a_mirrored_photo_gives_the_mirrored_map() {
        // Neither symmetric nor constant over the crop.
        let uneven = |reds: &[f32]| {
            reds.iter()
                .enumerate()
                .map(|(cell, value)| value * (cell * cell % 13) as f32)
                .collect()
        };
        // The red value is the index in the photo that is not mirrored, so equal indices must have
        // equal values.
        let map = |mirrored| {
            mean_of(
                &PhotoCrops::new(&photo(mirrored), SIDE, Crops::Ten).unwrap(),
                uneven,
            )
        };
        let (straight, mirrored) = (map(false), map(true));
        for cell in 0..=255 {
            let difference: f32 = straight[usize::from(cell)] - mirrored[usize::from(mirror(cell))];
            assert!(difference.abs() < 1e-3, "{cell}: {difference}");
        }
    }

    #[test]
    fn a_cell_is_the_mean_of_the_crops_that_cover_it() {
        let photo = PhotoCrops::new(&photo(false), SIDE, Crops::Ten).unwrap();
        let mut mean = photo.mean_map();
        for (&crop, value) in photo.crops().iter().zip(1u8..) {
            mean.add(crop, &[f32::from(value); SIDE * SIDE]);
        }
        let values = mean.values();
        let at = |row: usize, column: usize| values[row * usize::from(PHOTO_SIDE) + column];
        // Crops 1 and 2 are the centre, which starts at (1, 1); 3 and 4 the top left corner; 9 and
        // 10 the bottom right one.
        assert_eq!(
            (at(0, 0), at(1, 1), at(8, 8), at(15, 15)),
            (3.5, 2.5, 5.5, 9.5)
        );
    }

    #[test]
    fn crops_for_squeezenet_have_227_of_259_pixels() {
        let photo = Picture::from_rgba(vec![255; 300 * 200 * 4], 300, 200).unwrap();
        let ten = PhotoCrops::new(&photo, 227, Crops::Ten).unwrap();
        assert_eq!((ten.mean_map().side(), ten.crops().len()), (259, 10));
        let corners = [(16, 16), (0, 0), (0, 32), (32, 0), (32, 32)];
        let expected = corners.iter().flat_map(|&(top, left)| {
            [false, true].map(|mirrored| Crop {
                top,
                left,
                mirrored,
            })
        });
        assert!(ten.crops().iter().copied().eq(expected));
        let one = PhotoCrops::new(&photo, 227, Crops::One).unwrap();
        assert_eq!(
            (one.mean_map().side(), one.crops()),
            (
                227,
                &[Crop {
                    top: 0,
                    left: 0,
                    mirrored: false
                }][..]
            )
        );
    }

    #[test]
    fn crops_are_one_or_ten() {
        assert_eq!(
            (Crops::try_from(1), Crops::try_from(10)),
            (Ok(Crops::One), Ok(Crops::Ten))
        );
        for count in [0, 2, 9, 11, usize::MAX] {
            assert_eq!(
                Crops::try_from(count).unwrap_err().code(),
                "setting-out-of-range"
            );
        }
    }
}
