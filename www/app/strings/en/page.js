// The page around its results: header, photo, classes, progress, device.

import { megabytes, percent } from './formats.js';
import { relation, sanity, topFive } from './analyses.js';
import { board } from './board.js';
import { model, saliency } from './cards.js';

export const page = {
  title: 'Deep Inside',
  /** @param {string} name */
  titleOf: (name) => `${name} · Deep Inside`,
  tagline: 'Which pixels made the network say that?',
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
  promptTouch: 'Take or choose a photo',
  take: 'Take a photo',
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
  searchLabel: 'Any other class',
  searchPlaceholder: 'Search 1000 classes',
  listLabel: 'Classes',
  /** @param {string} text */
  none: (text) => `None of the network’s classes is called “${text}”.`,
  /** What people type, and what ImageNet calls it. @type {Record<string, string>} */
  synonyms: {
    tv: 'television',
    phone: 'telephone',
    smartphone: 'cellular telephone',
    plane: 'airliner',
    bike: 'bicycle',
    sofa: 'studio couch',
    fridge: 'refrigerator',
    bunny: 'rabbit',
  },
  /** @param {string} name @param {number | undefined} probability   undefined for a neuron */
  fromLink: (name, probability) =>
    probability === undefined
      ? `From the link: ${name}.`
      : `From the link: ${name}. For this photo the network gives it ${percent(probability)}.`,
  /** @param {string} name */
  instead: (name) => `Explain ${name} instead`,
  /** @param {number} count */
  more: (count) => `${count} more. Keep typing.`,
};

export const neuron = {
  summary: 'Or any neuron',
  hint: 'One channel of a layer, averaged over all positions. It gets a map, a model and a cut-out, as a class does.',
  layer: 'Layer',
  channel: 'Channel',
  show: 'Show',
  /** @param {import('../../messages.js').Layer} layer */
  option: ({ name, channels, rows, columns }) => `${name} (${channels} × ${rows} × ${columns})`,
  /** @param {import('../../messages.js').Layer} layer */
  shape: ({ channels, rows, columns }) => `${channels} channels of ${rows} by ${columns}`,
};

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
  /** @param {string} name @param {number} done @param {number} total */
  saliency: (name, done, total) => `${name}: saliency, ${saliency.progress(done, total)}`,
  /** @param {string} name */
  cut: (name) => `${name}: cutting out the object`,
  /** @param {string} name */
  cover: (name) => `${name}: asking again with the brightest tenth covered`,
  /** @param {number} done @param {number} count */
  board: (done, count) => `Maps side by side: ${board.step(done, count)}`,
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
  cancelHint: 'Cancel (Esc, which only pauses a class model)',
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
  board: 'All maps are there.',
  topFive: 'All five cut out.',
  gallery: 'All ten class models are done.',
  cancelled: 'Cancelled.',
};

/** Why a download failed. */

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

/** What the next visit will find. @type {Record<import('../../offline.js').Kept, string>} */
export const kept = {
  unknown: '',
  page: 'Stored on this computer: the page also opens offline.',
  nothing: 'Not stored on this computer: the page does not open offline.',
};
