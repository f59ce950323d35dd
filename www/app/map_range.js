// From raw results in the display frame to bytes.

/**
 * The share of the pixels that may be stronger than full strength: a few extreme pixels must not
 * dim all the others.
 */
const CLIPPED_SHARE = 0.005;

const BINS = 4096;

/**
 * The spread of the smoothing, in parts of the longer side: a pixel and a half of the network's
 * input. Strided layers leave a raster of that size in every gradient; drawn as it is, it is all
 * that one sees.
 */
const SPREAD = 1.5 / 227;

/**
 * The values smoothed for the eye: three running means each way, which is a Gaussian as good as
 * any.
 * @param {Float32Array} values @param {{width: number, height: number}} frame
 */
export function smooth(values, { width, height }) {
  const spread = SPREAD * Math.max(width, height);
  const radius = Math.round((Math.sqrt(4 * spread * spread + 1) - 1) / 2);
  if (radius === 0) return values;
  let from = values;
  /** @type {Float32Array} */
  let to = new Float32Array(values.length);
  for (let pass = 0; pass < 3; pass++) {
    for (let y = 0; y < height; y++) runningMean(from, to, y * width, 1, width, radius);
    [from, to] = [to, from === values ? new Float32Array(values.length) : from];
    for (let x = 0; x < width; x++) runningMean(from, to, x, width, height, radius);
    [from, to] = [to, from];
  }
  return from;
}

/**
 * Means over up to 2 radius + 1 neighbours along one line; at its ends over those that there are.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} start
 * @param {number} step
 * @param {number} count
 * @param {number} radius
 */
function runningMean(from, to, start, step, count, radius) {
  let sum = 0;
  let within = 0;
  for (let i = -radius; i < count; i++) {
    const entering = i + radius;
    const leaving = i - radius - 1;
    if (entering < count) ((sum += from[start + entering * step]), within++);
    if (leaving >= 0) ((sum -= from[start + leaving * step]), within--);
    if (i >= 0) to[start + i * step] = sum / within;
  }
}

/**
 * Intensities as bytes: 255 is the map's upper quantile. A map of zeros stays zero, whatever noise
 * is in it.
 * @param {Float32Array} values  >= 0
 */
export function toIntensity(values) {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  const intensity = new Uint8Array(values.length);
  if (!(largest > 0) || !Number.isFinite(largest)) return intensity;
  const counts = new Uint32Array(BINS);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value / largest) * BINS))]++;
  let bin = BINS - 1;
  for (
    let above = counts[bin];
    above <= values.length * CLIPPED_SHARE && bin > 0;
    above += counts[bin]
  )
    bin--;
  const top = (largest * (bin + 1)) / BINS;
  for (let i = 0; i < values.length; i++)
    intensity[i] = Math.min(255, Math.round((values[i] / top) * 255));
  return intensity;
}

/**
 * Signed values as bytes: 128 is 0, 1 and 255 are the upper quantile of the magnitudes.
 * @param {Float32Array} values
 */
export function toSignedIntensity(values) {
  return toIntensity(values.map(Math.abs)).map(
    (strength, i) => 128 + (Math.sign(values[i]) * strength * 127) / 255,
  );
}

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
