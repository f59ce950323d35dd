// The tools that correct the cut: its size, two brushes and a box. tool_layer.js is where they draw.

import { h, setAttribute, setText } from '../dom.js';
import { cut as words } from '../strings/en.js';
import { canCorrect, canUndo, ToolLayer } from './tool_layer.js';

/** @typedef {import('../state.js').CutTool} CutTool */

const TOOLS = /** @type {const} */ (['object', 'background', 'rectangle']);

/**
 * @param {import('../state.js').Store} store
 * @param {import('./tool_layer.js').CorrectCut} correctCut
 */
export function makeCutTools(store, correctCut) {
  const layer = new ToolLayer(store, correctCut, () => {
    const { cutTool } = store.state;
    select(null);
    buttons.find((button) => button.dataset.tool === cutTool)?.focus();
  });
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
  const size = h('input', {
    type: 'range',
    id: 'cut-size',
    'aria-label': words.size,
    title: words.size,
    min: '0',
    step: '1',
    on: { input: resize },
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
    h(
      'div',
      { class: 'tool-row sizes' },
      h('span', {}, words.smaller),
      size,
      h('span', {}, words.larger),
    ),
    h('div', { class: 'tool-row' }, ...buttons),
    h('div', { class: 'tool-row' }, brush, undo, clear),
    liveRegion,
  );

  /** The slider's size that no cut has been asked for. @type {number | null} */
  let wanted = null;

  /** While a cut is under way, sizes that the slider passes are left out. */
  function resize() {
    wanted = Number(size.value);
    askForSize();
  }

  function askForSize() {
    if (wanted === null || store.state.cut.correcting) return;
    const asked = wanted;
    wanted = null;
    correctCut('resizeCut', { size: asked });
  }

  /** @param {CutTool | null} tool */
  function select(tool) {
    layer.reset();
    store.set({ cutTool: tool });
    if (tool) layer.focus();
  }

  store.watch(['photo', 'target', 'cut', 'cutTool', 'brush'], (state) => {
    const possible = canCorrect(state);
    for (const button of buttons) {
      button.disabled = !possible;
      setAttribute(button, 'aria-pressed', String(button.dataset.tool === state.cutTool));
    }
    const { cut, correcting } = state.cut;
    const sizes = cut?.sizes ?? 0;
    size.disabled = !possible || sizes < 2;
    size.max = String(Math.max(sizes - 1, 1));
    // While a cut is under way, the slider stays where the visitor has put it.
    if (!correcting && wanted === null) size.value = String(cut?.size ?? 0);
    if (!possible) wanted = null;
    brush.disabled = !possible;
    brush.value = String(Math.round(state.brush * 100));
    undo.disabled = clear.disabled = !canUndo(state);
    setText(liveRegion, announcementOf(state));
    askForSize();
  });

  return { layer: layer.element, bar };
}

/**
 * What a listener should hear of the cut while a tool is in use, or ''.
 * @param {import('../state.js').State} state
 */
function announcementOf({ cut: { phase, strokes, cut }, cutTool }) {
  if (!cutTool) return '';
  if (phase === 'ready' && cut) return words.corrected(cut.share);
  return phase === 'none' && strokes.length > 0 ? words.nothingLeft : '';
}
