// A picture dropped anywhere on the page.

import { pictureIn } from './transferred_picture.js';

/**
 * @param {(source: import('../photo_pixels.js').PictureSource) => void} onPicture
 * @param {(error: unknown) => void} onError
 * @param {HTMLElement} page   gets the class `drop-target` while something is held over it
 * @returns {() => void} stop
 */
export function startDropZone(onPicture, onError, page) {
  const listeners = new AbortController();
  const { signal } = listeners;
  let depth = 0; // enter and leave also come for every element inside

  /** @param {number} change */
  function count(change) {
    depth = Math.max(0, depth + change);
    page.classList.toggle('drop-target', depth > 0);
  }

  page.addEventListener(
    'dragenter',
    (event) => {
      event.preventDefault();
      count(1);
    },
    { signal },
  );
  page.addEventListener('dragover', (event) => event.preventDefault(), { signal });
  page.addEventListener('dragleave', () => count(-1), { signal });
  page.addEventListener(
    'drop',
    (event) => {
      event.preventDefault();
      count(-depth);
      try {
        onPicture(pictureIn(event.dataTransfer, 'drop-without-picture'));
      } catch (error) {
        onError(error);
      }
    },
    { signal },
  );
  return () => listeners.abort();
}
