// Finds the picture in what was dropped or pasted: both arrive as a DataTransfer.

import { CodedError } from '../messages.js';

/**
 * The first picture file in it. Files are judged by the engine, not by their names: only folders
 * and text are passed over here.
 * @param {DataTransfer | null} dataTransfer
 * @param {string} code   of the error when there is none
 * @returns {import('../photo_pixels.js').PictureSource}
 */
export function pictureIn(dataTransfer, code) {
  const items = [...(dataTransfer?.items ?? [])].filter((item) => item.kind === 'file');
  const files = items
    .filter((item) => !item.webkitGetAsEntry?.()?.isDirectory)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
  const blob = files.find((file) => file.type.startsWith('image/')) ?? files[0];
  if (!blob)
    throw new CodedError(
      code === 'drop-without-picture' && items.length === 0 && hasWebAddress(dataTransfer)
        ? 'drop-web-address'
        : code,
    );
  return { kind: 'file', blob };
}

/**
 * Whether there is the address of something on the web in it, as browsers give it for links and for
 * pictures of other pages.
 * @param {DataTransfer | null} dataTransfer
 */
function hasWebAddress(dataTransfer) {
  const text = (/** @type {string} */ type) => dataTransfer?.getData(type) ?? '';
  const address = /^\s*(https?|data|blob):\S/im;
  return (
    address.test(text('text/uri-list')) ||
    address.test(text('text/x-moz-url')) ||
    /<(img|picture)\s/i.test(text('text/html')) ||
    /^\s*https?:\S+\s*$/i.test(text('text/plain'))
  );
}
