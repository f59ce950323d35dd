// What all drawing on 2D canvases shares. Photo, map and cut have the size of the display frame, so
// they line up.

/** @typedef {HTMLCanvasElement | OffscreenCanvas} Canvas */
/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */
/** @typedef {{width: number, height: number}} Size */

/**
 * @param {Canvas} canvas
 * @param {Size} size
 * @returns {CanvasRenderingContext2D} a clean drawing area of that size
 */
export function cleared(canvas, { width, height }) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.globalCompositeOperation = 'source-over';
  context.globalAlpha = 1;
  context.clearRect(0, 0, width, height);
  return context;
}

/** @param {Canvas} canvas */
export function clear(canvas) {
  cleared(canvas, canvas);
}

/** @param {Canvas} canvas @param {ImageBitmap} photo */
export function drawPhoto(canvas, photo) {
  cleared(canvas, photo).drawImage(photo, 0, 0);
}

/** @param {Canvas} canvas @param {import('../messages.js').ModelFrame} frame */
export function drawModelFrame(canvas, frame) {
  const context = cleared(canvas, frame);
  const image = context.createImageData(frame.width, frame.height);
  image.data.set(frame.rgba);
  context.putImageData(image, 0, 0);
}

/** The CSS colour of a level. @param {number} level   0..255 */
export const grey = (level) => `rgb(${level} ${level} ${level})`;

/**
 * The photo as the ground of a map. Blend modes dim it, because some browsers alter pixels that are
 * read back.
 * @param {Context} context
 * @param {ImageBitmap} photo
 * @param {Size} size
 * @param {import('../colour_maps.js').Ground} ground
 * @param {number} dimmedWhite   the level of a white photo in it
 */
export function drawGround(context, photo, { width, height }, ground, dimmedWhite) {
  context.drawImage(photo, 0, 0, width, height);
  if (ground === 'grey') {
    context.globalCompositeOperation = 'saturation'; // the fill's, which has none
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
  }
  context.globalCompositeOperation = 'multiply';
  context.fillStyle = grey(dimmedWhite);
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
}
