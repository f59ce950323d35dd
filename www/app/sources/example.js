// A finished result, which the page shows until there is a photo. tests/e2e/example.mjs makes it.

/**
 * What the page said of it.
 * @typedef {{className: string, found: string, standing: string, place: string, tried: string}}
 *   Example
 */

const FOLDER = new URL('../../samples/example/', import.meta.url);

/** @returns {Promise<Example | null>} */
export async function loadExample() {
  const response = await fetch(new URL('example.json', FOLDER));
  return response.ok ? response.json() : null;
}

/** The picture of a card. @param {string} card @param {'light' | 'dark'} scheme */
export const pictureOf = (card, scheme) =>
  new URL(scheme === 'dark' && card === 'cut' ? 'cut-dark.jpg' : `${card}.jpg`, FOLDER).href;
