// The tools that correct the cut: two brushes and a box, by mouse, touch, pen or keyboard, straight
// on the picture.

import { h, setAttribute, setText } from '../dom.js';
import { frameOf } from '../messages.js';
import { cut as words } from '../strings/en.js';

/** @typedef {import('../state.js').CutTool} CutTool */
/** @typedef {[number, number]} Point   column and row in the display frame */
/** @typedef {import('../jobs/cut_corrections.js').CutCorrections['correct']} CorrectCut */

const TOOLS = /** @type {const} */ (['object', 'background', 'rectangle']);
const COLOURS = { object: '#19c37d', background: '#ff5f56', rectangle: '#fff' };

/** @param {import('../state.js').Store} store @param {CorrectCut} correctCut */
export function makeCutTools(store, correctCut) {
  const layer = h('canvas', { class: 'layer tool-layer', hidden: true });
  const buttons = TOOLS.map((tool) =>
    h(
      'button',
      {
        type: 'button',
        class: 'tool',
        'aria-pressed': 'false',
        title: words.toolHint[tool],
        data: { tool },
        on: { click: () => select(store.state.cutTool === tool ? null : tool) },
      },
      words.tool[tool],
    ),
  );
  const brush = h('input', {
    type: 'range',
    id: 'brush',
    'aria-label': words.brush,
    title: words.brush,
    min: '1',
    max: '20',
    step: '1',
    on: { input: () => store.set({ brush: Number(brush.value) / 100 }) },
  });
  const undo = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      title: words.undoHint,
      on: { click: () => correctCut('undoStroke', {}) },
    },
    words.undo,
  );
  const clear = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      title: words.clearHint,
      on: { click: () => correctCut('clearStrokes', {}) },
    },
    words.clear,
  );
  const liveRegion = h('p', { class: 'hidden', role: 'status' });
  const bar = h(
    'div',
    { class: 'tools', role: 'group', 'aria-label': words.tools },
    h('p', { class: 'tools-label', 'aria-hidden': 'true' }, words.tools),
    h('div', { class: 'tool-row' }, ...buttons),
    h('div', { class: 'tool-row' }, brush, undo, clear),
    liveRegion,
  );

  /**
   * What is being drawn, and what has been drawn and is not in the cut yet.
   * @type {{tool: CutTool, points: Point[]}[]}
   */
  let pending = [];
  /** @type {{tool: CutTool, points: Point[]} | null} */
  let drawing = null;
  /** Where the brush is, or the keyboard's cross. @type {Point | null} */
  let place = null;
  let redrawing = false;

  /** @param {CutTool | null} tool */
  function select(tool) {
    drawing = null;
    place = null;
    store.set({ cutTool: tool });
    if (!tool) return;
    layer.hidden = false; // a hidden element takes no focus, and the store calls its watchers later
    layer.tabIndex = 0;
    layer.focus({ preventScroll: true });
  }

  const radius = () => (store.state.brush * Math.max(layer.width, layer.height)) / 2;
  /** Photo pixels in a pixel of the display frame. @returns {Point} */
  const scale = () => {
    const { photo } = store.state;
    return photo ? [photo.width / layer.width, photo.height / layer.height] : [1, 1];
  };

  /** @param {PointerEvent} event @returns {Point} */
  function placeOf({ clientX, clientY }) {
    const { left, top, width, height } = layer.getBoundingClientRect();
    const shown = Math.min(width / layer.width, height / layer.height); // object-fit: contain
    return [
      (clientX - left - (width - layer.width * shown) / 2) / shown,
      (clientY - top - (height - layer.height * shown) / 2) / shown,
    ];
  }

  /** @param {{tool: CutTool, points: Point[]}} drawn */
  function send(drawn) {
    const [across, down] = scale();
    /** @type {Promise<void>} */
    let sent;
    if (drawn.tool === 'rectangle') {
      const box = boxOf(drawn.points);
      const { photo } = store.state;
      if (!photo || box.width < 2 || box.height < 2) return redraw();
      const edge = (/** @type {number} */ value, /** @type {number} */ end) =>
        Math.round(Math.min(Math.max(value, 0), end));
      const [left, right] = [box.x, box.x + box.width].map((x) => edge(x * across, photo.width));
      const [top, bottom] = [box.y, box.y + box.height].map((y) => edge(y * down, photo.height));
      sent = correctCut('cutRectangle', {
        rectangle: { x: left, y: top, width: right - left, height: bottom - top },
      });
    } else {
      const points = Float32Array.from(drawn.points.flatMap(([x, y]) => [x * across, y * down]));
      sent = correctCut('strokeCut', {
        points,
        radius: radius() * Math.sqrt(across * down),
        object: drawn.tool === 'object',
      });
    }
    pending.push(drawn);
    sent.then(() => {
      pending = pending.filter((other) => other !== drawn);
      redraw();
    });
    redraw();
  }

  layer.addEventListener('pointerdown', (event) => {
    const { cutTool } = store.state;
    if (!cutTool || event.button !== 0) return;
    event.preventDefault();
    layer.focus({ preventScroll: true });
    layer.setPointerCapture(event.pointerId);
    drawing = { tool: cutTool, points: [placeOf(event)] };
    redraw();
  });
  layer.addEventListener('pointermove', (event) => {
    place = placeOf(event);
    if (drawing)
      drawing.points.push(...(event.getCoalescedEvents?.() ?? [event]).map(placeOf), place);
    redraw();
  });
  layer.addEventListener('pointerup', () => {
    if (drawing) send(drawing);
    drawing = null;
  });
  layer.addEventListener('pointercancel', () => {
    drawing = null;
    redraw();
  });
  layer.addEventListener('pointerleave', () => {
    place = null;
    redraw();
  });

  layer.addEventListener('keydown', (event) => {
    const { cutTool } = store.state;
    if (!cutTool) return;
    const step = event.shiftKey ? 1 : Math.max(4, radius());
    const [x, y] = place ?? [layer.width / 2, layer.height / 2];
    /** @type {Record<string, Point>} */
    const moves = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      place = [
        Math.min(Math.max(x + dx, 0), layer.width),
        Math.min(Math.max(y + dy, 0), layer.height),
      ];
      if (drawing) drawing.points.push(place);
    } else if (event.key === 'Enter' || event.key === ' ') {
      place = [x, y];
      if (cutTool !== 'rectangle') send({ tool: cutTool, points: [place] });
      else if (drawing) {
        send({ tool: cutTool, points: [drawing.points[0], place] });
        drawing = null;
      } else drawing = { tool: cutTool, points: [place] };
    } else if (event.key === 'Escape') {
      select(null);
      buttons.find((button) => button.dataset.tool === cutTool)?.focus();
    } else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) {
      if (!undo.disabled) correctCut('undoStroke', {});
    } else return;
    event.preventDefault();
    redraw();
  });

  function redraw() {
    if (redrawing) return;
    redrawing = true;
    requestAnimationFrame(() => {
      redrawing = false;
      draw();
    });
  }

  function draw() {
    const context = /** @type {CanvasRenderingContext2D} */ (layer.getContext('2d'));
    context.clearRect(0, 0, layer.width, layer.height);
    const thin = Math.max(1.5, Math.max(layer.width, layer.height) / 250);
    for (const { tool, points } of drawing ? [...pending, drawing] : pending) {
      context.strokeStyle = COLOURS[tool];
      context.globalAlpha = tool === 'rectangle' ? 1 : 0.55;
      context.lineCap = context.lineJoin = 'round';
      context.lineWidth = tool === 'rectangle' ? thin : 2 * radius();
      context.beginPath();
      if (tool === 'rectangle') {
        const { x, y, width, height } = boxOf(points);
        context.rect(x, y, width, height);
      } else {
        for (const [x, y] of points) context.lineTo(x, y);
        context.lineTo(...points[points.length - 1]); // a dab is a line to itself
      }
      context.stroke();
    }
    const { cutTool } = store.state;
    if (!place || !cutTool) return;
    context.globalAlpha = 1;
    const [x, y] = place;
    // Dark under light: to be seen on any photo.
    for (const [colour, width] of /** @type {const} */ ([
      ['#000a', 2 * thin],
      [COLOURS[cutTool], thin],
    ])) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      if (cutTool !== 'rectangle') context.arc(x, y, radius(), 0, 2 * Math.PI);
      const arm = cutTool === 'rectangle' ? 6 * thin : 2 * thin;
      context.moveTo(x - arm, y);
      context.lineTo(x + arm, y);
      context.moveTo(x, y - arm);
      context.lineTo(x, y + arm);
      context.stroke();
    }
  }

  store.watch(
    ['photo', 'target', 'cut', 'cutTool', 'brush'],
    ({ photo, target, cut, cutTool, brush: size }) => {
      const possible =
        photo !== null &&
        target !== null &&
        (cut.correcting || cut.phase === 'ready' || cut.phase === 'none');
      for (const button of buttons) {
        button.disabled = !possible;
        setAttribute(button, 'aria-pressed', String(button.dataset.tool === cutTool));
      }
      brush.disabled = !possible;
      brush.value = String(Math.round(size * 100));
      undo.disabled = clear.disabled = !possible || cut.strokes.length === 0;
      if (photo) {
        const { width, height } = frameOf(photo.width, photo.height);
        if (layer.width !== width || layer.height !== height)
          Object.assign(layer, { width, height });
      }
      layer.hidden = cutTool === null;
      layer.tabIndex = cutTool === null ? -1 : 0;
      setAttribute(layer, 'role', cutTool && 'application');
      setAttribute(layer, 'aria-label', cutTool && words.canvas(cutTool));
      setText(
        liveRegion,
        !cutTool
          ? ''
          : cut.phase === 'ready' && cut.cut
            ? words.corrected(cut.cut.share)
            : cut.phase === 'none' && cut.strokes.length > 0
              ? words.nothingLeft
              : '',
      );
      redraw();
    },
  );

  return { layer, bar };
}

/** @param {Point[]} points   two corners, the first and the last */
function boxOf(points) {
  const [[x0, y0], [x1, y1]] = [points[0], points[points.length - 1]];
  return {
    x: Math.min(x0, x1),
    y: Math.min(y0, y1),
    width: Math.abs(x1 - x0),
    height: Math.abs(y1 - y0),
  };
}
