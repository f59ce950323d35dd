//! The paper's crops of a photo: what the network is shown, and where what it answers belongs.

use super::InputSpec;
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::{Filter, resize};

/// How often a photo is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crops {
    /// Once: the whole photo squashed to the network's input.
    One,
    /// Ten times (section 3 of the paper): the four corners and the centre, each also mirrored, of
    /// the photo squashed to a square that is 256/224 of the network's input.
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

/// A square crop of the squashed photo, in its pixels; mirrored left to right after cropping, or
/// not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Whether the network sees it mirrored.
    pub mirrored: bool,
}

impl Crop {
    /// Where in the squashed photo, of `frame` columns, this crop's `row` and `column` come from.
    fn cell(&self, row: usize, column: usize, side: usize, frame: usize) -> usize {
        let across = if self.mirrored {
            side - 1 - column
        } else {
            column
        };
        (self.top + row) * frame + self.left + across
    }
}

/// A photo squashed to a square, and the crops of it that the network is shown.
pub struct PhotoCrops {
    squashed: Picture,
    side: usize,
    crops: Vec<Crop>,
}

impl PhotoCrops {
    /// Squashes the photo for a network with an input of `side` x `side` pixels.
    ///
    /// # Errors
    /// `picture-empty` when `side` is 0.
    pub fn new(photo: &Picture, side: usize, crops: Crops) -> Result<Self, Error> {
        let frame = match crops {
            Crops::One => side,
            Crops::Ten => (side * 256 + 112) / 224,
        };
        let squashed = resize(photo, frame as u32, frame as u32, Filter::Bilinear)?;
        let (far, middle) = (frame - side, (frame - side) / 2);
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
            squashed,
            side,
            crops,
        })
    }

    /// The crops, the centre first.
    pub fn crops(&self) -> &[Crop] {
        &self.crops
    }

    /// What the network reads for one of the [`crops`](PhotoCrops::crops): three planes of `side` x
    /// `side` values.
    pub fn input(&self, crop: Crop, spec: &InputSpec) -> Vec<f32> {
        let (side, frame) = (self.side, self.squashed.width() as usize);
        let mut pixels = Vec::with_capacity(side * side * 4);
        for row in 0..side {
            for column in 0..side {
                let start = crop.cell(row, column, side, frame) * 3;
                pixels.extend_from_slice(&self.squashed.rgb()[start..start + 3]);
                pixels.push(255);
            }
        }
        spec.planes_from_pixels(&pixels)
    }

    /// An empty mean over these crops' maps.
    pub fn mean_map(&self) -> MeanMap {
        let frame = self.squashed.width() as usize;
        MeanMap {
            frame,
            side: self.side,
            sum: vec![0.0; frame * frame],
            covered: vec![0.0; frame * frame],
        }
    }
}

/// The mean, on the grid of the squashed photo, of the maps of its crops, each un-mirrored and laid
/// where its crop came from.
///
/// The grid is square and covers the photo edge to edge. It can be read after every crop: the map
/// sharpens as they come.
pub struct MeanMap {
    frame: usize,
    side: usize,
    sum: Vec<f32>,
    covered: Vec<f32>,
}

impl MeanMap {
    /// Lays back one crop's map: `side` x `side` values, row-major, as the network saw it.
    pub fn add(&mut self, crop: Crop, map: &[f32]) {
        for (row, values) in map.chunks_exact(self.side).enumerate() {
            for (column, value) in values.iter().enumerate() {
                let cell = crop.cell(row, column, self.side, self.frame);
                self.sum[cell] += value;
                self.covered[cell] += 1.0;
            }
        }
    }

    /// Rows, and columns, of the grid.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// `frame` x `frame` values, row-major: for each cell the mean over the crops that cover it, 0
    /// where none does yet.
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
    const FRAME: u8 = 16;
    const SPEC: InputSpec = InputSpec {
        side: SIDE,
        channels: ChannelOrder::Rgb,
        range: 255.0,
        mean: [0.0; 3],
    };

    /// A photo of the frame's own 16 x 16 pixels, so that nothing is resampled: red says where a
    /// pixel is.
    fn photo(mirrored: bool) -> Picture {
        let mut rgba = Vec::new();
        for cell in 0..=255 {
            rgba.extend([if mirrored { mirror(cell) } else { cell }, 0, 0, 255]);
        }
        Picture::from_rgba(rgba, FRAME.into(), FRAME.into()).unwrap()
    }

    fn mirror(cell: u8) -> u8 {
        cell / FRAME * FRAME + (FRAME - 1 - cell % FRAME)
    }

    /// The mean of the maps that a network would give whose map is some function of what it sees.
    fn mean_of(photo: &PhotoCrops, network: impl Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
        let mut mean = photo.mean_map();
        for &crop in photo.crops() {
            mean.add(crop, &network(&photo.input(crop, &SPEC)[..SIDE * SIDE]));
        }
        mean.values()
    }

    #[test]
    fn a_map_of_what_the_network_sees_is_laid_back_where_it_was() {
        let photo = PhotoCrops::new(&photo(false), SIDE, Crops::Ten).unwrap();
        let places: Vec<f32> = (0..=255u8).map(f32::from).collect();
        assert_eq!(mean_of(&photo, <[f32]>::to_vec), places);
    }

    #[test]
    fn a_mirrored_photo_gives_the_mirrored_map() {
        // Neither symmetric nor the same everywhere in the crop.
        let network = |seen: &[f32]| {
            seen.iter()
                .enumerate()
                .map(|(cell, value)| value * (cell * cell % 13) as f32)
                .collect()
        };
        // Red names a place of the unmirrored photo in both, so the same places must get the same
        // values.
        let map = |mirrored| {
            mean_of(
                &PhotoCrops::new(&photo(mirrored), SIDE, Crops::Ten).unwrap(),
                network,
            )
        };
        let (straight, mirrored) = (map(false), map(true));
        for cell in 0..=255 {
            let difference: f32 = straight[usize::from(cell)] - mirrored[usize::from(mirror(cell))];
            assert!(difference.abs() < 1e-3, "{cell}: {difference}");
        }
    }

    #[test]
    fn a_cell_is_the_mean_of_the_views_that_cover_it() {
        let photo = PhotoCrops::new(&photo(false), SIDE, Crops::Ten).unwrap();
        let mut mean = photo.mean_map();
        for (&crop, value) in photo.crops().iter().zip(1u8..) {
            mean.add(crop, &[f32::from(value); SIDE * SIDE]);
        }
        let values = mean.values();
        let at = |row: usize, column: usize| values[row * usize::from(FRAME) + column];
        // Crops 1 and 2 are the centre, which starts at (1, 1); 3 and 4 the top left corner; 9 and
        // 10 the bottom right one.
        assert_eq!(
            (at(0, 0), at(1, 1), at(8, 8), at(15, 15)),
            (3.5, 2.5, 5.5, 9.5)
        );
    }

    #[test]
    fn squeezenet_sees_227_of_259_pixels() {
        let photo = Picture::from_rgba(vec![255; 300 * 200 * 4], 300, 200).unwrap();
        let ten = PhotoCrops::new(&photo, 227, Crops::Ten).unwrap();
        assert_eq!((ten.mean_map().frame(), ten.crops().len()), (259, 10));
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
            (one.mean_map().frame(), one.crops()),
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
    fn views_are_one_or_ten() {
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
