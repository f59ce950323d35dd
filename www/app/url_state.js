// The settings in the address (never the photo): #class=285&method=smooth_grad&map=viridis&opacity=0.7&recipe=robust&seed=1&side=320&start=photo&device=cpu,
// with neuron=features.6:17 in place of a class
// Everything that comes in is checked and clamped; what makes no sense is left out.

import { chosenFrom, isClass, textOf } from './chosen.js';
import { COLOUR_MAPS } from './colour_maps.js';

/** @typedef {import('./state.js').Settings} Settings */

/** @type {Settings} */
export const DEFAULTS = { method: 'gradient', colourMap: 'inferno', opacity: 0.8, recipe: 'robust', seed: 0, side: null, start: null, device: 'auto' };

const DEVICES = /** @type {const} */ (['auto', 'webgpu', 'cpu']);
const LARGEST_SEED = 2 ** 32 - 1;
const STARTS = /** @type {const} */ (['zero', 'noise', 'photo']);
/** The class models' sides that the menu offers, beside the recipe's own. */
export const SIDES = [128, 160, 320, 448, 512];

/** A number between two bounds, or `otherwise` for what is none. @param {string | null} text @param {number} least @param {number} most @param {number} otherwise */
function number(text, least, most, otherwise) {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}

/** @template {string} T @param {string | null} text @param {readonly T[]} allowed @param {T} otherwise @returns {T} */
function oneOf(text, allowed, otherwise) {
  return allowed.includes(/** @type {T} */ (text)) ? /** @type {T} */ (text) : otherwise;
}

/**
 * @param {string} hash   with or without its #
 * @returns {{settings: Settings, chosen: import('./chosen.js').Chosen | null}}   what the network may not have
 */
export function readHash(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  /** @param {string} key @param {string} otherwise */
  const id = (key, otherwise) => (/^[a-z0-9_]{1,32}$/.test(query.get(key) ?? '') ? /** @type {string} */ (query.get(key)) : otherwise);
  return {
    settings: {
      method: id('method', DEFAULTS.method),
      colourMap: oneOf(query.get('map'), COLOUR_MAPS, DEFAULTS.colourMap),
      opacity: number(query.get('opacity'), 0, 1, DEFAULTS.opacity),
      recipe: id('recipe', DEFAULTS.recipe),
      seed: Math.round(number(query.get('seed'), 0, LARGEST_SEED, DEFAULTS.seed)),
      side: SIDES.find((side) => String(side) === query.get('side')) ?? DEFAULTS.side,
      start: STARTS.find((start) => start === query.get('start')) ?? DEFAULTS.start,
      device: oneOf(query.get('device'), DEVICES, DEFAULTS.device),
    },
    chosen: chosenFrom(query.get('class') ?? query.get('neuron') ?? ''),
  };
}

/** Only what differs from the defaults. @param {Settings} settings @param {import('./chosen.js').Chosen | null} chosen */
export function writeHash(settings, chosen) {
  const query = new URLSearchParams();
  if (chosen !== null) query.set(isClass(chosen) ? 'class' : 'neuron', textOf(chosen));
  if (settings.method !== DEFAULTS.method) query.set('method', settings.method);
  if (settings.colourMap !== DEFAULTS.colourMap) query.set('map', settings.colourMap);
  if (settings.opacity !== DEFAULTS.opacity) query.set('opacity', String(Math.round(settings.opacity * 100) / 100));
  if (settings.recipe !== DEFAULTS.recipe) query.set('recipe', settings.recipe);
  if (settings.seed !== DEFAULTS.seed) query.set('seed', String(settings.seed));
  if (settings.side !== null) query.set('side', String(settings.side));
  if (settings.start !== null) query.set('start', settings.start);
  if (settings.device !== DEFAULTS.device) query.set('device', settings.device);
  const text = query.toString();
  return text ? `#${text}` : '';
}
