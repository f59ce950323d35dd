// The target's gradient beside its DeconvNet signal, layer by layer.

import { NOTHING } from '../state.js';
import { engineTarget } from '../target.js';
import { Job } from './job.js';

export class RuleComparison extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'relation');
  }

  start() {
    const { target } = this.store.state;
    if (target === null) return;
    this.run(async (signal) => {
      this.store.set({ relation: { ...NOTHING.relation, phase: 'working' } });
      const relation = await this.client.call(
        'relation',
        { target: engineTarget(target) },
        { signal },
      );
      if (!signal.aborted) this.store.set({ relation: { phase: 'ready', relation } });
    });
  }
}
