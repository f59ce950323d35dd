/**
 * The indices of the `count` largest, largest first.
 * @param {Float32Array} values
 * @param {number} count
 */
export function likeliest(values, count) {
  return Array.from(values.keys())
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
}
