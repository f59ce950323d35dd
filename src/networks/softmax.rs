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

/// `- sum of p ln p`, nats: 0 where one class has probability 1, the logarithm of the number of
/// classes where all have the same.
///
/// ```
/// use deep_inside::networks::entropy;
///
/// assert_eq!(entropy(&[1.0, 0.0]), 0.0);
/// assert_eq!(entropy(&[0.5, 0.5]), 2f64.ln());
/// ```
pub fn entropy(probabilities: &[f32]) -> f64 {
    let present = probabilities
        .iter()
        .filter(|&&probability| probability > 0.0);
    let terms = present.map(|&probability| f64::from(probability) * f64::from(probability).ln());
    -terms.sum::<f64>()
}
