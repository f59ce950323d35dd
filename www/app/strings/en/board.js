// Maps side by side.

export const board = {
  heading: 'Maps side by side',
  caption:
    'The same question to every method, or the same method about each of the five most likely classes: one crop each, every map on a scale of its own. Below each: what is left of the probability when the brightest tenth of the map is covered. The less is left, the better the map has found what counts.',
  run: 'All methods',
  classes: 'Five classes',
  /** @param {number} done @param {number} count */
  step: (done, count) => `map ${Math.min(done + 1, count)} of ${count}`,
  /** @param {string} before @param {string} after */
  left: (before, after) => `${before} → ${after}`,
  /** @param {string} lowest   methods or classes @param {string} after */
  best: (lowest, after) => `Least is left by ${lowest}: ${after}.`,
  /** @param {string} random */
  random: (random) => `With a tenth covered at random, ${random} is left.`,
  copy: 'Copy as table',
  copied: 'Copied',
  columns: ['', 'before', 'brightest tenth covered', 'a tenth at random'],
  /** @param {string} method @param {string} name */
  alt: (method, name) => `${method} map for ${name} over the photo`,
};
