//! One Gaussian of a colour model, and its density.

use super::Colour;
use crate::matrix3;

/// OpenCV's rule for singular covariances: this is added to the diagonal where the determinant is
/// at most `SINGULAR_DETERMINANT`.
pub(super) const DIAGONAL_FLOOR: f64 = 0.01;
const SINGULAR_DETERMINANT: f64 = 1e-6;
/// Colours on a line or a plane have determinant 0, but rounding may leave it at 1e-4. The pivots
/// of the Cholesky decomposition tell more: those of mere sensor noise are far above this.
const SINGULAR_PIVOT: f64 = 1e-4;

/// One Gaussian of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Mixing weight; the weights of a mixture sum to 1.
    pub weight: f64,
    /// Mean colour: R, G, B, each 0..=255.
    pub mean: [f64; 3],
    /// Covariance of R, G and B, regularised where it was singular.
    pub covariance: [[f64; 3]; 3],
}

/// A component ready for evaluation: `ln (w N(z)) = constant - |W (z - mean)|^2 / 2`, with the
/// whitening matrix W, the inverse of the covariance's Cholesky factor.
pub(super) struct Gaussian {
    mean: [f32; 3],
    constant: f32,
    /// The lower triangle of W, by rows.
    whitening: [f32; 6],
}

impl Gaussian {
    pub(super) fn new(component: &Component) -> Self {
        let [l00, l10, l11, l20, l21, l22] =
            matrix3::cholesky(&component.covariance, SINGULAR_PIVOT);
        let (w00, w11, w22) = (1.0 / l00, 1.0 / l11, 1.0 / l22);
        let w10 = -w11 * l10 * w00;
        let w21 = -w22 * l21 * w11;
        let w20 = -w22 * (l20 * w00 + l21 * w10);
        let half_log_determinant = (l00 * l11 * l22).ln();
        Self {
            mean: component.mean.map(|m| m as f32),
            constant: (component.weight.ln()
                - 1.5 * std::f64::consts::TAU.ln()
                - half_log_determinant) as f32,
            whitening: [w00, w10, w11, w20, w21, w22].map(|w| w as f32),
        }
    }

    /// `ln (w N(colour))`.
    #[inline]
    pub(super) fn log_density(&self, colour: &Colour) -> f32 {
        let [r, g, b] = [
            colour[0] - self.mean[0],
            colour[1] - self.mean[1],
            colour[2] - self.mean[2],
        ];
        let [w00, w10, w11, w20, w21, w22] = self.whitening;
        let (x, y, z) = (w00 * r, w10 * r + w11 * g, w20 * r + w21 * g + w22 * b);
        self.constant - 0.5 * (x * x + y * y + z * z)
    }
}

/// A covariance that can be inverted: adds `DIAGONAL_FLOOR` to the diagonal of a singular one.
pub(super) fn regularised(mut c: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let determinant = matrix3::determinant(&c);
    let [l00, _, l11, _, _, l22] = matrix3::cholesky(&c, SINGULAR_PIVOT);
    let smallest_pivot = l00.min(l11).min(l22).powi(2);
    if determinant <= SINGULAR_DETERMINANT || smallest_pivot <= SINGULAR_PIVOT {
        for (i, row) in c.iter_mut().enumerate() {
            row[i] += DIAGONAL_FLOOR;
        }
    }
    c
}

/// The covariance of three independent channels with the same variance.
pub(super) fn diagonal(variance: f64) -> [[f64; 3]; 3] {
    [
        [variance, 0.0, 0.0],
        [0.0, variance, 0.0],
        [0.0, 0.0, variance],
    ]
}
