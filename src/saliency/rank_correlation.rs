//! Rank correlation: whether two maps put their values in the same order.

/// Spearman's rank correlation of two lists of the same length, -1 to 1: Pearson's correlation of
/// the values' ranks, where equal values get their mean rank. `None` if all values of one list are
/// equal.
///
/// ```
/// use deep_inside::saliency::rank_correlation;
///
/// assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[3.0, 5.0, 6.0]), Some(1.0));
/// assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[4.0, 4.0, 4.0]), None);
/// ```
pub fn rank_correlation(one: &[f32], other: &[f32]) -> Option<f64> {
    let (one, other) = (ranks(one), ranks(other));
    let mean_rank = (one.len() as f64 + 1.0) / 2.0;
    let covariance = |a: &[f64], b: &[f64]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - mean_rank) * (b - mean_rank))
            .sum()
    };
    let scale = (covariance(&one, &one) * covariance(&other, &other)).sqrt();
    (scale > 0.0).then(|| covariance(&one, &other) / scale)
}

/// Each value's rank, from 1.
fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = below as f64 + (equal.len() as f64 + 1.0) / 2.0;
        for &index in equal {
            ranks[index] = rank;
        }
        below += equal.len();
    }
    ranks
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_scipy() {
        // scipy.stats.rankdata and spearmanr, scipy 1.17.1.
        assert_eq!(
            ranks(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0]),
            [4.0, 1.5, 5.0, 1.5, 6.5, 9.0, 3.0, 8.0, 6.5]
        );
        let (one, other) = (
            [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0],
            [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0, 2.0],
        );
        let correlation = rank_correlation(&one, &other).unwrap();
        assert!(
            (correlation - 0.209_704_982_223_598_87).abs() < 1e-12,
            "{correlation}"
        );
    }

    #[test]
    fn a_monotonic_function_keeps_the_correlation_at_one() {
        let values: Vec<f32> = (0..100).map(|k| ((k * 37) % 100) as f32).collect();
        let cubes: Vec<f32> = values.iter().map(|v| v * v * v).collect();
        let negated: Vec<f32> = cubes.iter().map(|v| -v).collect();
        assert!((rank_correlation(&values, &cubes).unwrap() - 1.0).abs() < 1e-12);
        assert!((rank_correlation(&values, &negated).unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(rank_correlation(&values, &[7.0; 100]), None);
    }
}
