// The photo's pixels, out of the engine: there is no other copy of the photo that could look
// different.

/**
 * Where a picture comes from: a file, or a frame of the camera. It can be sent again, to a new
 * worker.
 * @typedef {{kind: 'file', blob: Blob} | {kind: 'frame', image: ImageBitmap}} PictureSource
 */

/** @typedef {{rgba: Uint8ClampedArray, width: number, height: number}} Pixels */

/**
 * The engine's arrays are copies out of its memory, which is not shared.
 * @param {Pixels} pixels
 * @returns {Promise<ImageBitmap>}
 */
export const bitmapOf = ({ rgba, width, height }) =>
  createImageBitmap(
    new ImageData(/** @type {Uint8ClampedArray<ArrayBuffer>} */ (rgba), width, height),
  );
