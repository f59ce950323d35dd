// Whether boxes mark the same object.

/** @typedef {import('./messages.js').Box} Box */

/** From this overlap on, two boxes mark the same object, as in the localisation challenge. */
const SAME = 0.5;

/** Intersection over union, 0..1. @param {Box} a @param {Box} b */
export function overlap(a, b) {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(across, 0) * Math.max(down, 0);
  return both / (a.width * a.height + b.width * b.height - both);
}

/**
 * How many of the boxes mark the object that the first does, itself included, and the overlap with
 * the first: of those the mean, or if there is none, the largest.
 * @param {Box[]} boxes   at least one
 */
export function agreement([first, ...others]) {
  const overlaps = others.map((box) => overlap(first, box));
  const same = overlaps.filter((value) => value >= SAME);
  const mean = same.reduce((sum, value) => sum + value, 0) / same.length;
  return { same: same.length + 1, overlap: same.length ? mean : Math.max(0, ...overlaps) };
}
