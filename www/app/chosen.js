// What the page is about: a class by its index, or any neuron of the network by its layer and
// channel.

/** @typedef {{layer: string, channel: number}} Neuron */
/** @typedef {number | Neuron} Chosen */

/** @param {Chosen | null} chosen @returns {chosen is number} */
export const isClass = (chosen) => typeof chosen === 'number';

/** What the engine's calls take. @param {Chosen} chosen @returns {{classIndex: number} | Neuron} */
export const targetOf = (chosen) => (isClass(chosen) ? { classIndex: chosen } : chosen);

/** @param {Chosen | null} one @param {Chosen | null} other */
export const sameChosen = (one, other) => textOf(one) === textOf(other);

/** As it stands in the address: 285 or features.6:17. @param {Chosen | null} chosen */
export function textOf(chosen) {
  if (chosen === null) return '';
  return isClass(chosen) ? String(chosen) : `${chosen.layer}:${chosen.channel}`;
}

/**
 * The other way round; null for what is neither. Whether there is such a class or neuron is for the
 * network to say.
 * @param {string} text @returns {Chosen | null}
 */
export function chosenFrom(text) {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const [, layer, channel] = /^([a-z0-9_.]{1,64}):(\d{1,6})$/.exec(text) ?? [];
  return layer ? { layer, channel: Number(channel) } : null;
}

/**
 * Whether the network has it.
 * @param {Chosen} chosen @param {import('./messages.js').EngineReady} ready
 */
export function exists(chosen, { network, layers }) {
  if (isClass(chosen)) return chosen < network.classes.length;
  return layers.some(({ name, channels }) => name === chosen.layer && chosen.channel < channels);
}
