// What Adebayo et al.'s check says about a saliency method, from the rank correlations of its map
// with all layers random and its map of the trained network. Signs and magnitudes are judged both,
// because one can change without the other.

/**
 * Spearman's, -1 to 1, of the signed values and of their magnitudes; undefined where the map is the
 * same everywhere.
 * @typedef {{signs: number | undefined, magnitudes: number | undefined}} Correlations
 */

/**
 * Nearer to 0 than this, two maps have next to nothing in common: a 25th of the variance of their
 * ranks, at most.
 */
export const UNRELATED = 0.2;
/** From here on, two maps are more alike than not: half of the variance of their ranks. */
export const ALIKE = Math.SQRT1_2;

/**
 * - `changes`: signs and magnitudes have next to nothing left in common with the trained network's.
 * - `partly`: one of them has, the other is related, but not alike.
 * - `stays`: one of them is related and the other as well, or one is alike.
 * - `reverses`: one of them runs against the trained network's: related, so no pass, but not kept
 *   either.
 * - `nothing`: nothing is left of the map, with which nothing can be compared.
 * @typedef {'changes' | 'partly' | 'stays' | 'reverses' | 'nothing'} Verdict
 */

/** @param {Correlations} correlations @returns {Verdict} */
export function verdictOf({ signs, magnitudes }) {
  if (signs === undefined || magnitudes === undefined) return 'nothing';
  if (Math.min(signs, magnitudes) < -UNRELATED) return 'reverses';
  const related = [signs, magnitudes].filter((correlation) => correlation > UNRELATED);
  if (related.length === 0) return 'changes';
  return related.length === 2 || related.some((correlation) => correlation >= ALIKE)
    ? 'stays'
    : 'partly';
}
