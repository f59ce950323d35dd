// The colours of maps. Those of saliency maps come from the engine, so that what it draws natively
// and what the page draws are the same.

/**
 * @typedef {'grey' | 'colour' | 'none'} Ground   what a map is drawn on: the photo in grey or in
 *   its colours, dimmed, or nothing
 */

/** @type {Ground[]} the default first */
export const GROUNDS = ['grey', 'colour', 'none'];

/**
 * How a map is drawn. `table`: R, G, B and A for each of 256 intensities, the engine's; `opacity`:
 * 0..1.
 * @typedef {{table: Uint8ClampedArray, ground: Ground, opacity: number}} Look
 */

/**
 * What the settings say; null while the engine has not told its colours.
 * @param {import('./state.js').State} state @returns {Look | null}
 */
export function lookOf({ engine, settings: { colourMap, ground, opacity } }) {
  const table = engine.ready?.colourMaps.find(({ id }) => id === colourMap)?.table;
  return table ? { table, ground, opacity } : null;
}

/**
 * Blue to white to red, for signed values: 128 is 0. The ends are ColorBrewer's RdBu (Apache 2.0).
 */
export const SIGNED = signedTable([0x21, 0x66, 0xac], [0xb2, 0x18, 0x2b]);

/** @param {number[]} negative @param {number[]} positive */
function signedTable(negative, positive) {
  const table = new Uint8ClampedArray(256 * 4);
  for (let byte = 0; byte < 256; byte++) {
    const part = Math.min(1, Math.abs(byte - 128) / 127);
    const end = byte < 128 ? negative : positive;
    for (let c = 0; c < 3; c++) table[byte * 4 + c] = 255 + part * (end[c] - 255);
    table[byte * 4 + 3] = 255;
  }
  return table;
}
