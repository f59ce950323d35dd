// Opens a photo and has it classified. The photo before stays until the new one has been read.

import { Job } from './job.js';

/** @typedef {import('../photo_pixels.js').PictureSource} PictureSource */
/** @typedef {import('../sources/sample_gallery.js').Sample} Sample */

export class PhotoOpening extends Job {
  #listeners;

  /**
   * @param {import('./job.js').JobContext} context
   * @param {object} listeners
   * @param {() => void} listeners.onOpened   before the photo is shown
   * @param {() => void} listeners.onClassified
   */
  constructor(context, listeners) {
    super(context);
    this.#listeners = listeners;
  }

  /**
   * @param {(signal: AbortSignal) => Promise<PictureSource>} get
   * @param {Sample | null} sample   that it is, if it is one
   */
  open(get, sample) {
    return this.run(async (signal) => {
      await this.#read(get, sample, signal);
      if (signal.aborted) return;
      const { scores, probabilities } = await this.client.call('classify', {}, { signal });
      if (signal.aborted) return;
      this.store.set({ scores, probabilities });
      this.#listeners.onClassified();
    });
  }

  /** Keeps the photo before. */
  cancel() {
    if (!this.store.state.opening) return;
    this.stop();
    this.store.set({ opening: false });
  }

  /**
   * @param {(signal: AbortSignal) => Promise<PictureSource>} get
   * @param {Sample | null} sample
   * @param {AbortSignal} signal
   */
  async #read(get, sample, signal) {
    this.store.set({ opening: true });
    try {
      const source = await get(signal);
      const opened = await this.client.call('setPicture', { source }, { signal });
      if (signal.aborted) return;
      this.#listeners.onOpened();
      this.store.set({
        photo: { ...opened, sample },
        scores: null,
        probabilities: null,
        fromLink: false,
      });
    } finally {
      if (!signal.aborted) this.store.set({ opening: false });
    }
  }
}
