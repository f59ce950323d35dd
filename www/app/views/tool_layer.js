// The layer over the cut on which the visitor draws strokes and boxes, by mouse, touch, pen or
// keyboard.

import { boxOf, drawCursor, drawDrawings } from '../canvas/strokes.js';
import { h, setAttribute } from '../dom.js';
import { frameOf } from '../messages.js';
import { cut as words } from '../strings/en.js';

/** @typedef {import('../canvas/strokes.js').Drawing} Drawing */
/** @typedef {import('../canvas/strokes.js').Point} Point */
/** @typedef {import('../jobs/cut_corrections.js').CutCorrections['correct']} CorrectCut */

/** Boxes that are narrower, in pixels of the display frame, are slips. */
const SMALLEST_BOX = 2;

/** Whether there is a cut that can be corrected. @param {import('../state.js').State} state */
export const canCorrect = ({ photo, target, cut: { phase, correcting } }) =>
  photo !== null && target !== null && (correcting || phase === 'ready' || phase === 'none');

/** Whether there is a stroke that can be removed. @param {import('../state.js').State} state */
export const canUndo = (state) => canCorrect(state) && state.cut.strokes.length > 0;

export class ToolLayer {
  #store;
  #correctCut;
  #leave;
  /** Drawings whose cut has not arrived. @type {Drawing[]} */
  #pending = [];
  /** The unfinished one. @type {Drawing | null} */
  #drawing = null;
  /** Where the pointer or the keyboard's cross is. @type {Point | null} */
  #cursor = null;
  #redrawing = false;

  /**
   * @param {import('../state.js').Store} store
   * @param {CorrectCut} correctCut
   * @param {() => void} leave   the visitor ends the tool by keyboard
   */
  constructor(store, correctCut, leave) {
    this.#store = store;
    this.#correctCut = correctCut;
    this.#leave = leave;
    const element = h('canvas', { class: 'layer tool-layer', hidden: true });
    this.element = element;
    element.addEventListener('pointerdown', (event) => this.#begin(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    element.addEventListener('pointerup', () => this.#finish());
    element.addEventListener('pointercancel', () => this.#drop());
    element.addEventListener('pointerleave', () => {
      this.#cursor = null;
      this.#redraw();
    });
    element.addEventListener('keydown', (event) => this.#press(event));
    store.watch(['photo', 'target', 'cut', 'cutTool', 'brush'], ({ photo, cutTool }) => {
      if (photo) this.#resize(frameOf(photo.width, photo.height));
      element.hidden = cutTool === null;
      element.tabIndex = cutTool === null ? -1 : 0;
      setAttribute(element, 'role', cutTool && 'application');
      setAttribute(element, 'aria-label', cutTool && words.canvas(cutTool));
      this.#redraw();
    });
  }

  /** Forgets an unfinished drawing, for another tool. */
  reset() {
    this.#drawing = null;
    this.#cursor = null;
  }

  focus() {
    this.element.hidden = false; // a hidden element takes no focus, and watchers are called later
    this.element.tabIndex = 0;
    this.element.focus({ preventScroll: true });
  }

  /** @param {{width: number, height: number}} frame */
  #resize({ width, height }) {
    // Setting a canvas's size clears it.
    if (this.element.width !== width || this.element.height !== height)
      Object.assign(this.element, { width, height });
  }

  get #radius() {
    return (this.#store.state.brush * Math.max(this.element.width, this.element.height)) / 2;
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    const { cutTool } = this.#store.state;
    if (!cutTool || event.button !== 0) return;
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    this.#drawing = { tool: cutTool, points: [this.#pointOf(event)] };
    this.#redraw();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    this.#cursor = this.#pointOf(event);
    if (this.#drawing) {
      const events = event.getCoalescedEvents?.() ?? [event];
      this.#drawing.points.push(...events.map((one) => this.#pointOf(one)), this.#cursor);
    }
    this.#redraw();
  }

  #finish() {
    if (this.#drawing) this.#send(this.#drawing);
    this.#drawing = null;
  }

  #drop() {
    this.#drawing = null;
    this.#redraw();
  }

  /** @param {PointerEvent} event @returns {Point} */
  #pointOf({ clientX, clientY }) {
    const { element } = this;
    const { left, top, width, height } = element.getBoundingClientRect();
    const shown = Math.min(width / element.width, height / element.height); // object-fit: contain
    return [
      (clientX - left - (width - element.width * shown) / 2) / shown,
      (clientY - top - (height - element.height * shown) / 2) / shown,
    ];
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { cutTool } = this.#store.state;
    if (!cutTool) return;
    const { width, height } = this.element;
    const [x, y] = this.#cursor ?? [width / 2, height / 2];
    const step = event.shiftKey ? 1 : Math.max(4, this.#radius);
    /** @type {Record<string, Point>} */
    const moves = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      this.#cursor = [Math.min(Math.max(x + dx, 0), width), Math.min(Math.max(y + dy, 0), height)];
      this.#drawing?.points.push(this.#cursor);
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.#cursor = [x, y];
      this.#set(cutTool, [x, y]);
    } else if (event.key === 'Escape') {
      this.#leave();
    } else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) {
      if (canUndo(this.#store.state)) this.#correctCut('undoStroke', {});
    } else return;
    event.preventDefault();
    this.#redraw();
  }

  /** Sets a dab, or a corner of a box, by keyboard. @param {Drawing['tool']} tool @param {Point} point */
  #set(tool, point) {
    if (tool !== 'rectangle') {
      this.#send({ tool, points: [point] });
    } else if (this.#drawing) {
      this.#send({ tool, points: [this.#drawing.points[0], point] });
      this.#drawing = null;
    } else {
      this.#drawing = { tool, points: [point] };
    }
  }

  /** Corrects the cut. @param {Drawing} drawing */
  #send(drawing) {
    const sent = drawing.tool === 'rectangle' ? this.#sendBox(drawing) : this.#sendStroke(drawing);
    this.#redraw();
    if (!sent) return;
    this.#pending.push(drawing);
    sent.then(() => {
      this.#pending = this.#pending.filter((other) => other !== drawing);
      this.#redraw();
    });
  }

  /** Photo pixels in a pixel of the display frame. @returns {Point} */
  get #scale() {
    const { photo } = this.#store.state;
    if (!photo) return [1, 1];
    return [photo.width / this.element.width, photo.height / this.element.height];
  }

  /** @param {Drawing} drawing @returns {Promise<void> | null} null for a slip */
  #sendBox({ points }) {
    const { photo } = this.#store.state;
    const box = boxOf(points);
    if (!photo || box.width < SMALLEST_BOX || box.height < SMALLEST_BOX) return null;
    const [across, down] = this.#scale;
    const edge = (/** @type {number} */ value, /** @type {number} */ end) =>
      Math.round(Math.min(Math.max(value, 0), end));
    const [left, right] = [box.x, box.x + box.width].map((x) => edge(x * across, photo.width));
    const [top, bottom] = [box.y, box.y + box.height].map((y) => edge(y * down, photo.height));
    const rectangle = { x: left, y: top, width: right - left, height: bottom - top };
    return this.#correctCut('cutRectangle', { rectangle });
  }

  /** @param {Drawing} drawing @returns {Promise<void>} */
  #sendStroke({ tool, points }) {
    const [across, down] = this.#scale;
    return this.#correctCut('strokeCut', {
      points: Float32Array.from(points.flatMap(([x, y]) => [x * across, y * down])),
      radius: this.#radius * Math.sqrt(across * down),
      object: tool === 'object',
    });
  }

  /** Draws once before the next frame. */
  #redraw() {
    if (this.#redrawing) return;
    this.#redrawing = true;
    requestAnimationFrame(() => {
      this.#redrawing = false;
      const { cutTool } = this.#store.state;
      const drawings = this.#drawing ? [...this.#pending, this.#drawing] : this.#pending;
      drawDrawings(this.element, drawings, this.#radius);
      if (cutTool && this.#cursor) drawCursor(this.element, cutTool, this.#cursor, this.#radius);
    });
  }
}
