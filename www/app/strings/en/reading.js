// What was found for a target, in a few sentences.

import { percent, positionName, scoreText } from './formats.js';

const MINUS = '\u2212';

/** @param {number} value */
const signed = (value) => value.toFixed(1).replace('-', MINUS);

/** @param {string} sentence */
const capitalised = (sentence) => sentence[0].toUpperCase() + sentence.slice(1);

/** @typedef {{name: string, probability: number, score: number}} Named   a class for the photo */

export const reading = {
  heading: 'What was found',
  heroAlone: 'Choose a photo, and the network explains what it sees in it.',
  /** @param {string} name */
  hero: (name) =>
    `What made the network say “${name}”? An example, worked out beforehand. Choose a photo to see your own.`,
  looking: 'The network is looking at the photo.',
  against: 'and not',
  why: 'Why',
  anything: 'anything else',
  /** @param {string} name @param {number} probability */
  option: (name, probability) => `${name}, ${percent(probability)}`,

  /**
   * A class, and the one that comes next to it.
   * @param {Named} named
   * @param {Named} rival    the likeliest other class
   */
  ofClass({ name, probability, score }, rival) {
    const ahead = score - rival.score;
    const place =
      ahead >= 0 ? `${signed(ahead)} above ${rival.name}` : `${signed(-ahead)} below ${rival.name}`;
    const unsure = ahead >= 0 && probability < 0.25 ? 'Not sure; its best guess: ' : '';
    return [
      capitalised(`${unsure}${name}, ${percent(probability)}.`),
      ` Its score is ${signed(score)}, ${place} (${percent(rival.probability)}).`,
    ];
  },

  /**
   * A class against another. What the signs of a map mean depends on its method: those of a gradient
   * say what a brighter pixel would do, those of an attribution what the pixel does.
   * @param {Named} named
   * @param {Named} other
   * @param {boolean} attribution
   */
  ofContrast(named, other, attribution) {
    const ahead = named.score - other.score;
    const lead = `${signed(Math.abs(ahead))} ${ahead >= 0 ? 'higher' : 'lower'}`;
    const both = `${named.name}, ${percent(named.probability)}, rather than ${other.name}, ${percent(other.probability)}`;
    const colours = attribution
      ? `Orange speaks for ${named.name}, blue for ${other.name}.`
      : `Brighter pixels would favour ${named.name} where the map is orange, ${other.name} where it is blue.`;
    return [capitalised(`${both}.`), ` Its score is ${lead}. ${colours}`];
  },

  /** @param {string} name */
  ofNeuron: (name) => [
    `Neuron ${name}.`,
    ' Its value is the mean over all positions of the channel.',
  ],

  /**
   * Where the map is strong.
   * @param {{x: number, y: number} | null} centre
   */
  place: (centre) =>
    centre ? `The map is strongest ${positionName(centre)}.` : 'The map is zero everywhere.',

  /** @param {number} share @param {number} area   of the photo that is object */
  onObject: (share, area) =>
    `${percent(share)} of it lies on the object that was cut out, which is ${percent(area)} of the photo.`,

  copy: 'Copy link',
  copied: 'Copied',
  copiedWithoutPhoto: 'Copied, without your photo',

  cover: 'Cover the brightest tenth',
  coverHint: 'Ask the network again with the brightest tenth of the map covered in the mean colour',
  covering: 'asking again …',

  /**
   * @param {string} before @param {string} after @param {string} random
   * @param {string} now   the likeliest class with the brightest tenth covered, or ''
   */
  covered: (before, after, random, now) =>
    `With the brightest tenth of the map covered: ${before} → ${after}${now}. With a tenth covered at random: ${random}.`,
  /** @param {string} name @param {number} probability */
  now: (name, probability) => `, now ${name} (${percent(probability)})`,
  /** @type {Record<import('../../cover_verdict.js').CoverVerdict, string>} */
  verdicts: {
    more: 'So these pixels count more than others.',
    alike: 'So these pixels do not clearly count more than others.',
    none: 'So the result does not depend on these pixels.',
  },
  /** A value that is no probability. @param {number} value */
  value: (value) => scoreText(value).replace('-', MINUS),

  caution: 'A map shows what the score is sensitive to, not why the network decided.',
};
