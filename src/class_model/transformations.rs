//! From where a step looks at the picture: a picture that keeps its class from every place is one that people can read.

use crate::dice::Dice;

/// The ranges that every step draws its view from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transformations {
    /// Largest shift along each axis, as a share of the side. What comes in over the edge is the picture's reflection.
    pub jitter: f32,
    /// Smallest and largest magnification.
    pub scale: [f32; 2],
    /// Largest change of the aspect ratio: 0.1 stretches or squeezes by up to a tenth.
    pub stretch: f32,
    /// Every other view, on average, is mirrored left to right.
    pub mirror: bool,
}

/// Where a step looks: the picture's place of each row and each column that the network sees, where the picture reaches from 0 to 1
/// on both axes. Rows and columns are independent of each other, so a view is applied by two small matrix products
/// ([`Painter`](super::parametrisation::Painter)), exactly and without gathers, and its adjoint is their transposes.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// One place for each row seen.
    pub rows: Vec<f32>,
    /// One place for each column seen.
    pub columns: Vec<f32>,
}

impl View {
    /// The whole picture on `side` x `side` pixels: the places of their centres.
    pub fn whole(side: usize) -> Self {
        let places = places(side, 0.5, 1.0);
        Self { rows: places.clone(), columns: places }
    }
}

impl Transformations {
    /// The next step's view of `side` x `side` pixels.
    pub fn draw(&self, side: usize, dice: &mut Dice) -> View {
        let extent = 1.0 / dice.between(self.scale[0], self.scale[1]);
        let stretch = dice.between(-self.stretch, self.stretch).exp().sqrt();
        let [row, column] = [(); 2].map(|()| 0.5 + dice.between(-self.jitter, self.jitter));
        let mirrored = self.mirror && dice.coin();
        let rows = places(side, row, extent * stretch);
        let columns = places(side, column, extent / stretch * if mirrored { -1.0 } else { 1.0 });
        View { rows, columns }
    }
}

/// `count` places spread evenly over `extent` around `centre`; a negative extent runs backwards.
fn places(count: usize, centre: f32, extent: f32) -> Vec<f32> {
    (0..count).map(|i| centre + ((i as f32 + 0.5) / count as f32 - 0.5) * extent).collect()
}
