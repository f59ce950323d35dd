// Where a map is strong.

/**
 * The centre of gravity of the strong half of a map, as parts of its width and height; null where
 * nothing is strong.
 * @param {Uint8Array} intensity @param {number} width
 */
export function centreOf(intensity, width) {
  let sum = 0;
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < intensity.length; i++) {
    const strength = intensity[i] - 127;
    if (strength <= 0) continue;
    sum += strength;
    sumX += strength * ((i % width) + 0.5);
    sumY += strength * (Math.floor(i / width) + 0.5);
  }
  return sum > 0 ? { x: sumX / sum / width, y: sumY / sum / (intensity.length / width) } : null;
}
