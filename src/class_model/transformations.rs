//! Random transformations: every step samples the image on another grid, so that the class model
//! does not depend on one position, scale or aspect ratio.

use crate::rng::Rng;

/// The ranges from which every step's [`SamplingGrid`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transformations {
    /// The largest number of rows and columns of a grid. A larger image is cropped or reduced.
    pub resolution: usize,
    /// The largest shift along each axis, as a fraction of the side, beyond the shifts that keep a
    /// magnified grid inside the image. Shifts are whole pixels; the image is extended by
    /// reflection.
    pub jitter: f32,
    /// Range of the magnification. `scale[0]`: 1 = the grid shows the whole image. `scale[1]`: 1 =
    /// one sample per pixel.
    pub scale: [f32; 2],
    /// The largest logarithm of the aspect ratio: 0.1 changes it by up to 10 percent.
    pub aspect_jitter: f32,
    /// The largest shear angle in radians, of the rows or of the columns; Fourier parametrisation
    /// only. A shear of one axis is a rotation by half the angle and a stretch along a diagonal, at
    /// half the cost of a rotation.
    pub shear: f32,
    /// Whether every other grid, on average, is mirrored left to right.
    pub mirror: bool,
    /// Range of the gain: the factor of the image's difference from the mean image (pixels) or from
    /// mid-grey before the sigmoid (Fourier).
    pub gain: [f32; 2],
}

/// Where the image is sampled: the coordinate of each row and column, on an image that reaches from
/// 0 to 1 along both axes. Rows and columns are independent, so that a grid is applied by two small
/// matrix products ([`SamplingOperator`](super::sampling::SamplingOperator)) and its adjoint by
/// their transposes, without gathers.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingGrid {
    /// Vertical coordinate of each row.
    pub rows: Vec<f32>,
    /// Horizontal coordinate of each column.
    pub columns: Vec<f32>,
    /// Which of the two moves with the other.
    pub shear: Shear,
    /// The factor of [`Transformations::gain`].
    pub gain: f32,
}

/// A shear with its slope: the tangent of its angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shear {
    /// No shear.
    None,
    /// Columns move by the slope times the row's distance from the centre.
    Columns(f32),
    /// Rows move by the slope times the column's distance from the centre.
    Rows(f32),
}

impl SamplingGrid {
    /// The centres of the pixels of an image of `side` x `side`.
    pub fn identity(side: usize) -> Self {
        let coordinates = coordinates(side, 0.5, 1.0);
        Self {
            rows: coordinates.clone(),
            columns: coordinates,
            shear: Shear::None,
            gain: 1.0,
        }
    }

    /// The shift in whole pixels, down and right, that turns an image of `side` x `side` into its
    /// samples on this grid; `None` where the grid is more than a shift.
    pub fn shift(&self, side: usize) -> Option<[i32; 2]> {
        let shift = [&self.rows, &self.columns].map(|coordinates| {
            let first = coordinates.first();
            first.map_or(0.0, |first| 0.5 - first * side as f32).round()
        });
        let [rows, columns] =
            shift.map(|pixels| coordinates(side, 0.5 - pixels / side as f32, 1.0));
        let shifted = Self {
            rows,
            columns,
            ..Self::identity(side)
        };
        (*self == shifted).then_some(shift.map(|pixels| pixels as i32))
    }
}

impl Transformations {
    /// No transformation: every grid is the identity.
    pub const NONE: Self = Self {
        resolution: usize::MAX,
        jitter: 0.0,
        scale: [1.0, 1.0],
        aspect_jitter: 0.0,
        shear: 0.0,
        mirror: false,
        gain: [1.0, 1.0],
    };

    /// A random grid on an image of `side` x `side` pixels.
    pub fn draw(&self, side: usize, rng: &mut Rng) -> SamplingGrid {
        let samples = side.min(self.resolution);
        let pixels = side as f32;
        let [min_scale, max_scale] = self.scale;
        let extent = 1.0 / rng.uniform(min_scale, max_scale * pixels / samples as f32);
        let log_aspect = rng.uniform(-self.aspect_jitter, self.aspect_jitter);
        let aspect_root = log_aspect.exp().sqrt();

        let max_shift = self.jitter + (1.0 - extent).max(0.0) / 2.0;
        let [row, column] = [(); 2].map(|()| {
            let shift = (rng.uniform(-max_shift, max_shift) * pixels).round();
            0.5 + shift / pixels
        });
        let sign = if self.mirror && rng.flip() { -1.0 } else { 1.0 };

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
        let [min_gain, max_gain] = self.gain;
        let gain = if min_gain == max_gain {
            min_gain
        } else {
            rng.uniform(min_gain, max_gain)
        };
        SamplingGrid {
            rows: coordinates(samples, row, extent * aspect_root),
            columns: coordinates(samples, column, extent / aspect_root * sign),
            shear,
            gain,
        }
    }
}

/// `count` coordinates spread evenly over `extent` around `centre`; a negative extent mirrors them.
fn coordinates(count: usize, centre: f32, extent: f32) -> Vec<f32> {
    (0..count)
        .map(|i| centre + ((i as f32 + 0.5) / count as f32 - 0.5) * extent)
        .collect()
}
