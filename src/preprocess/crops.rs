//! The crops of a photo that a network evaluates, and the mean of their maps.

use super::{Fit, InputSpec};
use crate::error::Error;
use crate::image_input::Picture;
use crate::imaging::{Filter, resize};

/// Which crops of a photo are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crops {
    /// One: the photo as the network's [`Fit`] makes it.
    One,
    /// Ten (section 3 of the paper): the four corners and the centre of the photo at 256/224 of the
    /// size of the network's input or larger, each also mirrored.
    Ten,
}

impl Crops {
    /// The number of crops.
    pub fn count(self) -> usize {
        match self {
            Crops::One => 1,
            Crops::Ten => 10,
        }
    }
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

/// A crop of the resized photo, in its pixels; possibly mirrored left to right after cropping.
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
    /// The index, in the resized photo of `photo_columns`, of the pixel at `row` and `column` of
    /// this crop of `columns`.
    fn pixel(&self, row: usize, column: usize, columns: usize, photo_columns: usize) -> usize {
        let column = if self.mirrored {
            columns - 1 - column
        } else {
            column
        };
        (self.top + row) * photo_columns + self.left + column
    }
}

/// A photo is resized to at most this many times the size that the crops need, along its longer
/// side, and squashed if that is not enough: the map of a photo that is a line would have no end.
const MAX_ELONGATION: usize = 16;

/// A photo resized for a network, and its crops.
pub struct PhotoCrops {
    resized: Picture,
    /// Rows and columns of a crop.
    size: [usize; 2],
    crops: Vec<Crop>,
}

impl PhotoCrops {
    /// Resizes the photo for a network with this input.
    ///
    /// # Errors
    /// `picture-empty` if the input has no pixels.
    pub fn new(photo: &Picture, input: &InputSpec, crops: Crops) -> Result<Self, Error> {
        let size = [input.rows, input.columns];
        let [rows, columns] = resized_size(photo, input, crops);
        let resized = resize(photo, columns as u32, rows as u32, Filter::Bilinear)?;
        let far = [rows - size[0], columns - size[1]];
        let middle = far.map(|far| far / 2);
        let crops = match crops {
            Crops::One => vec![Crop {
                top: middle[0],
                left: middle[1],
                mirrored: false,
            }],
            Crops::Ten => [middle, [0, 0], [0, far[1]], [far[0], 0], far]
                .into_iter()
                .flat_map(|[top, left]| {
                    [false, true].map(|mirrored| Crop {
                        top,
                        left,
                        mirrored,
                    })
                })
                .collect(),
        };
        Ok(Self {
            resized,
            size,
            crops,
        })
    }

    /// The crops, the centre first.
    pub fn crops(&self) -> &[Crop] {
        &self.crops
    }

    /// The network's input for one of the [`crops`](PhotoCrops::crops): a plane of `rows` x
    /// `columns` values for each channel.
    pub fn input(&self, crop: Crop, spec: &InputSpec) -> Vec<f32> {
        let ([rows, columns], photo_columns) = (self.size, self.resized.width() as usize);
        let mut pixels = Vec::with_capacity(rows * columns * 4);
        for row in 0..rows {
            for column in 0..columns {
                let start = crop.pixel(row, column, columns, photo_columns) * 3;
                pixels.extend_from_slice(&self.resized.rgb()[start..start + 3]);
                pixels.push(255);
            }
        }
        spec.planes_from_pixels(&pixels)
    }

    /// The mean over the maps of these crops, none of which has been added yet.
    pub fn mean_map(&self) -> MeanMap {
        let [columns, rows] = [self.resized.width(), self.resized.height()];
        let cells = rows as usize * columns as usize;
        MeanMap {
            columns: columns as usize,
            crop_columns: self.size[1],
            sum: vec![0.0; cells],
            covered: vec![0.0; cells],
        }
    }
}

/// Rows and columns to which a photo is resized before it is cropped.
fn resized_size(photo: &Picture, input: &InputSpec, crops: Crops) -> [usize; 2] {
    let enlarged = [input.rows, input.columns].map(|side| match crops {
        Crops::One => side,
        Crops::Ten => (side * 256 + 112) / 224,
    });
    let Fit::CentreCrop(fraction) = input.fit else {
        return enlarged;
    };
    // As torchvision and timm do, rounded down.
    let whole = |side: usize| (side as f64 / fraction) as usize;
    let least = [
        enlarged[0].max(whole(input.rows)),
        enlarged[1].max(whole(input.columns)),
    ];
    let photo = [photo.height(), photo.width()].map(|side| side as usize);
    // The axis along which nothing is to spare.
    let tight = usize::from(least[1] * photo[0] > least[0] * photo[1]);
    [0, 1].map(|axis: usize| {
        let side = photo[axis] * least[tight] / photo[tight];
        side.clamp(least[axis], MAX_ELONGATION * least[axis])
    })
}

/// The mean of the maps of a photo's crops, on the grid of the resized photo.
///
/// The grid covers the photo edge to edge; it is 0 where no crop reaches. The mean can be read
/// after every crop.
pub struct MeanMap {
    columns: usize,
    crop_columns: usize,
    sum: Vec<f32>,
    /// The number of maps that cover each cell.
    covered: Vec<f32>,
}

impl MeanMap {
    /// Adds the map of one crop, un-mirrored and at the crop's position. In: as many values as the
    /// crop has pixels, row-major.
    pub fn add(&mut self, crop: Crop, map: &[f32]) {
        for (row, values) in map.chunks_exact(self.crop_columns).enumerate() {
            for (column, value) in values.iter().enumerate() {
                let cell = crop.pixel(row, column, self.crop_columns, self.columns);
                self.sum[cell] += value;
                self.covered[cell] += 1.0;
            }
        }
    }

    /// Rows and columns of the grid.
    pub fn size(&self) -> [usize; 2] {
        [self.sum.len() / self.columns, self.columns]
    }

    /// A value for each cell, row-major: the mean over the maps that cover it; 0 where there is
    /// none yet.
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

    /// The pixel values of pictures of `rows` x `columns`.
    fn spec(rows: usize, columns: usize, fit: Fit) -> InputSpec {
        InputSpec {
            rows,
            columns,
            channels: ChannelOrder::Rgb,
            range: 255.0,
            mean: vec![0.0; 3],
            std: vec![1.0; 3],
            fit,
        }
    }

    fn square() -> InputSpec {
        spec(SIDE, SIDE, Fit::Squash)
    }

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
            mean.add(crop, &map(&photo.input(crop, &square())[..SIDE * SIDE]));
        }
        mean.values()
    }

    #[test]
    fn the_mean_of_the_crops_themselves_is_the_photo() {
        let photo = PhotoCrops::new(&photo(false), &square(), Crops::Ten).unwrap();
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
                &PhotoCrops::new(&photo(mirrored), &square(), Crops::Ten).unwrap(),
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
        let photo = PhotoCrops::new(&photo(false), &square(), Crops::Ten).unwrap();
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
        let input = spec(227, 227, Fit::Squash);
        let ten = PhotoCrops::new(&photo, &input, Crops::Ten).unwrap();
        assert_eq!((ten.mean_map().size(), ten.crops().len()), ([259, 259], 10));
        let corners = [(16, 16), (0, 0), (0, 32), (32, 0), (32, 32)];
        let expected = corners.iter().flat_map(|&(top, left)| {
            [false, true].map(|mirrored| Crop {
                top,
                left,
                mirrored,
            })
        });
        assert!(ten.crops().iter().copied().eq(expected));
        let one = PhotoCrops::new(&photo, &input, Crops::One).unwrap();
        assert_eq!(
            (one.mean_map().size(), one.crops()),
            (
                [227, 227],
                &[Crop {
                    top: 0,
                    left: 0,
                    mirrored: false
                }][..]
            )
        );
    }

    #[test]
    fn a_centre_crop_is_the_middle_of_the_photo_at_its_own_aspect_ratio() {
        let photo = Picture::from_rgba(vec![255; 300 * 200 * 4], 300, 200).unwrap();
        let places = |input: &InputSpec, crops| {
            let crops = PhotoCrops::new(&photo, input, crops).unwrap();
            let places: Vec<[usize; 2]> = crops.crops().iter().map(|c| [c.top, c.left]).collect();
            (crops.mean_map().size(), places)
        };
        // torchvision: Resize(256), then CenterCrop(224) or TenCrop(224).
        let torchvision = spec(224, 224, Fit::CentreCrop(0.875));
        assert_eq!(
            places(&torchvision, Crops::One),
            ([256, 384], vec![[16, 80]])
        );
        let (size, ten) = places(&torchvision, Crops::Ten);
        assert_eq!(size, [256, 384]);
        assert_eq!(
            ten[2..].iter().step_by(2).collect::<Vec<_>>(),
            [&[0, 0], &[0, 160], &[32, 0], &[32, 160]]
        );
        // Whole height, whole width.
        let wide = spec(10, 20, Fit::CentreCrop(1.0));
        assert_eq!(places(&wide, Crops::One), ([13, 20], vec![[1, 0]]));
        let high = spec(20, 10, Fit::CentreCrop(1.0));
        assert_eq!(places(&high, Crops::One), ([20, 30], vec![[0, 10]]));
        let narrow = spec(20, 10, Fit::Squash);
        assert_eq!(places(&narrow, Crops::One), ([20, 10], vec![[0, 0]]));
    }

    #[test]
    fn a_centre_crop_reads_the_pixels_there_and_its_map_is_0_elsewhere() {
        let photo = photo(false);
        let input = spec(4, 6, Fit::CentreCrop(0.375));
        let crops = PhotoCrops::new(&photo, &input, Crops::One).unwrap();
        assert_eq!(crops.mean_map().size(), [16, 16]);
        let crop = crops.crops()[0];
        let reds = &crops.input(crop, &input)[..24];
        let inside: Vec<f32> = (6..10u8)
            .flat_map(|row| (5..11).map(move |column| f32::from(row * 16 + column)))
            .collect();
        assert_eq!(reds, inside);
        let mut mean = crops.mean_map();
        mean.add(crop, reds);
        for (cell, value) in mean.values().into_iter().enumerate() {
            let (row, column) = (cell / 16, cell % 16);
            let is_inside = (6..10).contains(&row) && (5..11).contains(&column);
            assert_eq!(value, if is_inside { cell as f32 } else { 0.0 });
        }
    }

    #[test]
    fn a_photo_that_is_a_line_is_not_resized_to_a_longer_one() {
        let photo = Picture::from_rgba(vec![255; 16_000 * 4], 16_000, 1).unwrap();
        let input = spec(224, 224, Fit::CentreCrop(0.875));
        let crops = PhotoCrops::new(&photo, &input, Crops::One).unwrap();
        assert_eq!(crops.mean_map().size(), [256, 16 * 256]);
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
