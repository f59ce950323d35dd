// The worker: takes the page's calls one at a time, and reports crashes. messages.js has the
// protocol, worker/ the calls themselves; the engine is imported there and nowhere else.

import { problemOf } from './messages.js';
import { cutCalls } from './worker/cuts.js';
import { Transferred } from './worker/handlers.js';
import { mapCalls } from './worker/maps.js';
import { modelCalls } from './worker/models.js';
import { engine, openingCalls } from './worker/opening.js';
import { photoCalls } from './worker/photo.js';
import { sanityCalls } from './worker/sanity.js';

/** @type {import('./worker/handlers.js').Handlers} */
const handlers = {
  ...openingCalls,
  ...photoCalls,
  ...mapCalls,
  ...cutCalls,
  ...sanityCalls,
  ...modelCalls,
};

/** @type {{id: number, controller: AbortController} | null} */
let running = null;

self.addEventListener('message', async ({ data }) => {
  if ('cancel' in data) {
    if (running?.id === data.cancel) running?.controller.abort();
    return;
  }
  const { id, call, args } = data;
  const controller = new AbortController();
  running = { id, controller };
  try {
    const answer = await handlers[/** @type {keyof typeof handlers} */ (call)](args, {
      signal: controller.signal,
      progress: (progress) => self.postMessage({ id, progress }),
    });
    const { value, buffers } =
      answer instanceof Transferred ? answer : { value: answer, buffers: [] };
    self.postMessage({ id, result: value }, { transfer: buffers });
  } catch (error) {
    if (isCrash(error)) reportCrash(error);
    else self.postMessage({ id, problem: problemOf(error) });
  } finally {
    running = null;
  }
});

// A call during which the program panics asynchronously gets no answer: the panic arrives here.
self.addEventListener('error', ({ error, message }) => reportCrash(error ?? new Error(message)));
self.addEventListener('unhandledrejection', ({ reason }) => reportCrash(reason));

/**
 * Whether the program stopped in the middle of something: a trap, a stack overflow or no memory.
 * Its state is unknown then, and its later answers cannot be trusted.
 * @param {unknown} error
 */
function isCrash(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/** @param {unknown} error */
function reportCrash(error) {
  const program = /** @type {import('./worker/opening.js').Program | undefined} */ (
    engine?.constructor
  );
  const noMemory =
    error instanceof RangeError ? /memory|alloc/i.test(error.message) : program?.ranOutOfMemory();
  self.postMessage({
    crashed: error instanceof Error ? error.message : String(error),
    code: noMemory ? 'out-of-memory' : 'internal',
  });
}
