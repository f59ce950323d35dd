// Draws photo, saliency, cut and class model on 2D canvases. Photo, map and cut share the display
// frame: they line up by construction.

/** @typedef {HTMLCanvasElement | OffscreenCanvas} Canvas */
/** @typedef {import('./messages.js').Cut} Cut */
/** @typedef {{width: number, height: number}} Size */

/** The longer side of a map of its own, in pixels. */
const GRID_SIDE = 227;

/**
 * @param {Canvas} canvas
 * @param {Size} size
 * @returns {CanvasRenderingContext2D} a clean drawing area of that size
 */
function cleared(canvas, { width, height }) {
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

/**
 * The map's colours.
 * @param {import('./messages.js').IntensityGrid} map
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
 * @param {import('./messages.js').IntensityGrid} map
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

/** The level of a white photo under a cut's seeds. */
const DIMMED_UNDER_SEEDS = 115;

/** @param {number} level   0..255 */
const grey = (level) => `rgb(${level} ${level} ${level})`;

/**
 * The photo as a map's ground. By blend modes, so that no pixel is read back: some browsers disturb
 * what is.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {ImageBitmap} photo
 * @param {Size} size
 * @param {import('./colour_maps.js').Ground} ground
 * @param {number} dimmedWhite   the level of a white photo in it
 */
function drawGround(context, photo, { width, height }, ground, dimmedWhite) {
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

/**
 * The map over the photo, in the frame of the photo's bitmap. It is laid over the dimmed photo as
 * light is, so that more is never darker than less, whatever lies below; src/render/overlay.rs has
 * the formula.
 * @param {Canvas} canvas
 * @param {ImageBitmap} photo
 * @param {import('./messages.js').IntensityMap} map
 * @param {import('./colour_maps.js').Look} look
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
 * The colours as they are over the photo, from no intensity to full: above over white, below over
 * black.
 * @param {Canvas} canvas
 * @param {import('./colour_maps.js').Look} look
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
 * @param {import('./messages.js').IntensityGrid} grid
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

/** @param {Canvas} canvas @param {import('./messages.js').ModelFrame} frame */
export function drawModelFrame(canvas, frame) {
  const context = cleared(canvas, frame);
  const image = context.createImageData(frame.width, frame.height);
  image.data.set(frame.rgba);
  context.putImageData(image, 0, 0);
}

/**
 * Draws a canvas for the last time, and gives its memory back: when a browser decides whether to
 * collect garbage, it counts a canvas, but not its pixels.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
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
export const SEED_COLOURS = { background: '#1f6fd6', object: '#ffd23f' };

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
