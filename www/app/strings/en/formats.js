// Numbers, names and positions in words.

const percentFormat = new Intl.NumberFormat('en', {
  style: 'percent',
  maximumSignificantDigits: 2,
});
const megabyteFormat = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** @param {number} fraction 0..1 */
export function percent(fraction) {
  if (fraction > 0 && fraction < 0.001) return '<\u00a00.1%';
  return fraction > 0.99 && fraction < 1 ? '>\u00a099%' : percentFormat.format(fraction);
}

/** @param {number} score */
export const scoreText = (score) => score.toFixed(1);

/** The first of a class's names. @param {string} label  "Egyptian cat" or "tabby, tabby cat" */
export const shortName = (label) => label.split(',')[0].trim();

/** @param {number} bytes */
export const megabytes = (bytes) => megabyteFormat.format(bytes / 1e6);

/** @param {string} name @param {string} other */
export const contrastName = (name, other) => `${name} rather than ${other}`;

/** @param {import('../../target.js').Neuron} neuron */
export const neuronName = ({ layer, channel }) => `${layer}, channel ${channel}`;

/**
 * Names a position in a picture.
 * @param {{x: number, y: number}} position   in fractions of width and height
 */
export function positionName({ x, y }) {
  const column = x < 0.38 ? 'left' : x > 0.62 ? 'right' : '';
  const row = y < 0.38 ? 'upper' : y > 0.62 ? 'lower' : '';
  if (!column && !row) return 'around the centre';
  if (!row) return `in the ${column} half`;
  return column ? `in the ${row} ${column}` : `in the ${row} half`;
}

/** @param {number} fraction 0..1 */
export const quantile = (fraction) => `${Math.round(100 * fraction)}%`;
