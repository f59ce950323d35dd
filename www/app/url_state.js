// The settings in the address, and the photo if it is a sample (never the visitor's own):
// #photo=jaguars&class=285&method=smooth_grad&map=viridis&ground=none&opacity=0.7&seeds=paper&recipe=robust&seed=1
// &side=320&start=photo&device=cpu, with class=285-281 for a class against another, and
// neuron=features.6:17 instead of a class. All values are
// checked and clamped. A value that makes no sense is reported, and its setting keeps the default.

import { classOf, exists, formatTarget, parseTarget } from './target.js';
import { GROUNDS } from './colour_maps.js';

/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {import('./messages.js').EngineReady} EngineReady */

/**
 * A part of an address that makes no sense. `key`: its name there, also one that no setting has;
 * `value`: its text there.
 * @typedef {{key: string, value: string}} LinkFault
 */

/** @type {Settings} */
export const DEFAULTS = {
  method: 'gradient',
  colourMap: 'inferno',
  ground: 'grey',
  opacity: 1,
  seeds: 'best',
  recipe: 'robust',
  seed: 0,
  side: null,
  start: null,
  device: 'auto',
};

const DEVICES = /** @type {const} */ (['auto', 'webgpu', 'cpu']);
export const LARGEST_SEED = 2 ** 32 - 1;
const STARTS = /** @type {const} */ (['zero', 'noise', 'photo']);
/** Which maps can seed a cut, the default first. */
export const SEEDS = /** @type {const} */ (['best', 'map', 'paper']);
/** The class models' sides that the menu offers, beside the recipe's own. */
export const SIDES = [128, 160, 320, 448, 512];

/** The settings' names in the address. */
const KEYS = {
  method: 'method',
  colourMap: 'map',
  ground: 'ground',
  opacity: 'opacity',
  seeds: 'seeds',
  recipe: 'recipe',
  seed: 'seed',
  side: 'side',
  start: 'start',
  device: 'device',
};

/** The target's name in the address. @param {import('./target.js').Target} target */
const keyOf = (target) => (classOf(target) === null ? 'neuron' : 'class');

/** The form of an id. Which ids exist, the engine knows. */
const ID = /^[a-z0-9_]{1,32}$/;
/** The form of a sample's name. */
const SAMPLE = /^[a-z0-9-]{1,32}$/;

/**
 * @param {string} hash   with or without its #
 * @returns {{settings: Settings, target: import('./target.js').Target | null, sample: string | null,
 *   faults: LinkFault[]}} ids, class, neuron and sample that there may not be
 */
export function readHash(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  /** @type {LinkFault[]} */
  const faults = [];
  /**
   * The setting that `read` makes of the text; the default if there is no text or `read` returns
   * undefined.
   * @template {keyof Settings} Key
   * @param {Key} key
   * @param {(text: string) => Settings[Key] | undefined} read
   * @returns {Settings[Key]}
   */
  function setting(key, read) {
    const text = query.get(KEYS[key]);
    if (text === null) return DEFAULTS[key];
    const value = read(text);
    if (value === undefined) faults.push({ key: KEYS[key], value: text });
    return value ?? DEFAULTS[key];
  }
  /** @param {number} least @param {number} most @param {'opacity' | 'seed'} key */
  const number = (least, most, key) => (/** @type {string} */ text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isNaN(value)) return undefined;
    const within = Math.min(most, Math.max(least, value));
    const nearest = key === 'seed' ? Math.round(within) : within;
    if (nearest !== value) faults.push({ key, value: text });
    return nearest;
  };
  /** @template {string | number} T @param {readonly T[]} allowed */
  const oneOf = (allowed) => (/** @type {string} */ text) =>
    allowed.find((value) => String(value) === text);
  const id = (/** @type {string} */ text) => (ID.test(text) ? text : undefined);

  const settings = {
    method: setting('method', id),
    colourMap: setting('colourMap', id),
    ground: setting('ground', oneOf(GROUNDS)),
    opacity: setting('opacity', number(0, 1, 'opacity')),
    seeds: setting('seeds', oneOf(SEEDS)),
    recipe: setting('recipe', id),
    seed: setting('seed', number(0, LARGEST_SEED, 'seed')),
    side: setting('side', oneOf(SIDES)),
    start: setting('start', oneOf(STARTS)),
    device: setting('device', oneOf(DEVICES)),
  };
  const targetKey = query.has('class') ? 'class' : 'neuron';
  const text = query.get(targetKey);
  const target = parseTarget(text ?? '');
  if (text !== null && (target === null || keyOf(target) !== targetKey))
    faults.push({ key: targetKey, value: text });
  const photo = query.get('photo');
  const sample = photo !== null && SAMPLE.test(photo) ? photo : null;
  if (photo !== sample) faults.push({ key: 'photo', value: String(photo) });
  const known = [...Object.values(KEYS), 'class', 'neuron', 'photo'];
  for (const [key, value] of query) if (!known.includes(key)) faults.push({ key, value });
  return {
    settings,
    target: faults.some(({ key }) => key === targetKey) ? null : target,
    sample,
    faults,
  };
}

/**
 * The same, checked by the engine: ids that it does not have become defaults; a class or neuron that
 * the network does not have becomes null.
 * @param {Settings} settings
 * @param {import('./target.js').Target | null} target
 * @param {EngineReady} ready
 * @returns {{settings: Settings, target: import('./target.js').Target | null, faults: LinkFault[]}}
 */
export function checkedByEngine(settings, target, ready) {
  /** @type {LinkFault[]} */
  const faults = [];
  const checked = { ...settings };
  for (const [key, list] of /** @type {const} */ ([
    ['method', ready.methods],
    ['colourMap', ready.colourMaps],
    ['recipe', ready.recipes],
  ])) {
    if (list.some((/** @type {{id: string}} */ { id }) => id === settings[key])) continue;
    faults.push({ key: KEYS[key], value: settings[key] });
    checked[key] = DEFAULTS[key];
  }
  const absent = target !== null && !exists(target, ready);
  if (absent) faults.push({ key: keyOf(target), value: formatTarget(target) });
  return { settings: checked, target: absent ? null : target, faults };
}

/**
 * The address of settings, target and sample. Defaults are left out.
 * @param {Settings} settings
 * @param {import('./target.js').Target | null} target
 * @param {string | null} sample
 */
export function writeHash(settings, target, sample) {
  const query = new URLSearchParams();
  if (sample !== null) query.set('photo', sample);
  if (target !== null) query.set(keyOf(target), formatTarget(target));
  for (const [key, name] of /** @type {[keyof Settings, string][]} */ (Object.entries(KEYS))) {
    const value = settings[key];
    if (value !== DEFAULTS[key])
      query.set(
        name,
        typeof value === 'number' && key === 'opacity'
          ? String(Math.round(value * 100) / 100)
          : String(value),
      );
  }
  const text = query.toString();
  return text ? `#${text}` : '';
}
