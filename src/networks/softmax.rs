//! From scores to probabilities.

/// `exp S_k / sum over j of exp S_j`: the posterior probability of each class from the unnormalised
/// class scores, summed in f64.
///
/// ```
/// use deep_inside::networks::softmax;
///
/// assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
/// ```
pub fn softmax(scores: &[f32]) -> Vec<f32> {
    // Relative to the largest score no power overflows.
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = scores
        .iter()
        .map(|&score| (f64::from(score) - f64::from(largest)).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| (power / sum) as f32).collect()
}
