// Everything that the page computes about a photo and a target: its jobs, started, cancelled and
// cleared together.
//
// The worker takes one call at a time, first come first served. Map and cut wait for each other,
// and the class model grows beside them; so the queue lets them take turns, and every card has
// something to show early on, even if a pass takes long.

import { ClassModel } from './jobs/class_model.js';
import { CutCorrections } from './jobs/cut_corrections.js';
import { RuleComparison } from './jobs/rule_comparison.js';
import { SaliencyAndCut } from './jobs/saliency_and_cut.js';
import { SanityCheck } from './jobs/sanity_check.js';
import { TopFive } from './jobs/top_five.js';

export class Explanation {
  #store;
  /** Jobs about the target. */
  #ofTarget;

  /** @param {import('./jobs/job.js').JobContext} context */
  constructor(context) {
    this.#store = context.store;
    this.maps = new SaliencyAndCut(context);
    this.corrections = new CutCorrections(context, this.maps);
    this.model = new ClassModel(context);
    this.rules = new RuleComparison(context);
    this.sanity = new SanityCheck(context);
    /** About the photo, whatever the target. */
    this.topFive = new TopFive(context);
    this.#ofTarget = [this.maps, this.model, this.rules, this.sanity];
  }

  /**
   * Shows everything about a class or a neuron, and stops all work on the one before.
   * @param {import('./target.js').Target} target
   */
  explain(target) {
    for (const job of this.#ofTarget) job.clear();
    this.#store.set({ target, cutTool: null });
    this.model.start(); // first, so that its first step precedes the preview of the cut
    this.maps.start();
  }

  /** Removes target and results, for another photo. */
  clear() {
    for (const job of [...this.#ofTarget, this.topFive]) job.clear();
    this.#store.set({ target: null, cutTool: null });
  }

  /** Stops everything and keeps what there is. */
  cancel() {
    for (const job of [...this.#ofTarget, this.topFive]) job.cancel();
  }
}
