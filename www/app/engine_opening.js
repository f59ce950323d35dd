// Opens the engine, at the start and after crashes, and tells the state how far it is.

import { foreignFile, loadedModules, mismatch, parts } from './builds.js';
import { EngineClient } from './engine_client.js';
import { CodedError } from './messages.js';

/** @typedef {import('./messages.js').EngineReady} EngineReady */

/**
 * The state's names for the worker's phases.
 * @type {{[phase: string]: import('./state.js').EngineState['phase']}}
 */
const PHASES = { download: 'downloading', 'warm-up': 'warming' };

export class EngineOpening {
  #store;
  #report;
  #opening = new AbortController();

  /**
   * @param {import('./state.js').Store} store
   * @param {(error: unknown) => void} report
   * @param {(ready: EngineReady) => void} onReady
   */
  constructor(store, report, onReady) {
    this.#store = store;
    this.#report = report;
    this.client = new EngineClient({
      onOpening: () => this.#set({ phase: 'starting', done: 0 }),
      onOpenProgress: ({ phase, done, total }) =>
        this.#set({ phase: PHASES[phase] ?? 'preparing', done, total }),
      onOpened: (ready) => {
        // A worker of an old build does not state its build.
        const odd = mismatch([...parts(), ...(ready.parts ?? [])], loadedModules());
        if (odd) return this.#failed(new CodedError('program-mismatch', odd));
        this.#set({ phase: 'ready', ready });
        onReady(ready);
      },
      onOpenFailed: (error) => this.#failed(error),
      onPictureLost: report,
    });
  }

  /** Opens the engine on the device in the settings, in a new worker. */
  open() {
    this.#opening.abort();
    this.#opening = new AbortController();
    const odd = mismatch(parts());
    if (odd) return this.#failed(new CodedError('program-mismatch', odd));
    this.client.open(this.#store.state.settings.device, this.#opening.signal);
  }

  cancel() {
    if (this.#store.state.engine.phase !== 'ready') this.#opening.abort();
  }

  /** The browser cannot run the engine at all. @param {string} missing   what it lacks */
  refuse(missing) {
    this.#set({ phase: 'failed' });
    this.#report(new CodedError('browser-too-old', missing));
  }

  /** @param {CodedError} error */
  async #failed(error) {
    this.#set({ phase: error.code === 'cancelled' ? 'stopped' : 'failed' });
    const foreign = error.code === 'program-load-failed' ? await foreignFile() : '';
    this.#report(foreign ? new CodedError('program-mismatch', foreign) : error);
  }

  /** @param {Partial<import('./state.js').EngineState>} parts */
  #set(parts) {
    this.#store.set({ engine: { ...this.#store.state.engine, ...parts } });
  }
}
