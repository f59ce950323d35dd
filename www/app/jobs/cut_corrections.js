// The visitor's corrections of the cut. They wait for each other in the client's queue: none is
// lost.

import { problemOf } from '../messages.js';

/** @typedef {import('../messages.js').Calls} Calls */
/** @typedef {import('../messages.js').Stroke} Stroke */
/** @typedef {'cutRectangle' | 'resizeCut' | 'strokeCut' | 'undoStroke' | 'clearStrokes'} Correction */

/**
 * The strokes on the cut after a correction.
 * @type {{[Name in Correction]: (strokes: Stroke[], args: Parameters<Calls[Name]>[0]) => Stroke[]}}
 */
const STROKES_AFTER = {
  cutRectangle: () => [],
  resizeCut: (strokes) => strokes,
  strokeCut: (strokes, stroke) => [...strokes, stroke],
  undoStroke: (strokes) => strokes.slice(0, -1),
  clearStrokes: () => [],
};

export class CutCorrections {
  /** How many are under way or wait. */
  #count = 0;
  #store;
  #client;
  #job;

  /**
   * @param {import('./job.js').JobContext} context
   * @param {import('./job.js').Job} job   that makes the cut: corrections end with its run
   */
  constructor({ store, client }, job) {
    this.#store = store;
    this.#client = client;
    this.#job = job;
  }

  /**
   * Replaces the cut that is shown by a corrected one.
   * @template {Correction} Name
   * @param {Name} call
   * @param {Parameters<Calls[Name]>[0]} args
   */
  async correct(call, args) {
    const { signal } = this.#job;
    const { cut: shown, strokes } = this.#store.state.cut;
    this.#count++;
    this.#store.update('cut', {
      phase: 'working',
      fraction: 0,
      correcting: true,
      strokes: STROKES_AFTER[call](strokes, args),
    });
    const onProgress = (/** @type {import('../messages.js').Progress} */ { done, total }) => {
      if (!signal.aborted) this.#store.update('cut', { fraction: done / total });
    };
    try {
      const cut = await this.#client.call(call, args, { signal, onProgress });
      this.#count--;
      if (signal.aborted) return;
      const correcting = this.#count > 0;
      this.#store.update('cut', { phase: correcting ? 'working' : 'ready', cut, correcting });
    } catch (error) {
      this.#count--;
      if (signal.aborted) return;
      const correcting = this.#count > 0;
      if (problemOf(error).code === 'no-object-found') {
        this.#store.update('cut', { phase: 'none', cut: null, correcting });
        return;
      }
      // A stroke that was refused is not on the cut.
      const { strokes: now } = this.#store.state.cut;
      this.#store.update('cut', {
        phase: this.#job.reported(error),
        cut: shown,
        correcting,
        strokes: now.filter((stroke) => stroke !== args),
      });
    }
  }
}
