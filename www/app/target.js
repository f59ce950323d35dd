// The target of everything on the page: a class by its index, or a neuron by its layer and channel.

/** @typedef {{layer: string, channel: number}} Neuron */
/** @typedef {number | Neuron} Target */

/** @param {Target | null} target @returns {target is number} */
export const isClass = (target) => typeof target === 'number';

/**
 * The target as the engine's calls take it.
 * @param {Target} target
 * @returns {{classIndex: number} | Neuron}
 */
export const engineTarget = (target) => (isClass(target) ? { classIndex: target } : target);

/** @param {Target | null} one @param {Target | null} other */
export const sameTarget = (one, other) => formatTarget(one) === formatTarget(other);

/** Its text in the address: 285 or features.6:17. @param {Target | null} target */
export function formatTarget(target) {
  if (target === null) return '';
  return isClass(target) ? String(target) : `${target.layer}:${target.channel}`;
}

/**
 * The target of such a text; null if it is neither. The network may have no such class or neuron.
 * @param {string} text @returns {Target | null}
 */
export function parseTarget(text) {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const [, layer, channel] = /^([a-z0-9_.]{1,64}):(\d{1,6})$/.exec(text) ?? [];
  return layer ? { layer, channel: Number(channel) } : null;
}

/**
 * Whether the network has this target.
 * @param {Target} target @param {import('./messages.js').EngineReady} ready
 */
export function exists(target, { network, layers }) {
  if (isClass(target)) return target < network.classes.length;
  return layers.some(({ name, channels }) => name === target.layer && target.channel < channels);
}
