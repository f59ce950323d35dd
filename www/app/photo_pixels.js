// A photo's pixels for display, in the frame that the engine has given it.

import { CodedError } from './messages.js';

/**
 * Where a picture comes from: a file's bytes, or pixels (the camera).
 * @typedef {{kind: 'file', blob: Blob} | {kind: 'pixels', image: ImageData}} PictureSource
 */

/**
 * The photo, upright and laid on white as the engine sees it, in a frame of `frame` pixels.
 *
 * The engine decodes for itself and says how large the upright photo is. Browser and engine can disagree on a damaged
 * orientation mark; then the browser is asked for the pixels as stored, and where that does not fit either, the picture is
 * refused: an overlay that is off is worse than none.
 *
 * @param {PictureSource} source
 * @param {{width: number, height: number}} photo   the engine's idea of the upright photo
 * @param {{width: number, height: number}} frame
 * @returns {Promise<ImageBitmap>}
 */
export async function photoBitmap(source, photo, frame) {
  const decoded = await decode(source, photo);
  const canvas = new OffscreenCanvas(frame.width, frame.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  context.fillStyle = '#fff';
  context.fillRect(0, 0, frame.width, frame.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(decoded, 0, 0, frame.width, frame.height);
  decoded.close();
  return canvas.transferToImageBitmap();
}

/** @param {PictureSource} source @param {{width: number, height: number}} photo */
async function decode(source, photo) {
  if (source.kind === 'pixels') return createImageBitmap(source.image);
  let refusal = 'the browser cannot show it';
  for (const imageOrientation of /** @type {const} */ (['from-image', 'none'])) {
    try {
      const bitmap = await createImageBitmap(source.blob, { imageOrientation });
      if (bitmap.width === photo.width && bitmap.height === photo.height) return bitmap;
      refusal = `${photo.width} x ${photo.height} pixels here, ${bitmap.width} x ${bitmap.height} to the browser`;
      bitmap.close();
    } catch {
      // Not a format of this browser's: the refusal below says so.
    }
  }
  throw new CodedError('picture-corrupt', refusal);
}
