// Long work whose results are parts of the state. Each kind of it is a subclass in this folder.

import { problemOf } from '../messages.js';
import { NOTHING } from '../state.js';

/**
 * What every job needs: where its results go, the engine, and how to show a problem to the visitor.
 * @typedef {object} JobContext
 * @property {import('../state.js').Store} store
 * @property {import('../engine_client.js').EngineClient} client
 * @property {(error: unknown) => void} report
 */

/** Phases of a result that a cancel ends. */
const UNDER_WAY = ['working', 'running', 'paused'];

/** Runs one computation at a time: starting another stops the one before. */
export class Job {
  #controller = new AbortController();
  #results;

  /**
   * @param {JobContext} context
   * @param {...import('../state.js').Result} results   the parts of the state that it computes
   */
  constructor({ store, client, report }, ...results) {
    this.store = store;
    this.client = client;
    this.report = report;
    this.#results = results;
  }

  /** Aborted when the present run is stopped. */
  get signal() {
    return this.#controller.signal;
  }

  /** Whether any of its results is being computed, or paused. */
  get underWay() {
    return this.#results.some((result) => this.#isUnderWay(result));
  }

  /** Stops the present run. The results stay as they are. */
  stop() {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  /** Stops the present run and keeps what there is, marked as cancelled. */
  cancel() {
    this.stop();
    this.#end('cancelled');
  }

  /** Stops the present run and removes the results. */
  clear() {
    this.stop();
    for (const result of this.#results) this.store.set({ [result]: NOTHING[result] });
  }

  /**
   * Starts a run.
   * @param {(signal: AbortSignal) => Promise<void>} compute   the signal is this run's
   */
  async run(compute) {
    this.stop();
    const { signal } = this;
    try {
      await compute(signal);
    } catch (error) {
      if (!signal.aborted) this.#end(this.reported(error));
    }
  }

  /**
   * Shows the visitor an error, unless it is a cancel.
   * @param {unknown} error
   * @returns {'cancelled' | 'failed'}   the phase of the results after it
   */
  reported(error) {
    if (problemOf(error).code === 'cancelled') return 'cancelled';
    this.report(error);
    return 'failed';
  }

  /** @param {'cancelled' | 'failed'} phase */
  #end(phase) {
    for (const result of this.#results)
      if (this.#isUnderWay(result)) this.store.update(result, { phase });
  }

  /** @param {import('../state.js').Result} result */
  #isUnderWay(result) {
    return UNDER_WAY.includes(this.store.state[result].phase);
  }
}
