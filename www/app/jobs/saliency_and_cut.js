// The target's saliency map and the object at which it points. One job for both, as the cut's
// preview needs the map, and the two take turns: each shows a quick result before the better one.

import { problemOf } from '../messages.js';
import { engineTarget } from '../target.js';
import { cropsOf } from './crops.js';
import { Job } from './job.js';

/** @typedef {import('../target.js').Target} Target */
/** @typedef {import('../messages.js').Progress} Progress */

/** A cut that is to be computed. No cut is shown while its seeds differ from the settings. */
const NEW_CUT = /** @type {const} */ ({
  phase: 'working',
  fraction: 0,
  correcting: false,
  cut: null,
});

export class SaliencyAndCut extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'saliency', 'cut');
  }

  /** Map and cut of the target. */
  start() {
    this.store.update('saliency', { phase: 'working', total: 1 });
    this.store.update('cut', { phase: 'working' });
    this.#runBoth();
  }

  /** The map by the method in the settings; also the cut if it depends on it or is unfinished. */
  changeMethod() {
    const { target, cut, settings } = this.store.state;
    if (target === null) return;
    this.stop();
    // No map is shown under another method's name.
    this.store.update('saliency', { phase: 'working', done: 0, map: null });
    if (cut.phase === 'working' || settings.seeds === 'map') {
      this.store.update('cut', NEW_CUT);
      this.#runBoth();
    } else {
      this.run((signal) => this.#refineMap(target, signal));
    }
  }

  /** The cut from the seeds in the settings, with the strokes that it has. */
  changeSeeds() {
    const { target, saliency } = this.store.state;
    if (target === null) return;
    this.stop();
    this.store.update('cut', NEW_CUT);
    if (saliency.phase === 'ready') this.run((signal) => this.#cut(target, signal));
    else this.#runBoth();
  }

  cancel() {
    super.cancel();
    if (this.store.state.cut.correcting) this.store.update('cut', { correcting: false });
  }

  #runBoth() {
    const { target } = this.store.state;
    if (target === null) return;
    this.run(async (signal) => {
      await this.#refineMap(target, signal, () => this.#previewCut(signal));
      await this.#cut(target, signal);
    });
  }

  /**
   * The map by the chosen method: from one crop, then from all of them.
   * @param {Target} target
   * @param {AbortSignal} signal
   * @param {() => Promise<void>} [afterFirst]   called after the first crop
   */
  async #refineMap(target, signal, afterFirst) {
    const { method } = this.store.state.settings;
    const views = cropsOf(this.store.state, method);
    await this.#map(target, method, 1, views === 1, signal);
    await afterFirst?.();
    if (views > 1) await this.#map(target, method, views, true, signal);
  }

  /**
   * @param {Target} target
   * @param {string} method
   * @param {1 | 10} views
   * @param {boolean} last   no better map follows
   * @param {AbortSignal} signal
   */
  async #map(target, method, views, last, signal) {
    this.store.update('saliency', { phase: 'working', done: 0, total: views });
    const onProgress = (/** @type {Progress} */ { done, total }) => {
      if (!signal.aborted) this.store.update('saliency', { done, total });
    };
    const map = await this.client.call(
      'saliency',
      { target: engineTarget(target), method, views },
      { signal, onProgress },
    );
    if (!signal.aborted) this.store.update('saliency', { phase: last ? 'ready' : 'working', map });
  }

  /** A coarse cut from the map that is shown. @param {AbortSignal} signal */
  async #previewCut(signal) {
    const { seeds } = this.store.state.settings;
    try {
      const cut = await this.client.call('previewCut', { seeds }, { signal });
      if (!signal.aborted) this.store.update('cut', { phase: 'working', cut });
    } catch (error) {
      // Whether there is an object, the cut that follows decides.
      if (signal.aborted || problemOf(error).code !== 'no-object-found') throw error;
    }
  }

  /** @param {Target} target @param {AbortSignal} signal */
  async #cut(target, signal) {
    const { seeds } = this.store.state.settings;
    const { strokes } = this.store.state.cut;
    const onProgress = (/** @type {Progress} */ { done, total }) => {
      if (!signal.aborted) this.store.update('cut', { fraction: done / (total + 1) });
    };
    try {
      const cut = await this.client.call(
        'cutObject',
        { target: engineTarget(target), seeds, strokes },
        { signal, onProgress },
      );
      if (!signal.aborted) this.store.update('cut', { phase: 'ready', cut });
    } catch (error) {
      if (signal.aborted || problemOf(error).code !== 'no-object-found') throw error;
      this.store.update('cut', { phase: 'none', cut: null });
    }
  }
}
