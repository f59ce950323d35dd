// What a cover test says about the pixels that a map marks.

/** Covering them has to lower the value this many times as much as covering others. */
const CLEARLY = 1.5;

/**
 * `more`: covering the brightest parts lowers the value clearly more than covering others does;
 * `alike`: not clearly more; `none`: it does not lower it.
 * @typedef {'more' | 'alike' | 'none'} CoverVerdict
 */

/**
 * @param {{before: number, after: number, random: number}} values
 * @returns {CoverVerdict}
 */
export function coverVerdict({ before, after, random }) {
  const drop = before - after;
  if (drop <= 0) return 'none';
  return drop >= CLEARLY * (before - random) ? 'more' : 'alike';
}
