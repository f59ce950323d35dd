// What the worker's parts share: the form of a call's handler and of its answer.

/** @typedef {import('../messages.js').Calls} Calls */

/**
 * @typedef {object} Context
 * @property {AbortSignal} signal
 * @property {(progress: import('../messages.js').Progress) => void} progress
 */

/**
 * @template {keyof Calls} Name
 * @typedef {(args: Parameters<Calls[Name]>[0], context: Context) => Promise<ReturnType<Calls[Name]>
 *   | Transferred<ReturnType<Calls[Name]>>>} Handler
 */

/** One for every call. @typedef {{[Name in keyof Calls]: Handler<Name>}} Handlers */

/**
 * A result whose buffers move to the page instead of being copied.
 * @template T
 */
export class Transferred {
  /** @param {T} value @param {Transferable[]} buffers */
  constructor(value, buffers) {
    this.value = value;
    this.buffers = buffers;
  }
}

/**
 * A progress callback for the engine.
 * @param {Context['progress']} progress
 * @param {import('../messages.js').Progress['phase']} [phase]
 */
export function countPasses(progress, phase = 'passes') {
  return (/** @type {number} */ done, /** @type {number} */ total) =>
    progress({ phase, done, total });
}
