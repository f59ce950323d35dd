// The page's side of the service worker, which stores the page for visits without a network and
// announces new versions.

import { parts } from './builds.js';

/**
 * What is stored for the next visit: the page, nothing, or not known yet.
 * @typedef {'unknown' | 'page' | 'nothing'} Kept
 */

/** @type {ServiceWorkerRegistration | null} */
let registration = null;
/** The page reloads as soon as the new version has taken over. */
let reloading = false;

/**
 * Has the page stored, once it has loaded all that it needs: a first visit loads nothing extra
 * before that.
 * @param {string[]} used           addresses of what the engine's worker has loaded
 * @param {() => void} onUpdate     a new version is there
 * @returns {Promise<Kept>}         `nothing` if the browser has no service workers here: over http,
 *   in some private windows
 */
export async function keepPage(used, onUpdate) {
  try {
    const workers = navigator.serviceWorker;
    if (!workers || parts().length === 0) return 'nothing';
    if (!registration) {
      registration = await workers.register('service_worker.js', { updateViaCache: 'none' });
      watchForUpdates(registration, workers, onUpdate);
    }
    const { active } = await workers.ready;
    const [[, ours]] = parts();
    const { build, kept } = await ask(active, { used, build: ours });
    // The server already had a new version
    if (build !== ours && !registration.waiting) onUpdate();
    return kept ? 'page' : 'unknown';
  } catch {
    return 'nothing';
  }
}

/**
 * @param {ServiceWorkerRegistration} registration
 * @param {ServiceWorkerContainer} workers
 * @param {() => void} onUpdate
 */
function watchForUpdates(registration, workers, onUpdate) {
  const controlled = workers.controller !== null;
  const report = () => {
    if (registration.waiting && workers.controller) onUpdate();
  };
  const follow = () => registration.installing?.addEventListener('statechange', report);
  report();
  follow();
  registration.addEventListener('updatefound', follow);
  workers.addEventListener('controllerchange', () => {
    if (reloading) location.reload();
    else if (controlled) onUpdate(); // another tab has asked for it
  });
  // A tab can stay open for weeks.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) registration.update().catch(() => {});
  });
}

/** Loads the page in its new version. */
export function useUpdate() {
  reloading = true;
  if (registration?.waiting) registration.waiting.postMessage({ takeOver: true });
  else location.reload();
}

/**
 * The picture that another program has shared with this page, once.
 * @returns {Promise<File | null>}
 */
export async function sharedPicture() {
  return ask(navigator.serviceWorker?.controller, { shared: true });
}

/**
 * @template T
 * @param {ServiceWorker | null | undefined} worker
 * @param {object} question
 * @returns {Promise<T | null>}   the worker's answer; null if there is no worker
 */
function ask(worker, question) {
  return new Promise((resolve) => {
    if (!worker) return resolve(null);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(question, [port2]);
  });
}
