// Gets the network's weights from the browser's cache or, with progress in bytes, from the server.

import { CodedError } from '../messages.js';
import { transfer as words } from '../strings/en.js';

const CACHE = 'deep-inside-weights';

/** @typedef {(progress: import('../messages.js').Progress) => void} OnProgress */

/**
 * @param {{file: string, bytes: number, sha256: string}} weights
 * @param {boolean} skipCache   download even if there is a cached copy
 * @param {OnProgress} onProgress
 * @returns {Promise<{bytes: Uint8Array, cached: boolean, storable: boolean}>}   `cached`: from
 *   the cache; `storable`: the browser can keep them
 */
export async function fetchWeights(weights, skipCache, onProgress) {
  // The address has the checksum, so a new version does not get the old one's cached copy.
  const address = new URL(
    `../../pkg/weights/${weights.file}?${weights.sha256.slice(0, 16)}`,
    import.meta.url,
  ).href;
  const cache = await openCache();
  if (skipCache) await cache?.delete(address).catch(() => false);
  const kept = await cache?.match(address).catch(() => undefined);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    onProgress({ phase: 'download', done: bytes.length, total: weights.bytes });
    return { bytes, cached: true, storable: true };
  }
  const bytes = await download(address, weights.bytes, skipCache, onProgress);
  if (cache && bytes.length === weights.bytes) keep(cache, address, bytes).catch(() => {});
  return { bytes, cached: false, storable: cache !== null };
}

/**
 * Null if there is none: over http `caches` does not exist, and some browsers refuse to open one.
 * @returns {Promise<Cache | null>}
 */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

/**
 * Replaces the weights of other versions.
 * @param {Cache} cache
 * @param {string} address
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function keep(cache, address, bytes) {
  await cache.put(address, new Response(bytes));
  for (const { url } of await cache.keys()) if (url !== address) await cache.delete(url);
}

/**
 * @param {string} address
 * @param {number} expected   bytes
 * @param {boolean} skipCache
 * @param {OnProgress} onProgress
 */
async function download(address, expected, skipCache, onProgress) {
  const fail = (/** @type {string} */ detail) => new CodedError('weights-download-failed', detail);
  const response = await fetch(address, { cache: skipCache ? 'reload' : 'default' }).catch(() => {
    throw fail(words.unreachable);
  });
  if (!response.ok) throw fail(words.status(response.status));
  if (response.headers.get('content-type')?.startsWith('text/html')) throw fail(words.webPage);
  if (!response.body) throw fail(words.cutShort(0, expected));
  const parts = [];
  let done = 0;
  for (const reader = response.body.getReader(); ;) {
    const { value, done: ended } = await reader.read().catch(() => {
      throw fail(words.cutShort(done, expected));
    });
    if (ended) break;
    parts.push(value);
    done += value.length;
    // A file that is larger than the manifest states is not the one that was requested.
    if (done > expected) throw fail(words.tooLong(expected));
    onProgress({ phase: 'download', done, total: expected });
  }
  if (done < expected) throw fail(words.cutShort(done, expected));
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
