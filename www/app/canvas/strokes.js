// Draws the strokes and boxes that correct the cut, and the cursor that makes them.

/** @typedef {import('../state.js').CutTool} CutTool */
/** @typedef {[number, number]} Point   column and row in the display frame */

/**
 * What a tool has drawn: the points of a stroke, or two opposite corners of a box, the first and
 * the last.
 * @typedef {{tool: CutTool, points: Point[]}} Drawing
 */

const COLOURS = { object: '#19c37d', background: '#ff5f56', rectangle: '#fff' };
/** Below the cursor's own colour, so that it can be seen on any photo. */
const CURSOR_SHADOW = '#000a';

/** @param {Point[]} points */
export function boxOf(points) {
  const [[x0, y0], [x1, y1]] = [points[0], points[points.length - 1]];
  return {
    x: Math.min(x0, x1),
    y: Math.min(y0, y1),
    width: Math.abs(x1 - x0),
    height: Math.abs(y1 - y0),
  };
}

/** The width of a thin line. @param {HTMLCanvasElement} canvas */
const thinLine = ({ width, height }) => Math.max(1.5, Math.max(width, height) / 250);

/**
 * @param {HTMLCanvasElement} canvas   of the size of the display frame
 * @param {Drawing[]} drawings
 * @param {number} radius   of the brush
 */
export function drawDrawings(canvas, drawings, radius) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineCap = context.lineJoin = 'round';
  for (const { tool, points } of drawings) {
    context.strokeStyle = COLOURS[tool];
    context.beginPath();
    if (tool === 'rectangle') {
      const { x, y, width, height } = boxOf(points);
      context.globalAlpha = 1;
      context.lineWidth = thinLine(canvas);
      context.rect(x, y, width, height);
    } else {
      context.globalAlpha = 0.55;
      context.lineWidth = 2 * radius;
      for (const [x, y] of points) context.lineTo(x, y);
      context.lineTo(...points[points.length - 1]); // a dab is a line to itself
    }
    context.stroke();
  }
}

/**
 * A cross, and around a brush's its circle.
 * @param {HTMLCanvasElement} canvas
 * @param {CutTool} tool
 * @param {Point} position
 * @param {number} radius   of the brush
 */
export function drawCursor(canvas, tool, [x, y], radius) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const thin = thinLine(canvas);
  const arm = tool === 'rectangle' ? 6 * thin : 2 * thin;
  context.globalAlpha = 1;
  for (const [colour, width] of /** @type {const} */ ([
    [CURSOR_SHADOW, 2 * thin],
    [COLOURS[tool], thin],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    if (tool !== 'rectangle') context.arc(x, y, radius, 0, 2 * Math.PI);
    context.moveTo(x - arm, y);
    context.lineTo(x + arm, y);
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
    context.stroke();
  }
}
