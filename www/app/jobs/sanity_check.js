// The map of the target after each layer of the network has been randomised, from the top down.

import { NOTHING } from '../state.js';
import { engineTarget } from '../target.js';
import { Job } from './job.js';

export class SanityCheck extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'sanity');
  }

  /** Checks the method in the settings. */
  start() {
    const { target } = this.store.state;
    if (target !== null) this.run((signal) => this.#check(target, signal));
  }

  /** @param {import('../target.js').Target} target @param {AbortSignal} signal */
  async #check(target, signal) {
    const { method } = this.store.state.settings;
    this.store.set({ sanity: { ...NOTHING.sanity, phase: 'working', method } });
    const { layers, original } = await this.client.call(
      'startSanityCheck',
      { target: engineTarget(target), method },
      { signal },
    );
    if (signal.aborted) return;
    this.store.update('sanity', { layers, original });
    for (;;) {
      const step = await this.client.call('stepSanityCheck', {}, { signal });
      if (signal.aborted) return;
      if (!step) break;
      this.store.update('sanity', { steps: [...this.store.state.sanity.steps, step] });
    }
    this.store.update('sanity', { phase: 'ready' });
  }
}
