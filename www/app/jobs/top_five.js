// The objects of the photo's five most likely classes.

import { problemOf } from '../messages.js';
import { likeliest } from '../ranking.js';
import { NOTHING } from '../state.js';
import { cropsOf } from './crops.js';
import { Job } from './job.js';

export class TopFive extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'topFive');
  }

  start() {
    const { probabilities } = this.store.state;
    if (probabilities) this.run((signal) => this.#locateAll(likeliest(probabilities, 5), signal));
  }

  /** @param {number[]} classes @param {AbortSignal} signal */
  async #locateAll(classes, signal) {
    this.store.set({ topFive: { ...NOTHING.topFive, phase: 'working' } });
    const { seeds, method } = this.store.state.settings;
    const views = cropsOf(this.store.state, method);
    for (const classIndex of classes) {
      const cut = await this.client
        .call('locate', { classIndex, seeds, method, views }, { signal })
        .catch((error) => {
          if (problemOf(error).code === 'no-object-found') return null;
          throw error;
        });
      if (signal.aborted) return;
      const { located } = this.store.state.topFive;
      this.store.update('topFive', { located: [...located, { classIndex, cut }] });
    }
    this.store.update('topFive', { phase: 'ready' });
  }
}
