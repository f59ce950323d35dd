// The settings in the address (never the photo): #class=285&map=viridis&opacity=0.7&recipe=robust&seed=1&device=cpu
// Everything that comes in is checked and clamped; what makes no sense is left out.

import { COLOUR_MAPS } from './colour_maps.js';

/** @typedef {import('./state.js').Settings} Settings */

/** @type {Settings} */
export const DEFAULTS = { colourMap: 'inferno', opacity: 0.8, recipe: 'robust', seed: 0, device: 'auto' };

const DEVICES = /** @type {const} */ (['auto', 'webgpu', 'cpu']);
const LARGEST_SEED = 2 ** 32 - 1;

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
 * @returns {{settings: Settings, chosen: number | null}}   `chosen`: a class index that the network may still refuse
 */
export function readHash(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const recipe = query.get('recipe') ?? '';
  const chosen = query.get('class') ?? '';
  return {
    settings: {
      colourMap: oneOf(query.get('map'), COLOUR_MAPS, DEFAULTS.colourMap),
      opacity: number(query.get('opacity'), 0, 1, DEFAULTS.opacity),
      recipe: /^[a-z0-9_]{1,32}$/.test(recipe) ? recipe : DEFAULTS.recipe,
      seed: Math.round(number(query.get('seed'), 0, LARGEST_SEED, DEFAULTS.seed)),
      device: oneOf(query.get('device'), DEVICES, DEFAULTS.device),
    },
    chosen: /^\d{1,6}$/.test(chosen) ? Number(chosen) : null,
  };
}

/** Only what differs from the defaults. @param {Settings} settings @param {number | null} chosen */
export function writeHash(settings, chosen) {
  const query = new URLSearchParams();
  if (chosen !== null) query.set('class', String(chosen));
  if (settings.colourMap !== DEFAULTS.colourMap) query.set('map', settings.colourMap);
  if (settings.opacity !== DEFAULTS.opacity) query.set('opacity', String(Math.round(settings.opacity * 100) / 100));
  if (settings.recipe !== DEFAULTS.recipe) query.set('recipe', settings.recipe);
  if (settings.seed !== DEFAULTS.seed) query.set('seed', String(settings.seed));
  if (settings.device !== DEFAULTS.device) query.set('device', settings.device);
  const text = query.toString();
  return text ? `#${text}` : '';
}
