/**
 * Over how many crops of the photo a method's map is averaged: the paper's ten where a crop takes a
 * single pass, else one.
 * @param {import('../state.js').State} state
 * @param {string} method
 * @returns {1 | 10}
 */
export function cropsOf({ engine }, method) {
  return engine.ready?.methods.find(({ id }) => id === method)?.cost === 1 ? 10 : 1;
}
