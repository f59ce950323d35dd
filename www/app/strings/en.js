// The sentences of the page, in English: everything that it shows or reads out, except three things.
// What the engine knows about its methods, recipes and devices (title, formula, how to read it,
// reference, reason) and the details of its errors come from the engine, which says the same to
// every other program. index.html holds the sentences for when no module can run.

import { LARGEST_SEED } from '../url_state.js';
import { ALIKE, UNRELATED, verdictOf } from '../sanity_verdict.js';

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
const megabytes = (bytes) => megabyteFormat.format(bytes / 1e6);

export const page = {
  title: 'Deep Inside',
  tagline: 'What a convolutional network sees in your photo',
  privacy:
    'Nothing leaves this computer: this page reads your photo and computes everything itself.',
  paper: 'After Simonyan, Vedaldi and Zisserman, “Deep Inside Convolutional Networks”, 2013',
  paperLink: 'https://arxiv.org/abs/1312.6034',
  /** @param {string} title @param {string} licence */
  network: (title, licence) => `Network: ${title}, trained on ImageNet. Weights: ${licence}.`,
  dropHere: 'Drop the picture anywhere',
};

export const photo = {
  heading: 'Photo',
  prompt: 'Drop or paste a picture',
  promptNote: 'or take one of the samples below',
  choose: 'Choose',
  chooseHint: 'Choose a photo',
  webcam: 'Webcam',
  capture: 'Take the picture',
  switchCamera: 'Other camera',
  closeCamera: 'Close',
  samples: 'Sample pictures',
  preview: 'Camera preview, mirrored',
  /** @param {string} credit @param {string} licence */
  credit: (credit, licence) => `Photo: ${credit}, ${licence}`,
  /** @param {number} width @param {number} height */
  size: (width, height) => `${width} × ${height} pixels`,
  /**
   * @param {number} width
   * @param {number} height
   * @param {number} fileWidth
   * @param {number} fileHeight
   */
  reduced: (width, height, fileWidth, fileHeight) =>
    `Opened at ${width} × ${height} of ${fileWidth} × ${fileHeight} pixels`,
  /** @param {number} width @param {number} height */
  alt: (width, height) => `Your photo, ${width} by ${height} pixels`,
};

export const classes = {
  heading: 'What the network sees',
  empty: 'the five most likely',
  working: 'looking …',
  choose: 'choose one',
  searchLabel: 'Any other class',
  searchPlaceholder: 'Search 1000 classes',
  listLabel: 'Classes',
  none: 'No class matches.',
  /** @param {string} name @param {number | undefined} probability   undefined for a neuron */
  fromLink: (name, probability) =>
    probability === undefined
      ? `From the link: ${name}.`
      : `From the link: ${name}. For this photo the network gives it ${percent(probability)}.`,
  /** @param {string} name */
  instead: (name) => `Explain ${name} instead`,
  /** @param {number} count */
  more: (count) => `${count} more: type more letters to narrow them down`,
};

export const saliency = {
  heading: 'Saliency',
  method: 'Method',
  /** @param {import('../messages.js').Method} method */
  otherFormula: ({ formula, reference }) =>
    `${formula}. ${reference}. The map shows the largest absolute value of the three colour channels, if the method has channels. It is slightly smoothed, and the strongest 0.5% of the pixels are drawn at full strength.`,
  alone: 'Where would a small change of the pixels change this class’s score most?',
  caption:
    'Changing the bright pixels would change this class’s score most. They show what the score is sensitive to, often only a part of the object. They are not the network’s reasons.',
  opacity: 'Opacity',
  colourMap: 'Colours',
  /** @type {Record<string, string>} */
  colourMaps: { inferno: 'Inferno', viridis: 'Viridis', cividis: 'Cividis', grey: 'Grey' },
  ground: 'Over',
  grounds: {
    grey: 'grey photo, dimmed',
    colour: 'colour photo, dimmed',
    none: 'nothing: map alone',
  },
  compare: 'Hold to compare',
  low: '0',
  high: 'top 0.5%',
  legend: {
    grey: 'Colour scale, on a white and on a black part of the photo: from no influence to that of the strongest 0.5% of the pixels. Lighter always means more.',
    colour:
      'Colour scale, on a white and on a black part of the photo: from no influence to that of the strongest 0.5% of the pixels. Lighter always means more.',
    none: 'Colour scale: from no influence to that of the strongest 0.5% of the pixels. Lighter always means more.',
  },
  save: 'Overlay',
  saveHint: 'Save the overlay as PNG',
  formula:
    'The derivative of the class score with respect to each pixel of this photo: the largest absolute value of the three colour channels, averaged over ten crops (four corners and the centre, each also mirrored). The map is slightly smoothed, and the strongest 0.5% of the pixels are drawn at full strength.',
  /** @param {number} views */
  views: (views) => (views === 1 ? 'one crop' : `${views} crops`),
  /** @param {number} gap */
  gap: (gap) => `sum is off by ${percent(gap)}`,
  /** @param {number} done @param {number} total */
  progress: (done, total) => `pass ${Math.min(done + 1, total)} of ${total}`,
  /** @param {string} name @param {string | null} position */
  alt: (name, position) =>
    position
      ? `Saliency map for ${name} over the photo, strongest ${position}`
      : `Saliency map for ${name}: no pixel stands out`,
};

export const neuron = {
  summary: 'Or any neuron',
  hint: 'One channel of a layer, averaged over all positions. It gets a map, a model and a cut-out, as a class does.',
  layer: 'Layer',
  channel: 'Channel',
  show: 'Show',
  /** @param {import('../messages.js').Layer} layer */
  option: ({ name, channels, rows, columns }) => `${name} (${channels} × ${rows} × ${columns})`,
  /** @param {import('../messages.js').Layer} layer */
  shape: ({ channels, rows, columns }) => `${channels} channels of ${rows} by ${columns}`,
};

/** @param {import('../target.js').Neuron} neuron */
export const neuronName = ({ layer, channel }) => `${layer}, channel ${channel}`;

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
  /** @param {string} method @param {import('../sanity_verdict.js').Correlations} last */
  chartAlt: (method, { magnitudes, signs }) =>
    `${method}: rank correlation from 1 for the trained network to ${sanity.correlation(magnitudes)} of the magnitudes and ${sanity.correlation(signs)} of the signs for the last one shown`,
  /** @param {'magnitudes' | 'signs'} quantity @param {number | undefined} correlation */
  figure: (quantity, correlation) =>
    `${sanity.quantities[quantity].label} ${sanity.correlation(correlation)}`,
  /**
   * @param {string} method
   * @param {import('../sanity_verdict.js').Correlations} last   with all layers random
   */
  finding(method, last) {
    const figures = `With all layers random, the rank correlation with the trained network’s map is ${sanity.correlation(last.magnitudes)} for the magnitudes and ${sanity.correlation(last.signs)} for the signs.`;
    return `${sanity.verdicts[verdictOf(last)](method, last)} ${figures}`;
  },
  /** The limits behind the verdict. */
  lines: `A correlation of up to ${UNRELATED} counts as unrelated, one of at least ${ALIKE.toFixed(2)} as similar. This is one draw of random weights.`,
  /**
   * @type {Record<import('../sanity_verdict.js').Verdict, (method: string, last:
   *   import('../sanity_verdict.js').Correlations) => string>}
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

export const model = {
  heading: 'Class model',
  alone: 'What picture, grown from nothing, gets the highest score for this class?',
  caption:
    'A picture grown from nothing to raise the network’s score for this class. It shows what the network looks for, not a photo that exists; much of it means nothing to human eyes.',
  recipe: 'Recipe',
  side: 'Size',
  /** @param {number} side */
  sideName: (side) => `${side} × ${side}`,
  from: 'From',
  starts: { '': 'the recipe’s own', zero: 'grey', noise: 'noise', photo: 'your photo' },
  otherSeed: 'Reroll',
  otherSeedHint: 'Start again with a new random seed',
  /** @param {number} pace */
  pace: (pace) => `${pace.toPrecision(2)} steps/s`,
  start: 'Start',
  again: 'Start again',
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  score: 'Score',
  probability: 'Probability',
  save: 'Picture',
  saveHint: 'Save the class model’s picture as PNG',
  saveGrowth: 'Growth',
  saveGrowthHint: 'Save the growth as a short video',
  formula:
    'In the paper: the image that maximises the class score before the softmax, minus a penalty on large pixel values, found by gradient ascent on the image with fixed weights.',
  /** @param {number} step @param {number} steps */
  step: (step, steps) => `step ${step} of ${steps}`,
  /** @param {number} step @param {number} steps */
  paused: (step, steps) => `paused at ${step} of ${steps}`,
  /** @param {number} steps */
  done: (steps) => `${steps} steps`,
  /** @param {string} name @param {number} step @param {number} score */
  alt: (name, step, score) =>
    `The network’s own picture of ${name} after ${step} steps, score ${scoreText(score)}`,
  /** @param {number} from @param {number} to */
  curve: (from, to) => `Score from ${scoreText(from)} to ${scoreText(to)}`,
  curveHint: 'Solid: the score. Dashed: the probability, from 0 to 1.',
  /** @param {import('../messages.js').Recipe} recipe */
  about: ({ title, reading, reference }) => `“${title}”: ${reading} ${reference}.`,
};

export const gallery = {
  heading: 'A gallery of class models',
  caption:
    'Ten classes grow side by side, a few steps each in turn. A click shows one at full size.',
  run: 'Grow the ten',
  surprise: 'Surprise me',
  surpriseHint: 'Ten other classes, picked at random',
  stop: 'Stop',
  /** @param {number} step @param {number} steps */
  step: (step, steps) => `step ${step} of ${steps}`,
  save: 'Save as PNG',
  close: 'Close',
  /** @param {string} name @param {number} step */
  alt: (name, step) =>
    step === 0 ? `${name}, not begun` : `The network’s own picture of ${name} after ${step} steps`,
};

export const cut = {
  heading: 'Cut-out',
  alone: 'Which object do the salient pixels belong to, and where does it end?',
  caption:
    'The most and the least salient pixels give the colours of object and background; a graph cut finds the border between them. The network never learned borders, so parts of the object in the background’s colours are lost.',
  /**
   * What seeds the cut.
   * @param {string} method
   * @param {number} views
   * @param {number} foreground
   * @param {number} background   quantiles
   */
  fromMap: (method, views, foreground, background) =>
    `Seeded by ${method}, ${saliency.views(views)}: object colours from above its ${quantile(foreground)} quantile, background colours from below its ${quantile(background)} quantile.`,
  fromRectangle: 'Seeded by your box: object colours from inside, background colours from outside.',
  afterOrigin: 'Parts in the background’s colours are lost: the network never learned borders.',
  seeds: 'Seeds',
  seedsFrom: { best: 'best on photos', map: 'this map', paper: 'as in the paper' },
  view: 'View',
  views: { outline: 'Outline', cutout: 'Cut-out', box: 'Box', seeds: 'Seeds' },
  seedsLegend: 'Yellow: object seeds. Blue: background seeds.',
  saveMask: 'Mask',
  saveMaskHint: 'Save the mask as PNG',
  saveCutout: 'Cut-out',
  saveCutoutHint: 'Save the cut-out as PNG with a transparent background',
  saveJson: 'JSON',
  saveJsonHint: 'Save the box and the settings as JSON',
  formula:
    'The labelling with the least energy: how badly each pixel’s colour fits its label, plus the cost of every border between similar neighbours. The minimum is exact; its largest connected component is the object.',
  preview: 'preview',
  noneState: 'no object',
  nothingLeft:
    'Nothing is left: all of the photo counts as background now. Remove a stroke with Undo, or paint over the object with Add.',
  none: 'No object stands out from its background for this class. Draw a box around one with the tool below, or try another class.',
  correcting: 'updating the cut',
  tools: 'Correct the cut',
  tool: { object: 'Add', background: 'Remove', rectangle: 'Draw a box' },
  toolHint: {
    object: 'Paint over what belongs to the object',
    background: 'Paint over what does not belong to the object',
    rectangle: 'Draw a box around the object, instead of using the saliency map',
  },
  brush: 'Brush size',
  undo: 'Undo',
  undoHint: 'Remove the last stroke',
  clear: 'Clear',
  clearHint: 'Remove all strokes',
  /** @param {'object' | 'background' | 'rectangle'} tool */
  canvas: (tool) =>
    `${cut.toolHint[tool]}. By keyboard: arrow keys move the cross, with Shift in small steps, Enter ${tool === 'rectangle' ? 'sets a corner' : 'paints'}, Escape ends.`,
  /** @param {number} fraction */
  corrected: (fraction) => `Cut updated: ${percent(fraction)} of the photo`,
  /** @param {{x: number, y: number, width: number, height: number}} box */
  box: ({ x, y, width, height }) => `${width} × ${height} at ${x}, ${y}`,
  boxLabel: 'Box, in pixels',
  fractionLabel: 'Of the photo',
  /**
   * @param {string} name
   * @param {{x: number, y: number, width: number, height: number}} box
   * @param {number} fraction   of the photo's pixels that are object
   */
  alt: (name, { x, y, width, height }, fraction) =>
    `The object found for ${name}: ${percent(fraction)} of the photo, in a box ${width} by ${height} pixels at ${x}, ${y}`,
};

/** @param {number} fraction 0..1 */
const quantile = (fraction) => `${Math.round(100 * fraction)}%`;

export const card = {
  save: 'Save',
  formula: 'The formula',
  needsClass: 'Choose a class',
  needsPhoto: 'Choose a photo first',
  waiting: 'in the queue',
  cancelled: 'cancelled',
  failed: 'failed',
};

/** Names a position in a picture, given as fractions of its width and height. @param {{x: number, y: number}} place */
export function placeName({ x, y }) {
  const column = x < 0.38 ? 'left' : x > 0.62 ? 'right' : '';
  const row = y < 0.38 ? 'upper' : y > 0.62 ? 'lower' : '';
  if (!column && !row) return 'around the centre';
  if (!row) return `in the ${column} half`;
  return column ? `in the ${row} ${column}` : `in the ${row} half`;
}

/** The status line. */
export const status = {
  label: 'Progress',
  starting: 'Starting: loading the program',
  /** @param {number} done @param {number} total */
  downloading: (done, total) =>
    `Downloading the network: ${megabytes(done)} of ${megabytes(total)} MB`,
  preparing: 'Preparing the network',
  /** @param {number} done @param {number} total */
  warming: (done, total) => `Warming up the GPU: ${done} of ${total}`,
  stopped: 'Stopped before the network was loaded',
  failed: 'The network could not be started',
  opening: 'Opening the picture',
  classifying: 'The network is looking at the photo',
  noPhoto: 'Ready: choose a photo, or one of the samples',
  noClass: 'Choose a class to explain',
  /** @param {string} name @param {number} done @param {number} total */
  saliency: (name, done, total) => `${name}: saliency, ${saliency.progress(done, total)}`,
  /** @param {string} name */
  cut: (name) => `${name}: cutting out the object`,
  /** @param {number} done */
  topFive: (done) => `Cutting out the five most likely: ${topFive.step(done)}`,
  /** @param {string} name */
  relation: (name) => `${name}: gradient and DeconvNet, layer by layer`,
  /** @param {string} name @param {number} done @param {number} total */
  sanity: (name, done, total) => `${name}: randomising, ${sanity.step(done, total)}`,
  /** @param {string} name @param {number} step @param {number} steps */
  model: (name, step, steps) => `${name}: class model, ${model.step(step, steps)}`,
  /** @param {number} fraction */
  gallery: (fraction) => `Gallery of class models: ${percent(fraction)}`,
  /** @param {string} name */
  paused: (name) => `${name}: class model paused`,
  /** @param {string} name */
  done: (name) => `${name}: done`,
  /** @param {string} name */
  cancelled: (name) => `${name}: cancelled`,
  cancel: 'Cancel',
  cancelHint: 'Cancel (Esc)',
  retry: 'Start again',
};

/** Read out by screen readers when a phase changes, but not on every progress report. */
export const announcements = {
  ready: 'The network is ready.',
  /** @param {string} names */
  classified: (names) => `The most likely classes: ${names}.`,
  /** @param {string} name */
  saliency: (name) => `Saliency map for ${name} ready.`,
  /** @param {string} name */
  model: (name) => `Class model of ${name} ready.`,
  /** @param {string} name */
  cut: (name) => `Object cut out for ${name}.`,
  none: 'No object stands out.',
  /** @param {string} name */
  relation: (name) => `Gradient and DeconvNet compared for ${name}.`,
  /** @param {string} name */
  sanity: (name) => `All layers randomised for ${name}.`,
  topFive: 'All five cut out.',
  gallery: 'All ten class models are done.',
  cancelled: 'Cancelled.',
};

/** Why a download failed. */
export const transfer = {
  unreachable: 'The server could not be reached.',
  /** @param {number} status */
  status: (status) => `The server answered ${status}.`,
  webPage: 'The server sent a web page instead of the file.',
  /** @param {number} done @param {number} expected */
  cutShort: (done, expected) => `The connection ended after ${done} of ${expected} bytes.`,
  /** @param {number} expected */
  tooLong: (expected) => `The server sent more than the expected ${expected} bytes.`,
  noProgram: 'A part of the program was not delivered.',
};

export const device = {
  starting: 'Starting',
  notLoaded: 'Not loaded',
  cpu: 'CPU',
  webgpu: 'WebGPU',
  softwareWebgpu: 'WebGPU in software',
  /** @param {string} reason */
  cpuNotice: (reason) => `Same results as on a GPU, but slower: ${reason}.`,
  /** @param {string} reason */
  softwareNotice: (reason) => `A GPU emulated in software is slower than the CPU; ${reason}.`,
  useCpu: 'Use the CPU',
  nothingKept:
    'This page cannot store files here (over http, or in a private window): every visit downloads the network again.',
};

/** What the next visit will find. @type {Record<import('../offline.js').Kept, string>} */
export const kept = {
  unknown: '',
  page: 'Stored on this computer: the page also opens offline.',
  nothing: 'Not stored on this computer: the page does not open offline.',
};

/** Why a setting in the address was refused. */
export const link = {
  /**
   * @param {import('../url_state.js').LinkFault} fault
   * @param {number} [classes]   that the network has, once it is there
   */
  fault({ key, value: whole }, classes) {
    const value = whole.length > 40 ? `${whole.slice(0, 40)}…` : whole;
    if (key === 'class')
      return `It asks for class ${value}; ${classes === undefined ? 'classes have numbers' : `this network has 0 to ${classes - 1}`}.`;
    if (key === 'neuron')
      return `It asks for the neuron ${value}, which this network does not have.`;
    if (key === 'opacity') return `It asks for an opacity of ${value}; opacity goes from 0 to 1.`;
    if (key === 'seed')
      return `It asks for the seed ${value}; seeds are whole numbers from 0 to ${LARGEST_SEED}.`;
    const name = Object.hasOwn(link.names, key) && link.names[key];
    return name
      ? `It asks for ${name} “${value}”, which does not exist, so the default is used.`
      : `It says “${key.slice(0, 40)}=${value}”, which this page has no setting for.`;
  },
  /** @type {Record<string, string>} */
  names: {
    method: 'the method',
    map: 'the colours',
    ground: 'the background',
    seeds: 'the seeds',
    recipe: 'the recipe',
    side: 'the size',
    start: 'the start',
    device: 'the device',
  },
};

export const problems = {
  heading: 'Something went wrong',
  dismiss: 'Dismiss',
  retry: 'Try again',
  useCpu: 'Use the CPU',
  reload: 'Reload the page',
  reloadEverything: 'Reload the page',
  useUpdate: 'Reload the page',
};

/**
 * What went wrong and what to do, by code. `ifRepeated`: what to do if it happened twice in half
 * a minute and the engine was not restarted; `action`: what the card's button does.
 * @type {Record<string, {sentence: string, advice: string, ifRepeated?: string, action?: 'retry' |
 *   'useCpu' | 'reload' | 'reloadEverything' | 'useUpdate'}>}
 */
export const errors = {
  'picture-empty': { sentence: 'This file is empty.', advice: 'Choose another picture.' },
  'picture-too-large': {
    sentence: 'This picture is too large.',
    advice:
      'Choose one of at most 200 MB, 150 megapixels and 65,535 pixels a side, or scale it down first.',
  },
  'picture-unsupported': {
    sentence: 'This is not a picture that can be read here.',
    advice: 'Save the picture as a JPEG or PNG with an image editor, then choose that file.',
  },
  'picture-corrupt': {
    sentence: 'This picture is damaged.',
    advice: 'Choose another one, or save it again with an image editor.',
  },
  'no-picture': {
    sentence: 'No photo has been chosen yet.',
    advice: 'Choose a photo, or one of the samples.',
  },
  'sample-download-failed': {
    sentence: 'The sample picture could not be loaded.',
    advice: 'Check the connection, then choose it again.',
  },
  'drop-web-address': {
    sentence: 'That was a web address, not the picture itself.',
    advice:
      'Copy the picture there and paste it here, or save it and drop the file. This page loads nothing from other sites.',
  },
  'link-not-understood': {
    sentence: 'This link asks for something that does not exist.',
    advice: 'The page ignores it.',
  },
  'drop-without-picture': {
    sentence: 'What was dropped contained no picture.',
    advice: 'Drop a picture file.',
  },
  'paste-without-picture': {
    sentence: 'The clipboard contains no picture.',
    advice: 'Copy a picture (not its file name or address), then paste again.',
  },
  'weights-download-failed': {
    sentence: 'The network’s weights could not be downloaded.',
    advice: 'Check the connection, then try again.',
    action: 'retry',
  },
  'weights-corrupt': {
    sentence: 'The network’s weights arrived damaged.',
    advice: 'Try again. If this happens again, the copy on the server is damaged.',
    action: 'retry',
  },
  'weights-mismatch': {
    sentence: 'The weights belong to another network.',
    advice: 'The page was probably updated: reload it.',
    action: 'reloadEverything',
  },
  'program-load-failed': {
    sentence: 'The program could not be loaded.',
    advice:
      'Check the connection, then try again. If this happens again, the copy on the server is incomplete.',
    action: 'retry',
  },
  'program-mismatch': {
    sentence: 'The page was updated.',
    advice:
      'Its parts are from two versions, which do not work together. Reloading downloads all of them again.',
    action: 'reloadEverything',
  },
  'server-unreachable': {
    sentence: 'The page could not be reloaded.',
    advice: 'It stays as it is. Check the connection, then try again.',
    action: 'reloadEverything',
  },
  'update-ready': {
    sentence: 'A new version is ready. Reload whenever you like.',
    advice: 'Until then this page keeps running the old version only.',
    action: 'useUpdate',
  },
  'share-without-picture': {
    sentence: 'The shared picture did not arrive.',
    advice: 'Share it again, or choose it here.',
  },
  'browser-too-old': {
    sentence: 'This browser lacks something that the page needs.',
    advice: 'Use a current version of Chrome, Edge, Firefox or Safari.',
  },
  'class-out-of-range': { sentence: 'There is no such class.', advice: 'Choose one of the list.' },
  'setting-out-of-range': {
    sentence: 'One of the settings is out of range.',
    advice: 'Choose another value, or reload the page.',
  },
  'no-network': {
    sentence: 'The network is not loaded yet.',
    advice: 'Try again.',
    action: 'retry',
  },
  'gpu-unavailable': {
    sentence: 'WebGPU is not available in this browser.',
    advice: 'Continue on the CPU.',
    action: 'useCpu',
  },
  'gpu-lost': {
    sentence: 'The connection to the GPU was lost.',
    advice:
      'The engine was restarted: choose the class again. If this happens again, continue on the CPU.',
    ifRepeated:
      'It was lost twice within half a minute, so the engine was not restarted. Continue on the CPU.',
    action: 'useCpu',
  },
  'out-of-memory': {
    sentence: 'The memory available to this page is full.',
    advice: 'The engine was restarted: choose the class again, or use a smaller picture.',
    ifRepeated:
      'It was full twice within half a minute, so the engine was not restarted. Start again above, then use a smaller picture.',
  },
  'camera-not-allowed': {
    sentence: 'The camera may not be used.',
    advice: 'Allow it in the browser’s address bar, then click again.',
  },
  'camera-not-found': {
    sentence: 'No camera was found.',
    advice: 'Connect one, or choose a file.',
  },
  'camera-not-readable': {
    sentence: 'The camera does not respond.',
    advice: 'Close other programs that use it, then click again.',
  },
  'camera-overconstrained': {
    sentence: 'No camera has the requested properties.',
    advice: 'Try the other camera, or choose a file.',
  },
  'camera-insecure': {
    sentence: 'Browsers allow the camera only on secure pages.',
    advice: 'Open this page over https, or on localhost; or choose a file.',
  },
  'camera-lost': {
    sentence: 'The camera was disconnected.',
    advice: 'Connect it again, or choose a file.',
  },
  'save-failed': {
    sentence: 'The file could not be created.',
    advice: 'Try again with a smaller picture.',
  },
  internal: {
    sentence: 'An internal error stopped the computation.',
    advice:
      'The engine was restarted: choose the class again. If this happens again, reload the page.',
    ifRepeated:
      'That happened twice within half a minute, so the engine was not restarted. Reload the page.',
    action: 'reload',
  },
};
