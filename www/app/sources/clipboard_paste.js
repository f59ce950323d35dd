// A picture pasted anywhere but into a text field.

import { pictureIn } from './transferred_picture.js';

/**
 * @param {(source: import('../photo_pixels.js').PictureSource) => void} onPicture
 * @param {(error: unknown) => void} onError
 * @returns {() => void} stop
 */
export function startClipboardPaste(onPicture, onError) {
  /** @param {ClipboardEvent} event */
  function onPaste(event) {
    const intoText = event.target instanceof HTMLInputElement;
    if (intoText && !event.clipboardData?.files.length) return;
    event.preventDefault();
    try {
      onPicture(pictureIn(event.clipboardData, 'paste-without-picture'));
    } catch (error) {
      onError(error);
    }
  }
  document.addEventListener('paste', onPaste);
  return () => document.removeEventListener('paste', onPaste);
}
