// Draws the cut: outline, cut-out, box and seeds.

import { cleared, drawGround } from './surface.js';

/** @typedef {import('./surface.js').Canvas} Canvas */
/** @typedef {import('./surface.js').Context} Context */
/** @typedef {import('./surface.js').Size} Size */
/** @typedef {import('../messages.js').Cut} Cut */

/** The level of a white photo under a cut's seeds. */
const DIMMED_UNDER_SEEDS = 115;

/**
 * Draws a canvas for the last time, and gives its memory back: when a browser decides whether to
 * collect garbage, it counts a canvas, but not its pixels.
 * @param {Context} context
 * @param {OffscreenCanvas} canvas
 */
function drawLast(context, canvas) {
  context.drawImage(canvas, 0, 0);
  canvas.width = canvas.height = 0;
}

/**
 * White where the object is, as opaque as `alpha` says.
 * @param {ArrayLike<number>} alpha
 * @param {Size} size
 */
function coverCanvas(alpha, { width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = ((alpha[i] << 24) | 0xffffff) >>> 0;
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * A ring around the object, `thickness` wide: the cover moved in all directions, less the cover
 * itself.
 * @param {OffscreenCanvas} cover @param {number} thickness @param {string} colour
 */
function ring(cover, thickness, colour) {
  const canvas = new OffscreenCanvas(cover.width, cover.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  for (let i = 0; i < 24; i++) {
    const angle = (i / 24) * 2 * Math.PI;
    context.drawImage(cover, thickness * Math.cos(angle), thickness * Math.sin(angle));
  }
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = colour;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = 'destination-out';
  context.drawImage(cover, 0, 0);
  return canvas;
}

/**
 * Line width in a canvas of this size that is shown a few hundred pixels wide.
 * @param {Size} size
 */
const lineWidth = ({ width, height }) => Math.max(1, Math.max(width, height) / 150);

/** @param {CanvasRenderingContext2D} context @param {Cut} cut @param {string} accent */
function drawBox(context, cut, accent) {
  const scale = cut.width / cut.photoWidth;
  const { x, y, width, height } = cut.box;
  const line = lineWidth(cut);
  context.lineJoin = 'round';
  for (const [colour, thickness] of /** @type {const} */ ([
    ['#fff', line * 2],
    [accent, line],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(x * scale, y * scale, width * scale, height * scale);
  }
}

/**
 * The pixels that the colours of background and object were taken from. Apart in lightness as well,
 * for whoever sees no such colours.
 */
const SEED_COLOURS = { background: '#1f6fd6', object: '#ffd23f' };

/** @param {Uint8Array} seeds   1: background, 2: object @param {Size} size */
function seedsCanvas(seeds, { width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = new Uint32Array(
    Uint8Array.from(
      ['00000000', `${SEED_COLOURS.background}ff`, `${SEED_COLOURS.object}ff`].flatMap(
        (hex) => hex.match(/[0-9a-f]{2}/g) ?? [],
      ),
      (byte) => parseInt(byte, 16),
    ).buffer,
  );
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[seeds[i]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * @param {Canvas} canvas @param {ImageBitmap} photo @param {Cut} cut
 * @param {'outline' | 'cutout' | 'box' | 'seeds' | 'both'} view   both: outline and box
 * @param {{accent: string, shade: string, checker: [string, string]}} colours
 */
export function drawCut(canvas, photo, cut, view, colours) {
  const context = cleared(canvas, cut);
  const { width, height } = cut;
  const line = lineWidth(cut);
  if (view === 'box') {
    context.drawImage(photo, 0, 0);
    drawBox(context, cut, colours.accent);
    return;
  }
  if (view === 'seeds') {
    drawGround(context, photo, cut, 'grey', DIMMED_UNDER_SEEDS);
    context.globalAlpha = 0.75; // the photo shows through
    drawLast(context, seedsCanvas(cut.seeds, cut));
    return;
  }
  const cover = coverCanvas(cut.cover, cut);
  if (view === 'cutout') {
    drawChecker(context, cut, colours.checker);
    drawLast(context, objectAlone(cover, photo));
    return;
  }
  const shade = new OffscreenCanvas(width, height);
  const shading = /** @type {OffscreenCanvasRenderingContext2D} */ (shade.getContext('2d'));
  shading.fillStyle = colours.shade;
  shading.fillRect(0, 0, width, height);
  shading.globalCompositeOperation = 'destination-out';
  shading.drawImage(cover, 0, 0);
  context.drawImage(photo, 0, 0);
  drawLast(context, shade);
  drawLast(context, ring(cover, line * 1.6, '#fff'));
  drawLast(context, ring(cover, line, colours.accent));
  cover.width = cover.height = 0;
  if (view === 'both') drawBox(context, cut, colours.accent);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Size} size
 * @param {[string, string]} colours
 */
function drawChecker(context, { width, height }, [light, dark]) {
  const square = Math.ceil(Math.max(width, height) / 40);
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
  context.fillStyle = dark;
  for (let y = 0, row = 0; y < height; y += square, row++) {
    for (let x = (row % 2) * square; x < width; x += 2 * square)
      context.fillRect(x, y, square, square);
  }
}

/** The object's pixels on nothing. @param {OffscreenCanvas} cover @param {ImageBitmap} photo */
function objectAlone(cover, photo) {
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (cover.getContext('2d'));
  context.globalCompositeOperation = 'source-in';
  context.drawImage(photo, 0, 0);
  return cover;
}
