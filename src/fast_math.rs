//! Exponential and logarithm without branches, calls or tables, so that loops over pixels are
//! vectorised in every build. The standard library's are a call per value, in wasm an order of
//! magnitude slower.

/// `exp(x)` for `x <= 0`, with a relative error of 1e-6; for `x` below -87, `exp(-87)`.
///
/// `exp(x) = 2^n 2^f` with n the integer nearest to `x / ln 2`; `2^f`, |f| <= 1/2, is the Taylor
/// polynomial of degree 6.
#[inline(always)]
pub fn exp_of_negative(x: f32) -> f32 {
    /// Adding it rounds to an integer, which is then in the lowest bits.
    const ROUNDING: f32 = 12_582_912.0;
    let power = if x > -87.0 { x } else { -87.0 } * std::f32::consts::LOG2_E; // `max` is a call in wasm
    let rounded = power + ROUNDING;
    let f = (power - (rounded - ROUNDING)) * std::f32::consts::LN_2;
    let fraction = 1.0
        + f * (1.0
            + f * (0.5
                + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0 + f * (1.0 / 720.0))))));
    let n = rounded.to_bits().wrapping_sub(ROUNDING.to_bits());
    fraction * f32::from_bits(n.wrapping_add(127) << 23)
}

/// `ln(x)` for a positive normal `x`, with an absolute error of 1e-6 for x up to 8.
///
/// `x = 2^n m` with m between the square roots of 1/2 and 2; `ln m = 2 artanh((m - 1) / (m + 1))`,
/// four terms of the series.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    const SQRT_HALF: u32 = std::f32::consts::FRAC_1_SQRT_2.to_bits();
    let above = x.to_bits().wrapping_sub(SQRT_HALF);
    let n = (above as i32 >> 23) as f32;
    let m = f32::from_bits((above & 0x007f_ffff).wrapping_add(SQRT_HALF));
    let s = (m - 1.0) / (m + 1.0);
    let squared = s * s;
    n * std::f32::consts::LN_2
        + 2.0 * s * (1.0 + squared * (1.0 / 3.0 + squared * (0.2 + squared * (1.0 / 7.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_agrees_with_the_standard_library() {
        for step in 0..870_000 {
            let x = -1e-4 * step as f32;
            let (found, expected) = (f64::from(exp_of_negative(x)), f64::from(x).exp());
            assert!(
                (found / expected - 1.0).abs() < 1e-6 * (1.0 - f64::from(x)),
                "exp({x}) = {expected}, not {found}"
            );
        }
        assert!(exp_of_negative(f32::NEG_INFINITY) < 2e-38);
    }

    #[test]
    fn the_logarithm_agrees_with_the_standard_library() {
        for step in 1..100_000 {
            let x = 8e-5 * step as f32;
            assert!(
                (f64::from(ln(x)) - f64::from(x).ln()).abs() < 1e-6,
                "ln({x})"
            );
        }
        assert_eq!(ln(1.0), 0.0);
    }
}
