// The page's address: the settings and the target that it asks for, and how it follows what the
// visitor chooses.

import { CodedError } from './messages.js';
import { sampleId } from './sources/sample_gallery.js';
import { link } from './strings/en.js';
import { formatTarget, sameTarget } from './target.js';
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
  /** The sample that the address asks for, until it is shown. @type {string | null} */
  #pendingSample;
  /** @type {import('./state.js').Photo | null} */
  #photo = null;
  /** Whether the visitor chose that target on this page, before a reload. */
  #pendingChosenHere = Boolean(history.state?.chosenHere);
  /** The photo and the target that the newest entry of the history is about, as text. */
  #shown = '';
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
    this.#pendingSample = read.sample;
    // After a reload the target is one chosen here, for a photo that is gone if it was no sample.
    this.#pendingTarget = this.#pendingChosenHere && !read.sample ? null : read.target;
    this.#add(read.faults);
    store.watch(['settings', 'target', 'fromLink', 'photo'], ({ photo }) => {
      if (photo !== this.#photo) this.#pendingSample = null;
      this.#photo = photo;
      clearTimeout(this.#writing);
      this.#writing = setTimeout(() => this.#write(), WRITING_DELAY_MS);
    });
  }

  /**
   * The target that the address asks for, once, and whether it was chosen here before.
   * @returns {{target: Target | null, chosenHere: boolean}}
   */
  takeTarget() {
    const taken = { target: this.#pendingTarget, chosenHere: this.#pendingChosenHere };
    this.#pendingTarget = null;
    this.#pendingChosenHere = false;
    return taken;
  }

  /** The sample that the address asks for. */
  get sample() {
    return this.#pendingSample;
  }

  /** The sample that the address asks for is not to be had. @param {boolean} exists */
  giveUpSample(exists) {
    if (!exists) this.#add([{ key: 'photo', value: String(this.#pendingSample) }]);
    this.#pendingSample = null;
    this.#write();
  }

  /** The link to what the page shows. */
  get link() {
    return new URL(this.#hash() || '#', location.href).href.replace(/#$/, '');
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
   * Follows a link that is opened where the page is open, and the history.
   * @param {object} listeners
   * @param {(target: Target, chosenHere: boolean) => void} listeners.onTarget   asked for, of the
   *   photo that is shown
   * @param {(sample: string) => void} listeners.onSample   asked for, with the target if there is one
   * @param {(before: import('./state.js').Settings) => void} listeners.onSettings   after a change
   */
  follow({ onTarget, onSample, onSettings }) {
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
        const chosenHere = Boolean(history.state?.chosenHere);
        this.#shown = ''; // what follows is about the present entry
        const { photo, probabilities, target: shown } = this.#store.state;
        if (read.sample !== null && read.sample !== idOf(photo)) {
          this.#pendingSample = read.sample;
          this.#pendingTarget = target;
          this.#pendingChosenHere = chosenHere;
          onSample(read.sample);
        } else if (chosenHere && photo && read.sample !== idOf(photo)) {
          // Back to a photo of the visitor's own: it is gone.
        } else if (target !== null && !sameTarget(target, shown)) {
          if (probabilities) onTarget(target, chosenHere);
          else this.#pendingTarget = target;
        }
      } else {
        // checkBy() follows.
        this.#store.set({ settings: read.settings });
        this.#pendingTarget = read.target;
        if (read.sample !== null) {
          this.#pendingSample = read.sample;
          onSample(read.sample);
        }
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

  #hash() {
    const { settings, target, photo } = this.#store.state;
    const sample = photo ? idOf(photo) : this.#pendingSample;
    return writeHash(settings, target ?? this.#pendingTarget, sample);
  }

  /** Another photo or target is another entry of the history; settings change the present one. */
  #write() {
    const { target, fromLink, photo } = this.#store.state;
    // The photo, or what of it, is to follow.
    if (photo && (target === null || this.#pendingSample !== null)) return;
    const shows = photo ? `${idOf(photo)} ${formatTarget(target)}` : '';
    const isAnother = this.#shown !== '' && shows !== '' && shows !== this.#shown;
    this.#shown = shows || this.#shown;
    const hash = this.#hash();
    const chosenHere = target !== null && !fromLink;
    if (hash === location.hash && Boolean(history.state?.chosenHere) === chosenHere) return;
    const address = hash || location.pathname + location.search;
    const state = chosenHere ? { chosenHere } : null;
    if (isAnother) history.pushState(state, '', address);
    else history.replaceState(state, '', address);
  }
}

/**
 * A photo's name in the address; null for one of the visitor's own.
 * @param {import('./state.js').Photo | null} photo
 */
const idOf = (photo) => (photo?.sample ? sampleId(photo.sample) : null);
