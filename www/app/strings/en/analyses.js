// The analyses below the cards.

import { ALIKE, UNRELATED, verdictOf } from '../../sanity_verdict.js';
import { cut } from './cards.js';
import { percent } from './formats.js';

export const topFive = {
  heading: 'Where are the five most likely?',
  caption:
    'The paper’s entry to the localisation challenge: each of the five most likely classes gets its own map, cut and box. Similar classes point at the same object. A class that is not in the photo may point at whatever resembles it most.',
  run: 'Find all five',
  /** @param {number} done */
  step: (done) => `class ${Math.min(done + 1, 5)} of 5`,
  save: 'JSON',
  saveHint: 'Save the five boxes and the settings as JSON',
  none: 'no object',
  seededByEach: 'Each is seeded as the size of its own object asks for.',
  /**
   * What the boxes say together.
   * @param {string} first   the likeliest class that has a box
   * @param {number} boxes
   * @param {{same: number, overlap: number}} agreement   of the boxes with the first
   */
  conclusion: (first, boxes, { same, overlap }) => {
    if (boxes < 2) return `Only ${first} has an object here.`;
    if (same === boxes)
      return `All ${boxes} point at the same object: their boxes overlap ${first}’s by ${percent(overlap)}.`;
    if (same === 1)
      return `No other class points at the object of ${first}: their boxes overlap its by at most ${percent(overlap)}.`;
    return `${same} of ${boxes} point at the same object, ${first} first (their boxes overlap by ${percent(overlap)}); the others point elsewhere.`;
  },
  /** @param {{x: number, y: number, width: number, height: number}} box */
  box: (box) => cut.box(box),
  /** @param {string} name @param {{x: number, y: number, width: number, height: number}} box */
  alt: (name, box) => `The object found for ${name}, in a box ${cut.box(box)}`,
  /** @param {string} name */
  noneAlt: (name) => `No object stands out for ${name}`,
};

export const relation = {
  heading: 'Gradient or DeconvNet?',
  caption:
    'A DeconvNet passes a signal back through the layers exactly as the gradient does, except at a ReLU. There it keeps the positive values of the signal; the gradient keeps the positions whose input was positive in the forward pass. The gradient is the more general tool: it needs no second network, and every neuron of every layer has one.',
  run: 'Compare them',
  working: 'comparing …',
  rules: { gradient: 'Gradient', deconvnet: 'DeconvNet' },
  tableLabel: 'The rule of each kind of layer',
  ruleColumns: ['Layer', 'Gradient', 'DeconvNet', 'The same?'],
  ruleRows: [
    [
      'Convolution, X′ = X ∗ K',
      'dX = dX′ ∗ K rotated by 180°',
      'R = R′ ∗ K rotated by 180°',
      'yes',
    ],
    ['ReLU, X′ = max(X, 0)', 'dX = dX′ where X > 0', 'R = R′ where R′ > 0', 'no'],
    ['Max-pool', 'dX′ goes to the maximum', 'R′ goes to the “switch”, the maximum', 'yes'],
  ],
  chart:
    'From the class score (left) back to the photo (right). Bars: how differently the two rules treat one and the same signal at this layer. Line: how similar the two signals still are (cosine: 1 is the same direction, 0 unrelated).',
  top: 'score',
  bottom: 'photo',
  /** @param {number} cosine */
  chartAlt: (cosine) =>
    `Cosine of the two signals from layer to layer: 1 at the score, ${cosine.toFixed(2)} at the photo`,
  /** @param {{kind: string}[]} same @param {{kind: string}[]} differing */
  finding: (same, differing) =>
    `On your photo: fed the same signal, both rules give identical results at ${counted(same)}; they differ only at ${counted(differing)}.`,
  figures: 'The numbers, layer by layer',
  columns: ['Layer', 'Kind', 'Difference here', 'Cosine'],
  /** @type {Record<string, string>} */
  kinds: { 'max-pool': 'max-pool', relu: 'ReLU', picture: 'photo' },
  /** @param {number} difference   relative */
  difference: (difference) => (difference === 0 ? '0' : percent(difference)),
  /** @param {string} rule @param {string} name */
  alt: (rule, name) => `${rule} map for ${name} over the photo`,
};

/** @type {Record<string, [string, string]>} */
const LAYER_KINDS = {
  convolution: ['convolution', 'convolutions'],
  relu: ['ReLU', 'ReLUs'],
  'max-pool': ['max-pool', 'max-pools'],
  concatenation: ['concatenation', 'concatenations'],
};

/** "3 max-pools and 25 convolutions", "no layer". @param {{kind: string}[]} layers */
function counted(layers) {
  const kinds = [...new Set(layers.map(({ kind }) => kind))];
  const parts = kinds.map((kind) => {
    const count = layers.filter((layer) => layer.kind === kind).length;
    return `${count} ${(LAYER_KINDS[kind] ?? [kind, kind])[count === 1 ? 0 : 1]}`;
  });
  return parts.length === 0 ? 'no layer' : new Intl.ListFormat('en').format(parts);
}

export const sanity = {
  heading: 'Does the map depend on what the network learned?',
  caption:
    'A map that shows what the network learned must change when the weights are randomised. Here one layer after another gets random weights, from the class scores down to the first convolution, and the map is computed again each time (Adebayo et al. 2018, “Sanity Checks for Saliency Maps”).',
  run: 'Randomise the network',
  quantities: {
    magnitudes: {
      label: 'magnitudes',
      about:
        'Magnitudes: how strong the map is, whatever its sign. This is what saliency maps show.',
    },
    signs: {
      label: 'signs',
      about: 'Signs: red pixels raise the score, blue pixels lower it.',
    },
  },
  pictures:
    'Left: magnitudes; right: signs, both slightly smoothed. Each picture’s rank correlation is below it.',
  /** @param {string} method */
  runOn: (method) => `Randomise: ${method}`,
  /** @param {number} done @param {number} total */
  step: (done, total) =>
    total ? `layer ${Math.min(done + 1, total)} of ${total}` : 'the trained network',
  trained: 'as trained',
  /** @param {number | undefined} correlation */
  correlation: (correlation) =>
    correlation === undefined
      ? '–'
      : correlation
          .toFixed(2)
          .replace(/^-0\.00$/, '0.00')
          .replace('-', '−'),
  chart:
    'Rank correlation (Spearman) with the map of the trained network after each layer. Solid: magnitudes. Dashed: signs.',
  top: 'as trained',
  bottom: 'all random',
  /** @param {string} method @param {import('../../sanity_verdict.js').Correlations} last */
  chartAlt: (method, { magnitudes, signs }) =>
    `${method}: rank correlation from 1 for the trained network to ${sanity.correlation(magnitudes)} of the magnitudes and ${sanity.correlation(signs)} of the signs for the last one shown`,
  /** @param {'magnitudes' | 'signs'} quantity @param {number | undefined} correlation */
  figure: (quantity, correlation) =>
    `${sanity.quantities[quantity].label} ${sanity.correlation(correlation)}`,
  /**
   * @param {string} method
   * @param {import('../../sanity_verdict.js').Correlations} last   with all layers random
   */
  finding(method, last) {
    const figures = `With all layers random, the rank correlation with the trained network’s map is ${sanity.correlation(last.magnitudes)} for the magnitudes and ${sanity.correlation(last.signs)} for the signs.`;
    return `${sanity.verdicts[verdictOf(last)](method, last)} ${figures}`;
  },
  /** The limits behind the verdict. */
  lines: `A correlation of up to ${UNRELATED} counts as unrelated, one of at least ${ALIKE.toFixed(2)} as similar. This is one draw of random weights.`,
  /**
   * @type {Record<import('../../sanity_verdict.js').Verdict, (method: string, last:
   *   import('../../sanity_verdict.js').Correlations) => string>}
   */
  verdicts: {
    changes: (method) =>
      `${method} passes: neither the magnitudes nor the signs of its map still correlate with the trained network’s.`,
    partly(method, { magnitudes, signs }) {
      return (magnitudes ?? 0) > (signs ?? 0)
        ? `${method} passes in part: its signs no longer correlate with the trained network’s, but its magnitudes do. So where its map is strong depends in part on something other than what the network learned.`
        : `${method} passes in part: its magnitudes no longer correlate with the trained network’s, but its signs do. So the signs of its map depend in part on something other than what the network learned.`;
    },
    stays: (method) =>
      `${method} fails: its map still correlates with the trained network’s. So much of it does not depend on what the network learned.`,
    reverses: (method) =>
      `Undecided for ${method}: its map is anticorrelated with the trained network’s. Try again with other random weights.`,
    nothing: (method) =>
      `Undecided for ${method}: one of the maps is constant, so this test says nothing about it. Try again.`,
  },
  /**
   * @param {string} layer
   * @param {'magnitudes' | 'signs'} quantity
   * @param {number | undefined} correlation
   */
  alt: (layer, quantity, correlation) =>
    `Map after ${layer}, ${quantity}: rank correlation ${sanity.correlation(correlation)}`,
};
