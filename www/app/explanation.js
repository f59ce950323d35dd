// Everything that the page computes about a photo and a target: its jobs, started, cancelled and
// cleared together.
//
// The worker takes one call at a time, first come first served. Map and cut wait for each other,
// and the class model grows beside them; so the queue lets them take turns, and every card has
// something to show early on, even if a pass takes long.

import { Board } from './jobs/board.js';
import { ClassModel } from './jobs/class_model.js';
import { CoverTest } from './jobs/cover_test.js';
import { CutCorrections } from './jobs/cut_corrections.js';
import { RuleComparison } from './jobs/rule_comparison.js';
import { SaliencyAndCut } from './jobs/saliency_and_cut.js';
import { SanityCheck } from './jobs/sanity_check.js';
import { TopFive } from './jobs/top_five.js';
import { formatTarget } from './target.js';

export class Explanation {
  #store;
  /** Jobs about the target. */
  #ofTarget;
  /**
   * The strokes that corrected the cuts of the photo, by target.
   * @type {Map<string, import('./messages.js').Stroke[]>}
   */
  #strokes = new Map();

  /** @param {import('./jobs/job.js').JobContext} context */
  constructor(context) {
    this.#store = context.store;
    this.maps = new SaliencyAndCut(context);
    this.corrections = new CutCorrections(context, this.maps);
    this.cover = new CoverTest(context);
    this.model = new ClassModel(context);
    this.board = new Board(context);
    this.rules = new RuleComparison(context);
    this.sanity = new SanityCheck(context);
    /** About the photo, whatever the target. */
    this.topFive = new TopFive(context);
    this.#ofTarget = [this.maps, this.cover, this.model, this.board, this.rules, this.sanity];
  }

  /**
   * Shows what there is about a target, and stops all work on the one before.
   * @param {import('./target.js').Target} target
   * @param {boolean} withModel   its class model, too, which takes long
   */
  explain(target, withModel) {
    const { target: before, cut } = this.#store.state;
    if (before !== null) this.#strokes.set(formatTarget(before), cut.strokes);
    for (const job of this.#ofTarget) job.clear();
    this.#store.set({ target, cutTool: null });
    this.#store.update('cut', { strokes: this.#strokes.get(formatTarget(target)) ?? [] });
    if (withModel) this.model.start(); // first, so that its first step precedes the preview of the cut
    this.maps.start();
  }

  /** Removes target and results, for another photo. */
  clear() {
    this.#strokes.clear();
    for (const job of [...this.#ofTarget, this.topFive]) job.clear();
    this.#store.set({ target: null, cutTool: null });
  }

  /** Stops everything and keeps what there is. */
  cancel() {
    this.model.cancel();
    this.pause();
  }

  /** The same, but the class model can go on later. */
  pause() {
    this.model.pause();
    for (const job of [...this.#ofTarget, this.topFive]) if (job !== this.model) job.cancel();
  }
}
