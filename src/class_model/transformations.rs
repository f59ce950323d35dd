//! From where a step looks at the picture: a picture that keeps its class from every place is one
//! that people can read.

use crate::rng::Rng;

/// The ranges that every step draws its view from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transformations {
    /// The most rows and columns that a view has. Of a larger picture it shows less, or shows it
    /// smaller.
    pub resolution: usize,
    /// Largest shift along each axis, as a share of the side, from where the view is full of the
    /// picture; shifts are whole pixels. What comes in over the edge is the picture's reflection,
    /// which pads it.
    pub jitter: f32,
    /// Smallest and largest magnification: the smaller one where 1 shows the whole picture, the
    /// larger one where 1 shows its pixels.
    pub scale: [f32; 2],
    /// Largest change of the aspect ratio: 0.1 stretches or squeezes by up to a tenth.
    pub stretch: f32,
    /// Largest angle in radians by which the picture's rows, or its columns, are turned; for waves
    /// only. Turning one of the two is a rotation by half the angle and a stretch along a diagonal,
    /// at half the price of a rotation.
    pub shear: f32,
    /// Every other view, on average, is mirrored left to right.
    pub mirror: bool,
    /// Least and largest contrast: by so much the amplitudes of waves, or the pixels' differences
    /// from the mean picture, are multiplied.
    pub contrast: [f32; 2],
}

/// Where a step looks: the picture's place of each row and each column that the network sees, where
/// the picture reaches from 0 to 1 on both axes. Rows and columns are independent of each other, so
/// a view is applied by two small matrix products
/// ([`ImageParametrisation`](super::parametrisation::ImageParametrisation)), exactly and without
/// gathers, and its adjoint is their transposes.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingGrid {
    /// One place for each row seen.
    pub rows: Vec<f32>,
    /// One place for each column seen.
    pub columns: Vec<f32>,
    /// Which of the two is tilted, and by how much: the columns' places move on by so much of a
    /// row's distance from the centre, or the other way round.
    pub shear: Shear,
    /// What the waves' amplitudes, or the pixels' differences from the mean picture, are multiplied
    /// by.
    pub contrast: f32,
}

/// A shear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shear {
    /// Nothing is tilted.
    None,
    /// The columns move with the row.
    Columns(f32),
    /// The rows move with the column.
    Rows(f32),
}

impl SamplingGrid {
    /// The whole picture on `side` x `side` pixels: the places of their centres.
    pub fn whole(side: usize) -> Self {
        let places = places(side, 0.5, 1.0);
        Self {
            rows: places.clone(),
            columns: places,
            shear: Shear::None,
            contrast: 1.0,
        }
    }

    /// By how many whole pixels the whole picture of `side` x `side` is moved down and right to
    /// give this view, if that is all.
    pub fn shifts(&self, side: usize) -> Option<[i32; 2]> {
        let shifts = [&self.rows, &self.columns].map(|places| {
            (places
                .first()
                .map_or(0.0, |place| 0.5 - place * side as f32))
            .round()
        });
        let [rows, columns] = shifts.map(|shift| places(side, 0.5 - shift / side as f32, 1.0));
        (*self
            == Self {
                rows,
                columns,
                ..Self::whole(side)
            })
        .then_some(shifts.map(|shift| shift as i32))
    }
}

impl Transformations {
    /// None at all: every view is the whole picture, straight on.
    pub const NONE: Self = Self {
        resolution: usize::MAX,
        jitter: 0.0,
        scale: [1.0, 1.0],
        stretch: 0.0,
        shear: 0.0,
        mirror: false,
        contrast: [1.0, 1.0],
    };

    /// The next step's view of `side` x `side` pixels.
    pub fn draw(&self, side: usize, rng: &mut Rng) -> SamplingGrid {
        let seen = side.min(self.resolution);
        let pixels = side as f32;
        let extent = 1.0 / rng.uniform(self.scale[0], self.scale[1] * pixels / seen as f32);
        let stretch = rng.uniform(-self.stretch, self.stretch).exp().sqrt();
        let room = self.jitter + (1.0 - extent).max(0.0) / 2.0;
        let [row, column] =
            [(); 2].map(|()| 0.5 + (rng.uniform(-room, room) * pixels).round() / pixels);
        let mirrored = self.mirror && rng.flip();
        let rows = places(seen, row, extent * stretch);
        let columns = places(
            seen,
            column,
            extent / stretch * if mirrored { -1.0 } else { 1.0 },
        );
        let shear = if self.shear == 0.0 {
            Shear::None
        } else {
            let slope = rng.uniform(-self.shear, self.shear).tan();
            if rng.flip() {
                Shear::Columns(slope)
            } else {
                Shear::Rows(slope)
            }
        };
        let [least, most] = self.contrast;
        SamplingGrid {
            rows,
            columns,
            shear,
            contrast: if least == most {
                least
            } else {
                rng.uniform(least, most)
            },
        }
    }
}

/// `count` places spread evenly over `extent` around `centre`; a negative extent runs backwards.
fn places(count: usize, centre: f32, extent: f32) -> Vec<f32> {
    (0..count)
        .map(|i| centre + ((i as f32 + 0.5) / count as f32 - 0.5) * extent)
        .collect()
}
