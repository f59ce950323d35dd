// The page's address: the settings and the target that it asks for, and how it follows what the
// visitor chooses.

import { CodedError } from './messages.js';
import { link } from './strings/en.js';
import { sameTarget } from './target.js';
import { checkedByEngine, readHash, writeHash } from './url_state.js';

/** @typedef {import('./target.js').Target} Target */
/** @typedef {import('./state.js').Store} Store */
/** @typedef {import('./url_state.js').LinkFault} LinkFault */

/** Browsers refuse too many changes of the address, and a slider makes many. */
const WRITING_DELAY_MS = 200;

export class Address {
  #store;
  #report;
  /**
   * What the address asks for, until there is a photo to show it on.
   * @type {Target | null}
   */
  #pendingTarget;
  /** Parts of the address that were not understood. @type {LinkFault[]} */
  #faults = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #writing;

  /**
   * @param {Store} store
   * @param {ReturnType<typeof readHash>} read   the address that the page was opened with
   * @param {(error: CodedError) => void} report
   */
  constructor(store, read, report) {
    this.#store = store;
    this.#report = report;
    // After a reload the target is one chosen here, for a photo that is gone.
    this.#pendingTarget = history.state?.chosenHere ? null : read.target;
    this.#add(read.faults);
    store.watch(['settings', 'target', 'fromLink'], () => {
      clearTimeout(this.#writing);
      this.#writing = setTimeout(() => this.#write(), WRITING_DELAY_MS);
    });
  }

  /** The target that the address asks for, once. @returns {Target | null} */
  takeTarget() {
    const target = this.#pendingTarget;
    this.#pendingTarget = null;
    return target;
  }

  /**
   * Drops and reports what the engine does not have.
   * @param {import('./messages.js').EngineReady} ready
   */
  checkBy(ready) {
    const { settings, target, faults } = checkedByEngine(
      this.#store.state.settings,
      this.#pendingTarget,
      ready,
    );
    this.#store.set({ settings });
    this.#pendingTarget = target;
    this.#add(faults);
  }

  /**
   * Follows a link that is opened where the page is open.
   * @param {object} listeners
   * @param {(target: Target) => void} listeners.onTarget   asked for, of the photo that is shown
   * @param {(before: import('./state.js').Settings) => void} listeners.onSettings   after a change
   */
  follow({ onTarget, onSettings }) {
    window.addEventListener('hashchange', () => {
      const { settings: before, engine } = this.#store.state;
      const read = readHash(location.hash);
      this.#faults = [];
      this.#add(read.faults);
      if (engine.ready) {
        const { settings, target, faults } = checkedByEngine(
          read.settings,
          read.target,
          engine.ready,
        );
        this.#add(faults);
        this.#store.set({ settings });
        if (target !== null && !sameTarget(target, this.#store.state.target)) {
          if (this.#store.state.probabilities) onTarget(target);
          else this.#pendingTarget = target;
        }
      } else {
        // checkBy() follows.
        this.#store.set({ settings: read.settings });
        this.#pendingTarget = read.target;
      }
      onSettings(before);
    });
  }

  /** Reports all faults in one card. @param {LinkFault[]} faults */
  #add(faults) {
    if (faults.length === 0) return;
    this.#faults = [...this.#faults, ...faults];
    const classes = this.#store.state.engine.ready?.network.classes.length;
    const sentences = this.#faults.map((fault) => link.fault(fault, classes));
    this.#report(new CodedError('link-not-understood', sentences.join(' ')));
  }

  #write() {
    const { settings, target, fromLink } = this.#store.state;
    const hash = writeHash(settings, target ?? this.#pendingTarget);
    const chosenHere = target !== null && !fromLink;
    if (hash === location.hash && Boolean(history.state?.chosenHere) === chosenHere) return;
    const address = hash || location.pathname + location.search;
    history.replaceState(chosenHere ? { chosenHere } : null, '', address);
  }
}
