// The target of everything on the page: a class by its index, a class against another, or a neuron by
// its layer and channel.

/** @typedef {{layer: string, channel: number}} Neuron */
/** How far a class's score is ahead of another's. @typedef {{classIndex: number, against: number}} Contrast */
/** @typedef {number | Contrast | Neuron} Target */

/** @param {Target | null} target @returns {target is number} */
export const isClass = (target) => typeof target === 'number';

/** @param {Target | null} target @returns {target is Contrast} */
export const isContrast = (target) => target !== null && !isClass(target) && 'against' in target;

/** The class that the target is about, first of all; null for a neuron. @param {Target | null} target */
export function classOf(target) {
  if (isContrast(target)) return target.classIndex;
  return isClass(target) ? target : null;
}

/**
 * The target as the engine's calls take it.
 * @param {Target} target
 * @returns {{classIndex: number} | Contrast | Neuron}
 */
export const engineTarget = (target) => (isClass(target) ? { classIndex: target } : target);

/** @param {Target | null} one @param {Target | null} other */
export const sameTarget = (one, other) => formatTarget(one) === formatTarget(other);

/** Its text: 285, 285-281 or features.6:17. @param {Target | null} target */
export function formatTarget(target) {
  if (target === null) return '';
  if (isContrast(target)) return `${target.classIndex}-${target.against}`;
  return isClass(target) ? String(target) : `${target.layer}:${target.channel}`;
}

/**
 * The target of such a text; null if it is none. The network may have no such class or neuron.
 * @param {string} text @returns {Target | null}
 */
export function parseTarget(text) {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const [, classIndex, against] = /^(\d{1,6})-(\d{1,6})$/.exec(text) ?? [];
  if (against && classIndex !== against)
    return { classIndex: Number(classIndex), against: Number(against) };
  const [, layer, channel] = /^([a-z0-9_.]{1,64}):(\d{1,6})$/.exec(text) ?? [];
  return layer ? { layer, channel: Number(channel) } : null;
}

/**
 * Whether the network has this target.
 * @param {Target} target @param {import('./messages.js').EngineReady} ready
 */
export function exists(target, { network, layers }) {
  const count = network.classes.length;
  if (isClass(target)) return target < count;
  if (isContrast(target)) return target.classIndex < count && target.against < count;
  return layers.some(({ name, channels }) => name === target.layer && target.channel < channels);
}
