// The three results of a target, and the gallery of class models.

import { percent, quantile, scoreText } from './formats.js';

export const card = {
  save: 'Save',
  formula: 'The formula',
  example: 'Example',
  /** @param {string} heading @param {string} name */
  exampleAlt: (heading, name) => `${heading} for ${name}, an example`,
  needsPhoto: 'Choose a photo first',
  waiting: 'in the queue',
  cancelled: 'cancelled',
  failed: 'failed',
};

export const saliency = {
  heading: 'Saliency',
  method: 'Method',
  /** @param {import('../../messages.js').Method} method */
  about: ({ formula, reference, cost }) => {
    const crops =
      cost === 1
        ? ', averaged over ten crops (four corners and the centre, each also mirrored)'
        : '';
    return `${formula}. ${reference}. The map shows the largest absolute value of the three colour channels, if the method has channels${crops}. It is slightly smoothed, and the strongest 0.5% of the pixels are drawn at full strength.`;
  },
  alone: 'Where would a small change of the pixels change this class’s score most?',
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
  against: 'against',
  speaksFor: 'for',
  signedLegend:
    'Colours of the signs: blue is negative, against the class and for the other; orange is positive, for it. The strongest 0.5% of the pixels have the full colour.',
  high: 'top 0.5%',
  legend: {
    grey: 'Colour scale, on a white and on a black part of the photo: from no influence to that of the strongest 0.5% of the pixels. Lighter always means more.',
    colour:
      'Colour scale, on a white and on a black part of the photo: from no influence to that of the strongest 0.5% of the pixels. Lighter always means more.',
    none: 'Colour scale: from no influence to that of the strongest 0.5% of the pixels. Lighter always means more.',
  },
  save: 'Overlay',
  saveHint: 'Save the overlay as PNG',
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

export const model = {
  heading: 'Class model',
  alone: 'What picture, grown from nothing, gets the highest score for this class?',
  caption:
    'A picture grown from nothing to raise the network’s score. It shows what the network looks for, not a photo that exists; much of it means nothing to human eyes.',
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
  /** @param {import('../../messages.js').Recipe} recipe */
  about: ({ title, reading, reference }) => `“${title}”: ${reading} ${reference}.`,
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
  none: 'No object stands out from its background. Draw a box around one with the tool below, or try another class.',
  correcting: 'updating the cut',
  tools: 'Correct the cut',
  tool: { object: 'Add', background: 'Remove', rectangle: 'Draw a box' },
  toolHint: {
    object: 'Paint over what belongs to the object',
    background: 'Paint over what does not belong to the object',
    rectangle: 'Draw a box around the object, instead of using the saliency map',
  },
  brush: 'Brush size',
  size: 'Size of the object',
  smaller: 'Smaller',
  larger: 'Larger',
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
