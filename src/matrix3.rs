//! Algebra of 3 x 3 matrices, stored by rows.

/// The inverse, from cofactors.
pub fn inverse(m: [[f32; 3]; 3]) -> [[f32; 3]; 3] {
    let cofactor = |row: usize, column: usize| {
        let at = |down: usize, right: usize| m[(row + down) % 3][(column + right) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let determinant: f32 = (0..3)
        .map(|column| m[0][column] * cofactor(0, column))
        .sum();
    std::array::from_fn(|row| std::array::from_fn(|column| cofactor(column, row) / determinant))
}

/// The determinant, expanded along the first row.
pub fn determinant(m: &[[f64; 3]; 3]) -> f64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

/// The x with `m x = right` of a symmetric positive definite matrix, by Cramer's rule.
pub fn solve(m: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    let cross = |a: [f64; 3], b: [f64; 3]| {
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    };
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let determinant = dot(m[0], cross(m[1], m[2]));
    [
        dot(right, cross(m[1], m[2])),
        dot(m[0], cross(right, m[2])),
        dot(m[0], cross(m[1], right)),
    ]
    .map(|value| value / determinant)
}

/// The lower Cholesky factor of a symmetric matrix, `[l00, l10, l11, l20, l21, l22]`, with squared
/// pivots of at least `min_pivot`.
pub fn cholesky(m: &[[f64; 3]; 3], min_pivot: f64) -> [f64; 6] {
    let pivot = |value: f64| value.max(min_pivot).sqrt();
    let l00 = pivot(m[0][0]);
    let l10 = m[1][0] / l00;
    let l11 = pivot(m[1][1] - l10 * l10);
    let l20 = m[2][0] / l00;
    let l21 = (m[2][1] - l20 * l10) / l11;
    let l22 = pivot(m[2][2] - l20 * l20 - l21 * l21);
    [l00, l10, l11, l20, l21, l22]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `L L^T` of a matrix with a positive diagonal.
    const M: [[f64; 3]; 3] = [[4.0, 2.0, -2.0], [2.0, 10.0, 2.0], [-2.0, 2.0, 6.0]];

    #[test]
    fn the_inverse_times_the_matrix_is_the_identity() {
        let m = [[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]];
        let product = inverse(m).map(|row| {
            [0, 1, 2].map(|column| (0..3).map(|k: usize| row[k] * m[k][column]).sum::<f32>())
        });
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0f32]];
        for (value, expected) in product.as_flattened().iter().zip(identity.as_flattened()) {
            assert!((value - expected).abs() < 1e-5, "{product:?}");
        }
    }

    #[test]
    fn the_solution_satisfies_the_equation() {
        let x = solve(M, [1.0, -2.0, 3.0]);
        for (row, right) in M.iter().zip([1.0, -2.0, 3.0]) {
            let product: f64 = (0..3).map(|k| row[k] * x[k]).sum();
            assert!((product - right).abs() < 1e-12, "{x:?}");
        }
    }

    #[test]
    fn the_cholesky_factor_has_the_matrix_and_its_determinant() {
        assert_eq!(cholesky(&M, 1e-9), [2.0, 1.0, 3.0, -1.0, 1.0, 2.0]);
        assert_eq!(determinant(&M), 144.0);
    }

    #[test]
    fn a_flat_matrix_has_the_smallest_pivots() {
        let flat = [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]];
        assert_eq!(cholesky(&flat, 0.25), [1.0, 1.0, 0.5, 0.0, 0.0, 0.5]);
    }
}
