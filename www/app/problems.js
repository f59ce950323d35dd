// The problems that the page shows, at most one card for each code.

import { problemOf } from './messages.js';

/** @typedef {import('./messages.js').Problem} Problem */

export class Problems {
  #store;

  /** @param {import('./state.js').Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** Shows an error, unless it is a cancel. @param {unknown} error   anything that was thrown */
  report(error) {
    const problem = problemOf(error);
    if (problem.code === 'cancelled') return;
    this.removeWhere(({ code }) => code === problem.code);
    this.#store.set({ problems: [...this.#store.state.problems, problem] });
  }

  /** @param {(problem: Problem) => boolean} isGone */
  removeWhere(isGone) {
    const { problems } = this.#store.state;
    this.#store.set({ problems: problems.filter((problem) => !isGone(problem)) });
  }
}
