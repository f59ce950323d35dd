//! Linear operators that evaluate an image's basis functions on a grid, and their adjoints.

use burn::tensor::Tensor;

use crate::kernels::Matrix;

/// A [`SamplingGrid`](super::transformations::SamplingGrid) in the basis of a parametrisation.
#[allow(clippy::large_enum_variant)] // at most two exist at a time
pub enum SamplingOperator {
    /// The pixels, shifted cyclically by this many down and right.
    CyclicShift([i32; 2]),
    /// `R X C^T`.
    Separable {
        /// R: `[sampled rows, basis functions]`.
        rows: Matrix,
        /// C: `[sampled columns, basis functions]`.
        columns: Matrix,
    },
    /// Columns that move with the row, or rows that move with the column.
    Sheared(ShearedOperator),
}

/// Cosines on a grid whose columns move with the row; `rows` and `columns` are exchanged where
/// `exchanged`.
pub struct ShearedOperator {
    /// `[sampled rows, basis functions]`.
    pub rows: Matrix,
    /// The basis functions at the unsheared columns, and the same with sines for cosines:
    /// `[sampled columns, basis functions]`.
    pub columns: [Matrix; 2],
    /// Cosine and sine of each basis function's phase shift in each row: `[1, 1, sampled rows,
    /// basis functions]`.
    pub phases: [Tensor<4>; 2],
    /// Whether the rows move with the column.
    pub exchanged: bool,
}

impl SamplingOperator {
    /// From `[1, channels, horizontal, vertical]` amplitudes of all basis functions to those that
    /// the grid resolves.
    pub fn band_limited(&self, amplitudes: Tensor<4>) -> Tensor<4> {
        let (rows, columns, exchanged) = match self {
            Self::CyclicShift(_) => return amplitudes,
            Self::Separable { rows, columns } => (rows, columns, false),
            Self::Sheared(sheared) => (&sheared.rows, &sheared.columns[0], sheared.exchanged),
        };
        let (horizontal, vertical) = if exchanged {
            (rows.columns(), columns.columns())
        } else {
            (columns.columns(), rows.columns())
        };
        let [_, _, all, _] = amplitudes.dims();
        if [horizontal, vertical] == [all; 2] {
            amplitudes
        } else {
            amplitudes.narrow(2, 0, horizontal).narrow(3, 0, vertical)
        }
    }

    /// From `[1, channels, vertical, horizontal]` amplitudes of the resolved basis functions to
    /// samples, `[1, channels, rows, columns]`.
    pub fn sample(&self, amplitudes: Tensor<4>) -> Tensor<4> {
        match self {
            Self::CyclicShift([down, right]) => amplitudes.roll(&[*down, *right], &[2, 3]),
            Self::Separable { rows, columns } => {
                rows.times(transposed(columns.times(transposed(amplitudes))))
            }
            Self::Sheared(sheared) => sheared.sample(amplitudes),
        }
    }

    /// The adjoint of [`sample`](SamplingOperator::sample): from samples to amplitudes.
    pub fn adjoint(&self, samples: Tensor<4>) -> Tensor<4> {
        match self {
            Self::CyclicShift([down, right]) => samples.roll(&[-down, -right], &[2, 3]),
            Self::Separable { rows, columns } => {
                transposed(columns.transposed_times(transposed(rows.transposed_times(samples))))
            }
            Self::Sheared(sheared) => sheared.adjoint(samples),
        }
    }
}

impl ShearedOperator {
    fn sample(&self, amplitudes: Tensor<4>) -> Tensor<4> {
        let by_row = self.rows.times(self.with_axes_exchanged(amplitudes));
        let [cosines, sines] = [0, 1].map(|part: usize| {
            let shifted = by_row.clone() * self.phases[part].clone();
            transposed(self.columns[part].times(transposed(shifted)))
        });
        self.with_axes_exchanged(cosines - sines)
    }

    fn adjoint(&self, samples: Tensor<4>) -> Tensor<4> {
        let samples = transposed(self.with_axes_exchanged(samples));
        let [cosines, sines] = [0, 1].map(|part: usize| {
            let by_row = transposed(self.columns[part].transposed_times(samples.clone()));
            by_row * self.phases[part].clone()
        });
        self.with_axes_exchanged(self.rows.transposed_times(cosines - sines))
    }

    fn with_axes_exchanged(&self, planes: Tensor<4>) -> Tensor<4> {
        if self.exchanged {
            transposed(planes)
        } else {
            planes
        }
    }
}

/// The planes with rows and columns exchanged.
pub fn transposed(planes: Tensor<4>) -> Tensor<4> {
    planes.swap_dims(2, 3)
}
