// Draws saliency maps, by themselves and over the photo.

import { cleared, drawGround, grey } from './surface.js';

/** @typedef {import('./surface.js').Canvas} Canvas */
/** @typedef {import('./surface.js').Size} Size */

/** The longer side of a map without the photo, in pixels. */
const GRID_SIDE = 227;
/** The longer side of a small map, in pixels. */
const TILE_SIDE = 400;

/**
 * The map's colours.
 * @param {import('../messages.js').IntensityGrid} map
 * @param {Uint8ClampedArray} table
 * @param {boolean} opaque   or else as transparent as the table says
 */
function coloured(map, table, opaque) {
  const image = new ImageData(map.width, map.height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = new Uint32Array(table.buffer, table.byteOffset, 256);
  const cover = opaque ? 0xff000000 : 0;
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[map.intensity[i]] | cover;
  const canvas = new OffscreenCanvas(map.width, map.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

/**
 * The newest colouring of each map: a slider draws it many times over.
 * @type {WeakMap<object, {table: Uint8ClampedArray, opaque: boolean, canvas: OffscreenCanvas}>}
 */
const colourings = new WeakMap();

/**
 * @param {import('../messages.js').IntensityGrid} map
 * @param {Uint8ClampedArray} table
 * @param {boolean} opaque
 */
function colouringOf(map, table, opaque) {
  const known = colourings.get(map);
  if (known && known.table === table && known.opaque === opaque) return known.canvas;
  const canvas = coloured(map, table, opaque);
  colourings.set(map, { table, opaque, canvas });
  return canvas;
}

/**
 * What is drawn of a map: its signs where it has them, else its magnitudes.
 * @param {import('../messages.js').IntensityMap} map
 * @returns {import('../messages.js').IntensityGrid}
 */
export function levelsOf({ intensity, signs, width, height }) {
  return { intensity: signs ?? intensity, width, height };
}

/**
 * The map over the photo, in the frame of the photo's bitmap. It is laid over the dimmed photo as
 * light is, so that more is never darker than less, whatever lies below; src/render/overlay.rs has
 * the formula.
 * @param {Canvas} canvas
 * @param {ImageBitmap} photo
 * @param {import('../messages.js').IntensityGrid} map
 * @param {import('../colour_maps.js').Look} look
 */
export function drawOverlay(canvas, photo, map, { table, ground, opacity, dimmedWhite }) {
  const size = { width: photo.width, height: photo.height };
  const context = cleared(canvas, size);
  context.imageSmoothingQuality = 'high';
  if (ground !== 'none') {
    drawGround(context, photo, size, ground, dimmedWhite);
    context.globalCompositeOperation = 'screen';
    context.globalAlpha = opacity;
  }
  context.drawImage(colouringOf(map, table, ground === 'none'), 0, 0, size.width, size.height);
}

/**
 * The same, small.
 * @param {HTMLCanvasElement} canvas
 * @param {ImageBitmap} photo
 * @param {import('../messages.js').IntensityGrid} map
 * @param {import('../colour_maps.js').Look} look
 */
export function drawTile(canvas, photo, map, look) {
  const large = new OffscreenCanvas(1, 1);
  drawOverlay(large, photo, map, look);
  const scale = Math.min(1, TILE_SIDE / Math.max(large.width, large.height));
  const size = {
    width: Math.max(1, Math.round(large.width * scale)),
    height: Math.max(1, Math.round(large.height * scale)),
  };
  const context = cleared(canvas, size);
  context.imageSmoothingQuality = 'high';
  context.drawImage(large, 0, 0, size.width, size.height);
}

/**
 * The colours as they are over the photo, from no intensity to full: above over white, below over
 * black.
 * @param {Canvas} canvas
 * @param {import('../colour_maps.js').Look} look
 */
export function drawScale(canvas, { table, ground, opacity, dimmedWhite }) {
  const intensity = Uint8Array.from({ length: 256 }, (_, level) => level);
  const context = cleared(canvas, { width: 256, height: 2 });
  if (ground !== 'none') {
    context.fillStyle = grey(dimmedWhite);
    context.fillRect(0, 0, 256, 1);
    context.fillStyle = '#000';
    context.fillRect(0, 1, 256, 1);
    context.globalCompositeOperation = 'screen';
    context.globalAlpha = opacity;
  }
  context.drawImage(
    coloured({ intensity, width: 256, height: 1 }, table, ground === 'none'),
    0,
    0,
    256,
    2,
  );
}

/**
 * A map of the network's own grid, opaque, in the photo's shape.
 * @param {Canvas} canvas
 * @param {import('../messages.js').IntensityGrid} grid
 * @param {Uint8ClampedArray} table
 * @param {Size} photo
 */
export function drawGrid(canvas, grid, table, photo) {
  const scale = GRID_SIDE / Math.max(photo.width, photo.height);
  const context = cleared(canvas, {
    width: Math.max(1, Math.round(photo.width * scale)),
    height: Math.max(1, Math.round(photo.height * scale)),
  });
  context.imageSmoothingQuality = 'high';
  context.drawImage(coloured(grid, table, true), 0, 0, canvas.width, canvas.height);
}
