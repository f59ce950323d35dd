// How the settings say that maps are drawn. Colours and brightness come from the engine.

/**
 * @typedef {'grey' | 'colour' | 'none'} Ground   what a map is drawn on: the photo in grey or in
 *   its colours, dimmed, or nothing
 */

/** @type {Ground[]} the default first */
export const GROUNDS = ['grey', 'colour', 'none'];

/**
 * How a map is drawn. `table`: R, G, B and A for each of 256 intensities; `opacity`: 0..1;
 * `dimmedWhite`: the level, 0..255, of a white photo under a map of zeros.
 * @typedef {{table: Uint8ClampedArray, ground: Ground, opacity: number, dimmedWhite: number}} Look
 */

/**
 * The look in the settings; null until the engine is ready.
 * @param {import('./state.js').State} state @returns {Look | null}
 */
export function lookOf({ engine, settings: { colourMap, ground, opacity } }) {
  const table = engine.ready?.colourMaps.find(({ id }) => id === colourMap)?.table;
  return engine.ready && table
    ? { table, ground, opacity, dimmedWhite: engine.ready.dimmedWhite }
    : null;
}

/**
 * The same for a signed map, whose colours are no choice.
 * @param {import('./state.js').State} state @returns {Look | null}
 */
export function signedLookOf(state) {
  const look = lookOf(state);
  const { ready } = state.engine;
  if (!look || !ready) return null;
  return {
    ...look,
    table: look.ground === 'none' ? ready.signedColours : ready.signedColoursOverPhoto,
  };
}
