// Every sentence that the page shows or reads out, in English.

import { LARGEST_SEED } from '../url_state.js';
import { ALIKE, UNRELATED, verdictOf } from '../verdict.js';

const percentFormat = new Intl.NumberFormat('en', {
  style: 'percent',
  maximumSignificantDigits: 2,
});
const megabyteFormat = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** @param {number} part 0..1 */
export function percent(part) {
  if (part > 0 && part < 0.001) return '<\u00a00.1%';
  return part > 0.99 && part < 1 ? '>\u00a099%' : percentFormat.format(part);
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
    'Nothing leaves this computer: your photo is read, and everything is computed, in this page.',
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
  empty: 'the five likeliest',
  working: 'looking …',
  choose: 'choose one',
  searchLabel: 'Any other class',
  searchPlaceholder: 'Search 1000 classes',
  listLabel: 'Classes',
  none: 'No class has such a name.',
  /** @param {string} name @param {number | undefined} probability   undefined for a neuron */
  fromLink: (name, probability) =>
    probability === undefined
      ? `From the link: ${name}.`
      : `From the link: ${name}. The network gives it ${percent(probability)} here.`,
  /** @param {string} name */
  instead: (name) => `Explain ${name} instead`,
  /** @param {number} count */
  more: (count) => `${count} more: type on to narrow them down`,
};

export const saliency = {
  heading: 'Saliency',
  method: 'Method',
  /** @param {import('../messages.js').Method} method */
  otherFormula: ({ formula, reference }) =>
    `${formula}. ${reference}. The map shows the largest of the three colours’ absolute values, where there are colours; it is drawn slightly smoothed, and the strongest half per cent of the pixels are drawn alike.`,
  alone: 'Where would a small change of the pixels change the score of this class the most?',
  caption:
    'Bright pixels are those whose change would move the score of this class the most: what the score is sensitive to, often only a part of the object. They are not the network’s reasons.',
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
    grey: 'Colour scale, over a white and over a black place of the photo: from no influence to that of the strongest half per cent of the pixels. More is always lighter.',
    colour:
      'Colour scale, over a white and over a black place of the photo: from no influence to that of the strongest half per cent of the pixels. More is always lighter.',
    none: 'Colour scale: from no influence to that of the strongest half per cent of the pixels. More is always lighter.',
  },
  save: 'Overlay',
  saveHint: 'Save the overlay as PNG',
  formula:
    'The derivative of the class score by the pixels, at this photo: the largest of the three colours’ absolute values, as the mean over ten views (four corners and the centre, each also mirrored). It is drawn slightly smoothed; the brightest half per cent is full strength.',
  /** @param {number} views */
  views: (views) => (views === 1 ? 'one view' : `${views} views`),
  /** @param {number} gap */
  gap: (gap) => `sum misses ${percent(gap)}`,
  /** @param {number} done @param {number} total */
  progress: (done, total) => `pass ${Math.min(done + 1, total)} of ${total}`,
  /** @param {string} name @param {string | null} place */
  alt: (name, place) =>
    place
      ? `Saliency map for ${name} over the photo, strongest ${place}`
      : `Saliency map for ${name}: no pixel stands out`,
};

export const neuron = {
  summary: 'Or any neuron',
  hint: 'A channel of a layer, as its mean over all positions: map, model and cut-out are made for it as for a class.',
  layer: 'Layer',
  channel: 'Channel',
  show: 'Show',
  /** @param {import('../messages.js').Layer} layer */
  option: ({ name, channels, rows, columns }) => `${name} (${channels} × ${rows} × ${columns})`,
  /** @param {import('../messages.js').Layer} layer */
  shape: ({ channels, rows, columns }) => `${channels} channels of ${rows} by ${columns}`,
};

/** @param {import('../chosen.js').Neuron} neuron */
export const neuronName = ({ layer, channel }) => `${layer}, channel ${channel}`;

export const topFive = {
  heading: 'Where are the five likeliest?',
  caption:
    'The paper’s entry to the localisation challenge: for each of the five likeliest classes its own map, cut and box. Classes that look alike point at the same object; a class that is not there may point at whatever resembles it most.',
  run: 'Find all five',
  /** @param {number} done */
  step: (done) => `class ${Math.min(done + 1, 5)} of 5`,
  save: 'JSON',
  saveHint: 'Save the five boxes and the settings as JSON',
  none: 'no object',
  /** @param {{x: number, y: number, width: number, height: number}} box */
  box: (box) => cut.box(box),
  /** @param {string} name @param {{x: number, y: number, width: number, height: number}} box */
  alt: (name, box) => `The object taken for ${name}, in a box ${cut.box(box)}`,
  /** @param {string} name */
  noneAlt: (name) => `No object stands out for ${name}`,
};

export const relation = {
  heading: 'Gradient or DeconvNet?',
  caption:
    'A DeconvNet takes a signal back through the layers just as the gradient does, but for one rule: at a ReLU it keeps what is positive in the signal, where the gradient keeps what came through on the way forward. So the gradient is the more general tool: it needs no second network, and every neuron of every layer has one.',
  run: 'Compare them',
  working: 'comparing …',
  rules: { gradient: 'Gradient', deconvnet: 'DeconvNet' },
  tableLabel: 'The rule of each kind of layer',
  ruleColumns: ['Layer', 'Gradient', 'DeconvNet', 'The same?'],
  ruleRows: [
    ['Convolution, X′ = X ∗ K', 'dX = dX′ ∗ turned K', 'R = R′ ∗ turned K', 'yes'],
    ['ReLU, X′ = max(X, 0)', 'dX = dX′ where X > 0', 'R = R′ where R′ > 0', 'no'],
    ['Max-pool', 'dX′ goes to the maximum', 'R′ goes to the “switch”, the maximum', 'yes'],
  ],
  chart:
    'From layer to layer on the way back. Bars: how far a layer alone takes one and the same signal apart. Line: how alike the two signals still are (cosine; 1 is the same direction, 0 unrelated).',
  top: 'score',
  bottom: 'photo',
  /** @param {number} cosine */
  chartAlt: (cosine) =>
    `Cosine of the two signals from layer to layer: 1 at the score, ${cosine.toFixed(2)} at the photo`,
  /** @param {{kind: string}[]} same @param {{kind: string}[]} parting */
  finding: (same, parting) =>
    `Measured here: given one and the same signal, both rules pass on the same, bit for bit, at ${counted(same)}; they differ at ${counted(parting)}.`,
  figures: 'The figures, layer by layer',
  columns: ['Layer', 'Kind', 'Parted here', 'Cosine'],
  /** @type {Record<string, string>} */
  kinds: { 'max-pool': 'max-pool', relu: 'ReLU', picture: 'photo' },
  /** @param {number} parted */
  parted: (parted) => (parted === 0 ? '0' : percent(parted)),
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
  heading: 'Does the map know the network?',
  caption:
    'A map that tells what the network has learnt must change when the learning is undone. Here the layers get random weights one after the other, from the class scores down to the first convolution, and the map is made anew each time (Adebayo et al. 2018, “Sanity Checks for Saliency Maps”).',
  run: 'Randomise the network',
  quantities: {
    places: {
      label: 'places',
      about: 'Places: how strong the map is, whatever its sign, which is what saliency maps show.',
    },
    signs: {
      label: 'signs',
      about: 'Signs: red where a pixel speaks for the class, blue where against it.',
    },
  },
  pictures:
    'Left the places, right the signs, both drawn slightly smoothed; under each picture its own rank correlation.',
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
    'Rank correlation (Spearman) with the map of the trained network after each layer. Solid: places. Dashed: signs.',
  top: 'as trained',
  bottom: 'all random',
  /** @param {string} method @param {import('../verdict.js').Correlations} last */
  chartAlt: (method, { places, signs }) =>
    `${method}: rank correlation from 1 for the trained network to ${sanity.correlation(places)} of the places and ${sanity.correlation(signs)} of the signs for the last one shown`,
  /** @param {'places' | 'signs'} quantity @param {number | undefined} correlation */
  figure: (quantity, correlation) =>
    `${sanity.quantities[quantity].label} ${sanity.correlation(correlation)}`,
  /**
   * @param {string} method
   * @param {import('../verdict.js').Correlations} last   with all layers random
   */
  finding(method, last) {
    const figures = `With all layers random, the rank correlation with the trained network’s map is ${sanity.correlation(last.places)} for the places and ${sanity.correlation(last.signs)} for the signs.`;
    return `${sanity.verdicts[verdictOf(last)](method, last)} ${figures}`;
  },
  /** What the verdict goes by. */
  lines: `A correlation of up to ${UNRELATED} counts as next to nothing in common, from ${ALIKE.toFixed(2)} on as alike. All this is one draw of random weights.`,
  /**
   * @type {Record<import('../verdict.js').Verdict, (method: string, last:
   *   import('../verdict.js').Correlations) => string>}
   */
  verdicts: {
    changes: (method) =>
      `${method} passes: next to nothing is left of its map, neither of the places nor of the signs.`,
    partly(method, { places, signs }) {
      return (places ?? 0) > (signs ?? 0)
        ? `${method} passes in part: next to nothing is left of its signs, but some of its places are. So a part of where its map is strong does not come from what the network has learnt.`
        : `${method} passes in part: next to nothing is left of its places, but some of its signs are. So a part of what its map is for or against does not come from what the network has learnt.`;
    },
    stays: (method) =>
      `${method} fails: its map stays related to the trained network’s. So a good part of it does not come from what the network has learnt.`,
    reverses: (method) =>
      `Undecided for ${method}: its map runs against the trained network’s. Another draw of weights would tell.`,
    nothing: (method) =>
      `Undecided for ${method}: one of the maps is the same everywhere, and there is nothing to compare.`,
  },
  /**
   * @param {string} layer
   * @param {'places' | 'signs'} quantity
   * @param {number | undefined} correlation
   */
  alt: (layer, quantity, correlation) =>
    `Map after ${layer}, ${quantity}: rank correlation ${sanity.correlation(correlation)}`,
};

export const model = {
  heading: 'Class model',
  alone: 'What picture, grown from nothing, does the network take for this class above all?',
  caption:
    'A picture grown from nothing so that the network’s score for this class rises. It shows what the network looks for, not a photo that exists; much of it means nothing to human eyes.',
  recipe: 'Recipe',
  side: 'Size',
  /** @param {number} side */
  sideName: (side) => `${side} × ${side}`,
  from: 'From',
  starts: { '': 'the recipe’s own', zero: 'grey', noise: 'noise', photo: 'your photo' },
  otherSeed: 'Reroll',
  otherSeedHint: 'Start again from other chance',
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
    'In the paper, the image that maximises the score of the class, before the softmax, less a penalty for strong pixels: gradient ascent on the image, with the network’s weights held fixed.',
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
  surpriseHint: 'Ten other classes, drawn by lot',
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
    'The most and the least salient pixels say what colours object and background have; a graph cut finds the border between them. The network was never shown a border, so parts in the background’s colours get lost.',
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
  afterOrigin: 'Parts in the background’s colours get lost: the network was never shown a border.',
  seeds: 'Seeds',
  seedsFrom: { best: 'best on photos', map: 'this map', paper: 'as in the paper' },
  view: 'View',
  views: { outline: 'Outline', cutout: 'Cut-out', box: 'Box', seeds: 'Seeds' },
  seedsLegend: 'Yellow seeds the object, blue the background.',
  saveMask: 'Mask',
  saveMaskHint: 'Save the mask as PNG',
  saveCutout: 'Cut-out',
  saveCutoutHint: 'Save the cut-out as PNG with a transparent background',
  saveJson: 'JSON',
  saveJsonHint: 'Save the box and the settings as JSON',
  formula:
    'The labelling of the pixels with the least energy: how badly the colours fit object or background, plus the cost of a border between similar neighbours. The minimum is exact; the largest connected piece is the object.',
  preview: 'preview',
  noneState: 'no object',
  nothingLeft:
    'Nothing is left: all of the photo counts as background now. Take a stroke back with Undo, or paint over what belongs to the object with Add.',
  none: 'No object stands out from its background for this class. Draw a box around one with the tool below, or try another class.',
  correcting: 'cutting anew',
  tools: 'Correct the cut',
  tool: { object: 'Add', background: 'Remove', rectangle: 'Draw a box' },
  toolHint: {
    object: 'Paint over what belongs to the object',
    background: 'Paint over what does not belong to the object',
    rectangle: 'Draw a box around the object, in place of the saliency',
  },
  brush: 'Brush size',
  undo: 'Undo',
  undoHint: 'Take the last stroke back',
  clear: 'Clear',
  clearHint: 'Take all strokes back',
  /** @param {'object' | 'background' | 'rectangle'} tool */
  canvas: (tool) =>
    `${cut.toolHint[tool]}. By keyboard: arrow keys move the cross, Shift makes them fine, Enter ${tool === 'rectangle' ? 'sets a corner' : 'paints'}, Escape ends.`,
  /** @param {number} share */
  corrected: (share) => `Cut anew: ${percent(share)} of the photo`,
  /** @param {{x: number, y: number, width: number, height: number}} box */
  box: ({ x, y, width, height }) => `${width} × ${height} at ${x}, ${y}`,
  boxLabel: 'Box, in pixels',
  shareLabel: 'Of the photo',
  /**
   * @param {string} name
   * @param {{x: number, y: number, width: number, height: number}} box
   * @param {number} share
   */
  alt: (name, { x, y, width, height }, share) =>
    `The object taken for ${name}: ${percent(share)} of the photo, in a box ${width} by ${height} pixels at ${x}, ${y}`,
};

/** @param {number} part 0..1 */
const quantile = (part) => `${Math.round(100 * part)}%`;

export const card = {
  save: 'Save',
  formula: 'The formula',
  needsClass: 'Choose a class',
  needsPhoto: 'Choose a photo first',
  waiting: 'in the queue',
  cancelled: 'cancelled',
  failed: 'failed',
};

/** Where in a picture, from its parts across and down. @param {{x: number, y: number}} place */
export function placeName({ x, y }) {
  const column = x < 0.38 ? 'left' : x > 0.62 ? 'right' : '';
  const row = y < 0.38 ? 'upper' : y > 0.62 ? 'lower' : '';
  if (!column && !row) return 'around the centre';
  if (!row) return `in the ${column} half`;
  return column ? `in the ${row} ${column}` : `in the ${row} half`;
}

/** The one line that always says what goes on. */
export const status = {
  label: 'Progress',
  starting: 'Starting: loading the program',
  /** @param {number} done @param {number} total */
  downloading: (done, total) =>
    `Downloading the network: ${megabytes(done)} of ${megabytes(total)} MB`,
  preparing: 'Preparing the network',
  /** @param {number} done @param {number} total */
  warming: (done, total) => `Warming up the GPU: ${done} of ${total}`,
  stopped: 'Stopped before the network was there',
  failed: 'The network could not be started',
  opening: 'Opening the picture',
  classifying: 'The network is looking at the photo',
  noPhoto: 'Ready: choose a photo, or one of the samples',
  noClass: 'Choose a class to see why',
  /** @param {string} name @param {number} done @param {number} total */
  saliency: (name, done, total) => `${name}: saliency, ${saliency.progress(done, total)}`,
  /** @param {string} name */
  cut: (name) => `${name}: cutting out the object`,
  /** @param {number} done */
  topFive: (done) => `Cutting out the five likeliest: ${topFive.step(done)}`,
  /** @param {string} name */
  relation: (name) => `${name}: gradient and DeconvNet, layer by layer`,
  /** @param {string} name @param {number} done @param {number} total */
  sanity: (name, done, total) => `${name}: randomising, ${sanity.step(done, total)}`,
  /** @param {string} name @param {number} step @param {number} steps */
  model: (name, step, steps) => `${name}: class model, ${model.step(step, steps)}`,
  /** @param {number} part */
  gallery: (part) => `Gallery of class models: ${percent(part)}`,
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

/** Read out when a phase has changed; never for mere progress. */
export const announcements = {
  ready: 'The network is ready.',
  /** @param {string} names */
  classified: (names) => `The likeliest classes: ${names}.`,
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
  gallery: 'All ten class models have grown.',
  cancelled: 'Cancelled.',
};

/** What was wrong with a file that should have come over the network. */
export const transfer = {
  unreachable: 'The server could not be reached.',
  /** @param {number} status */
  status: (status) => `The server answered ${status}.`,
  webPage: 'The server sent a web page instead of the file.',
  /** @param {number} done @param {number} expected */
  cutShort: (done, expected) => `The connection ended after ${done} of ${expected} bytes.`,
  /** @param {number} expected */
  tooLong: (expected) => `The server sent more than the expected ${expected} bytes.`,
  noProgram: 'A part of the program did not come.',
};

export const device = {
  starting: 'Starting',
  notLoaded: 'Not loaded',
  cpu: 'CPU',
  webgpu: 'WebGPU',
  softwareWebgpu: 'WebGPU in software',
  /** @param {string} reason */
  cpuNotice: (reason) => `The same results as on a GPU, only slower: ${reason}.`,
  /** @param {string} reason */
  softwareNotice: (reason) => `A GPU emulated in software is slower than the CPU; ${reason}.`,
  useCpu: 'Use the CPU',
  nothingKept:
    'Nothing can be kept here (over http, or in a private window): the network is downloaded at every visit.',
};

/** What the next visit finds. @type {Record<import('../offline.js').Kept, string>} */
export const kept = {
  unknown: '',
  page: 'Kept on this computer: the page opens without a network, too.',
  nothing: 'Not kept on this computer: without a network the page does not open.',
};

/** What of an address made no sense. */
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
      ? `It asks for ${name} “${value}”; there is no such thing, so the default stands.`
      : `It says “${key.slice(0, 40)}=${value}”, which this page has no setting for.`;
  },
  /** @type {Record<string, string>} */
  names: {
    method: 'the method',
    map: 'the colours',
    ground: 'the ground',
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
  reloadAnew: 'Reload the page',
  useUpdate: 'Reload the page',
};

/**
 * What went wrong and what to do, by code. `again`: what to do where it came twice in half a
 * minute, so that nothing was started again; `action`: what the card's button does.
 * @type {Record<string, {sentence: string, advice: string, again?: string, action?: 'retry' |
 *   'useCpu' | 'reload' | 'reloadAnew' | 'useUpdate'}>}
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
    advice: 'Save the picture as a JPEG or PNG with a picture program, then choose that.',
  },
  'picture-corrupt': {
    sentence: 'This picture is damaged.',
    advice: 'Choose another one, or save it anew with a picture program.',
  },
  'no-picture': {
    sentence: 'There is no photo yet.',
    advice: 'Choose a photo, or one of the samples.',
  },
  'sample-download-failed': {
    sentence: 'The sample picture could not be loaded.',
    advice: 'Check the connection, then choose it again.',
  },
  'drop-web-address': {
    sentence: 'That was an address on the web, not the picture itself.',
    advice:
      'Copy the picture there and paste it here, or save it first and drop the file. This page loads nothing from elsewhere.',
  },
  'link-not-understood': {
    sentence: 'This link asks for something that is not there.',
    advice: 'The page goes on without it.',
  },
  'drop-without-picture': {
    sentence: 'There was no picture in what was dropped.',
    advice: 'Drop a picture file.',
  },
  'paste-without-picture': {
    sentence: 'There is no picture on the clipboard.',
    advice: 'Copy a picture (not its file name or address), then paste again.',
  },
  'weights-download-failed': {
    sentence: 'The network’s weights could not be downloaded.',
    advice: 'Check the connection, then try again.',
    action: 'retry',
  },
  'weights-corrupt': {
    sentence: 'The network’s weights arrived damaged.',
    advice: 'Try again. If this comes back, the copy on the server is damaged.',
    action: 'retry',
  },
  'weights-mismatch': {
    sentence: 'The weights belong to another network.',
    advice: 'The page was probably updated: reload it.',
    action: 'reloadAnew',
  },
  'program-load-failed': {
    sentence: 'The program could not be loaded.',
    advice:
      'Check the connection, then try again. If this comes back, the copy on the server is incomplete.',
    action: 'retry',
  },
  'program-mismatch': {
    sentence: 'The page was updated.',
    advice:
      'Its parts are of two versions, which do not work together. Reloading fetches all of them anew.',
    action: 'reloadAnew',
  },
  'server-unreachable': {
    sentence: 'The page could not be loaded anew.',
    advice: 'It stays as it is. Check the connection, then try again.',
    action: 'reloadAnew',
  },
  'update-ready': {
    sentence: 'A new version is ready: reload when it suits you.',
    advice: 'Until then this page goes on as it is, without any part of the new version.',
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
    sentence: 'One of the settings makes no sense.',
    advice: 'Choose another value, or reload the page.',
  },
  'no-network': {
    sentence: 'The network is not there yet.',
    advice: 'Try again.',
    action: 'retry',
  },
  'gpu-unavailable': {
    sentence: 'WebGPU is not available in this browser.',
    advice: 'Go on with the CPU.',
    action: 'useCpu',
  },
  'gpu-lost': {
    sentence: 'The connection to the GPU was lost.',
    advice:
      'It was started again: choose the class once more. If this comes back, go on with the CPU.',
    again:
      'It was lost twice within half a minute, so it was not started again. Go on with the CPU.',
    action: 'useCpu',
  },
  'out-of-memory': {
    sentence: 'The memory that a page may use is full.',
    advice: 'It was started afresh: choose the class once more, or take a smaller picture.',
    again:
      'It was full twice within half a minute, so nothing was started again. Start again above, then take a smaller picture.',
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
    sentence: 'The camera does not answer.',
    advice: 'Close other programs that use it, then click again.',
  },
  'camera-overconstrained': {
    sentence: 'No camera fits what was asked for.',
    advice: 'Try the other camera, or choose a file.',
  },
  'camera-insecure': {
    sentence: 'Browsers allow the camera only on secure pages.',
    advice: 'Open this page over https, or on localhost; or choose a file.',
  },
  'camera-lost': { sentence: 'The camera is gone.', advice: 'Connect it again, or choose a file.' },
  'save-failed': {
    sentence: 'The file could not be made.',
    advice: 'Try again with a smaller picture.',
  },
  internal: {
    sentence: 'A fault of this program stopped the computation.',
    advice:
      'It was started again: choose the class once more. If this comes back, reload the page.',
    again:
      'That happened twice within half a minute, so it was not started again. Reload the page.',
    action: 'reload',
  },
};
