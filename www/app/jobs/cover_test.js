// What the network says of the photo when the brightest parts of the target's map are covered.

import { engineTarget } from '../target.js';
import { cropsOf } from './crops.js';
import { Job } from './job.js';

export class CoverTest extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'cover');
  }

  /** Tests the map by the method in the settings. */
  start() {
    const { target, settings } = this.store.state;
    if (target === null) return;
    const { method } = settings;
    this.run(async (signal) => {
      this.store.set({ cover: { phase: 'working', test: null } });
      const views = cropsOf(this.store.state, method);
      const test = await this.client.call(
        'coverTest',
        { target: engineTarget(target), method, views },
        { signal },
      );
      if (!signal.aborted) this.store.update('cover', { phase: 'ready', test });
    });
  }
}
