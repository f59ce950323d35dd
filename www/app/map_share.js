// How much of a map lies on the object.

/**
 * The share of the map's brightness that lies on the cut's object, 0..1; null for a map of zeros.
 * Both are in the display frame.
 * @param {import('./messages.js').IntensityMap} map
 * @param {import('./messages.js').Cut} cut
 */
export function shareOnObject({ intensity }, { cover }) {
  let all = 0;
  let inside = 0;
  for (let i = 0; i < intensity.length; i++) {
    all += intensity[i];
    inside += intensity[i] * cover[i];
  }
  return all > 0 ? inside / (255 * all) : null;
}
