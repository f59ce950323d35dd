// The page's side of the worker: calls as promises, one under way at a time, first come first
// served; cancelling, and replacing the worker when it has crashed or no longer listens.

import { parts } from './builds.js';
import { CodedError } from './messages.js';

/** @typedef {import('./messages.js').Calls} Calls */
/** @typedef {import('./messages.js').Problem} Problem */
/** @typedef {import('./messages.js').Progress} Progress */

/** A worker that does not answer a cancel within this time is replaced. */
const CANCEL_PATIENCE_MS = 2000;

/** Crashes closer together than this are not answered with yet another worker. */
const CRASHES_APART_MS = 30_000;

/**
 * @typedef {object} Request
 * @property {number} id
 * @property {keyof Calls} call
 * @property {unknown} args
 * @property {(progress: Progress) => void} [onProgress]
 * @property {boolean} [replay]   part of setting up a new worker
 * @property {boolean} [cancelled]   nobody waits for it any more
 * @property {(result: unknown) => void} resolve
 * @property {(error: Error) => void} reject
 */

/**
 * A photo of more pixels than this has stretched the worker's memory, which never shrinks: the next
 * photo gets a new worker.
 */
const LARGE_PHOTO = 16_000_000;

/** After these errors the worker's engine cannot be used any more. */
const FATAL = ['gpu-lost', 'out-of-memory'];

/** The error that a problem from the worker describes. @param {Problem} problem */
function errorOf(problem) {
  return new CodedError(problem.code, problem.detail, problem.message);
}

export class EngineClient {
  /** @type {Worker | null} */
  #worker = null;
  /** Whether the worker has the network and may be sent anything but `open`. */
  #usable = false;
  /** @type {Request | null} */
  #underWay = null;
  /** @type {Request[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  #lastId = 0;
  /** @type {'auto' | 'webgpu' | 'cpu'} */
  #device = 'auto';
  #lastCrash = -Infinity;
  /**
   * The picture that the page shows, which every call is about.
   * @type {Parameters<Calls['setPicture']>[0] | null}
   */
  #picture = null;
  /**
   * The picture that the worker's engine has.
   * @type {Parameters<Calls['setPicture']>[0] | null}
   */
  #held = null;
  /** Whether the worker's engine has had a large photo. */
  #stretched = false;
  #makeWorker;
  #listeners;

  /**
   * @param {object} listeners   called for every opening, also for those after a crash
   * @param {() => void} listeners.onOpening
   * @param {(progress: Progress) => void} listeners.onOpenProgress
   * @param {(ready: import('./messages.js').EngineReady) => void} listeners.onOpened
   * @param {(error: CodedError) => void} listeners.onOpenFailed
   * @param {(error: CodedError) => void} listeners.onPictureLost   a new worker could not open the
   *   page's picture
   * @param {() => Worker} [makeWorker]
   */
  constructor(
    listeners,
    makeWorker = () =>
      new Worker(new URL('./engine_worker.js', import.meta.url), { type: 'module' }),
  ) {
    this.#listeners = listeners;
    this.#makeWorker = makeWorker;
  }

  /**
   * Starts over with a new worker: program, device, network, and, once a call needs it, the picture
   * there was. Waiting calls go on afterwards; if the opening fails, they wait for the next one.
   * @param {'auto' | 'webgpu' | 'cpu'} device
   * @param {AbortSignal} [signal]
   */
  open(device, signal) {
    this.#device = device;
    this.#dropWorker(new CodedError('cancelled'));
    this.#startWorker();
    this.#listeners.onOpening();
    const waiting = this.#waiting.splice(0).filter((request) => !request.replay);
    this.#request(
      'open',
      { device, parts: parts() },
      { signal, onProgress: this.#listeners.onOpenProgress },
      true,
    ).then(this.#listeners.onOpened, this.#listeners.onOpenFailed);
    this.#waiting.push(...waiting);
  }

  /**
   * @template {keyof Calls} Name
   * @param {Name} call
   * @param {Parameters<Calls[Name]>[0]} args
   * @param {{signal?: AbortSignal, onProgress?: (progress: Progress) => void}} [options]
   * @returns {Promise<ReturnType<Calls[Name]>>}
   */
  call(call, args, options) {
    return this.#request(call, args, options);
  }

  /**
   * @template {keyof Calls} Name
   * @param {Name} call @param {Parameters<Calls[Name]>[0]} args
   * @param {{signal?: AbortSignal, onProgress?: (progress: Progress) => void}} [options]
   * @param {boolean} [replay]
   * @returns {Promise<ReturnType<Calls[Name]>>}
   */
  #request(call, args, { signal, onProgress } = {}, replay = false) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CodedError('cancelled'));
      /** @type {Request} */
      const request = {
        id: ++this.#lastId,
        call,
        args,
        onProgress,
        replay,
        resolve: /** @type {(result: unknown) => void} */ (resolve),
        reject,
      };
      signal?.addEventListener('abort', () => this.#cancel(request), { once: true });
      this.#waiting.push(request);
      this.#sendNext();
    });
  }

  #sendNext() {
    if (this.#underWay || !this.#worker) return;
    const [next] = this.#waiting;
    if (!next || (!this.#usable && next.call !== 'open')) return;
    if (next.call === 'setPicture' && this.#stretched && next.args !== this.#picture)
      return this.open(this.#device);
    if (
      next.call !== 'open' &&
      next.call !== 'setPicture' &&
      this.#picture &&
      this.#held !== this.#picture
    )
      this.#waiting.unshift(this.#replayed());
    const request = /** @type {Request} */ (this.#waiting.shift());
    this.#underWay = request;
    this.#worker.postMessage({ id: request.id, call: request.call, args: request.args });
  }

  /**
   * Gives the engine the picture that the page shows. If that fails, the calls about it fail.
   * @returns {Request}
   */
  #replayed() {
    const picture = this.#picture;
    const failed = (/** @type {Error} */ error) => {
      if (!this.#usable) return this.#listeners.onOpenFailed(/** @type {CodedError} */ (error));
      this.#held = picture; // it is asked for once
      this.#listeners.onPictureLost(/** @type {CodedError} */ (error));
    };
    return {
      id: ++this.#lastId,
      call: 'setPicture',
      args: picture,
      replay: true,
      resolve: () => {},
      reject: failed,
    };
  }

  /** Fails the call at once; the worker gets a moment to stop. @param {Request} request */
  #cancel(request) {
    request.reject(new CodedError('cancelled'));
    request.cancelled = true;
    if (this.#underWay !== request) {
      this.#waiting = this.#waiting.filter((other) => other !== request);
    } else if (request.call === 'open') {
      this.#worker?.terminate();
      this.#worker = null;
      this.#underWay = null;
    } else {
      this.#worker?.postMessage({ cancel: request.id });
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => this.open(this.#device), CANCEL_PATIENCE_MS);
    }
  }

  /** @param {MessageEvent} event */
  #receive({ data }) {
    if ('crashed' in data) return this.#crashed(new CodedError(data.code, data.crashed));
    const request = this.#underWay;
    if (!request || data.id !== request.id) return; // a call that has ended
    if ('progress' in data) return request.onProgress?.(data.progress);
    if ('problem' in data && FATAL.includes(data.problem.code))
      return this.#crashed(errorOf(data.problem));
    clearTimeout(this.#patience);
    this.#underWay = null;
    if (request.call === 'open') this.#usable = 'result' in data;
    if (request.call === 'setPicture' && 'result' in data) this.#opened(request, data.result);
    if ('problem' in data) request.reject(errorOf(data.problem));
    else request.resolve(data.result);
    this.#sendNext();
  }

  /**
   * A picture whose opening was cancelled too late is the engine's, but not the page's.
   * @param {Request} request
   * @param {import('./messages.js').OpenedPicture} result
   */
  #opened(request, { width, height }) {
    const picture = /** @type {Parameters<Calls['setPicture']>[0]} */ (request.args);
    this.#held = picture;
    this.#stretched ||= width * height > LARGE_PHOTO;
    if (!request.cancelled) this.#picture = picture;
  }

  /**
   * The call under way fails with `error` and a new worker takes over for the rest; unless it was
   * the new worker that failed to start, or the last crash was a moment ago: then the visitor
   * decides.
   * @param {CodedError} error
   */
  #crashed(error) {
    const starting = this.#underWay?.replay;
    error.repeated = !starting && performance.now() - this.#lastCrash < CRASHES_APART_MS;
    this.#lastCrash = performance.now();
    this.#dropWorker(error);
    if (starting) return;
    if (error.repeated) this.#listeners.onOpenFailed(error);
    else this.open(this.#device);
  }

  /** @param {CodedError} error   of the call under way */
  #dropWorker(error) {
    clearTimeout(this.#patience);
    this.#worker?.terminate();
    this.#worker = null;
    const interrupted = this.#underWay;
    this.#underWay = null;
    this.#usable = false;
    this.#held = null;
    this.#stretched = false;
    interrupted?.reject(error);
  }

  #startWorker() {
    const worker = this.#makeWorker();
    worker.addEventListener('message', (event) => this.#worker === worker && this.#receive(event));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker === worker)
        this.#crashed(new CodedError('program-load-failed', event.message ?? ''));
    });
    this.#worker = worker;
  }
}
