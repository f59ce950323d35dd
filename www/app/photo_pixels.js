// The photo's pixels, from the engine. The page has no other copy, which could look different.

/**
 * Where a picture comes from: a file or a frame of the camera. It can be sent to several workers.
 * @typedef {{kind: 'file', blob: Blob} | {kind: 'frame', image: ImageBitmap}} PictureSource
 */

/** @typedef {{rgba: Uint8ClampedArray, width: number, height: number}} Pixels */

/**
 * The engine's arrays are copies, not views of its memory.
 * @param {Pixels} pixels
 * @returns {Promise<ImageBitmap>}
 */
export const bitmapOf = ({ rgba, width, height }) =>
  createImageBitmap(
    new ImageData(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba), width, height),
  );
