// Stores the page on this computer, so that it works without a network, and never mixes files of two
// versions.
//
// The build (scripts/stamp_build.mjs) puts a line before this one that says what the page consists
// of:
//   const BUILD = { id, files: { "index.html": its SHA-256, ... } };
// A file is kept under its name and checksum: versions share what they have in common, and none
// ever gets another one's file. A new version is complete before it has a say, and then waits until
// no page is open or a visitor asks for it. The network's weights are not among the files: the
// engine's worker keeps them itself, by their checksum, as it also has to where there is no service
// worker.

const KEPT = 'deep-inside-files';
const PAGE = 'index.html';
const HOME = new URL('./', self.location.href).href;
const SHARE_TARGET = `${HOME}share`;

/** Programs are large and no browser needs all of them: they are kept once a page has used them. */
const ON_DEMAND = /\.wasm$|^pkg\/webgpu\//;

/**
 * The shared picture that the page that is about to open will ask for; it is never stored.
 * @type {File | null}
 */
let shared = null;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(forgetOtherVersions()));

async function install() {
  const before = new Set((await (await caches.open(KEPT)).keys()).map(({ url }) => nameOf(url)));
  await Promise.all(
    Object.keys(BUILD.files)
      .filter((name) => !ON_DEMAND.test(name) || before.has(name))
      .map(obtain),
  );
}

async function forgetOtherVersions() {
  const cache = await caches.open(KEPT);
  const ours = new Set(Object.keys(BUILD.files).map(keyOf));
  for (const { url } of await cache.keys()) if (!ours.has(url)) await cache.delete(url);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'POST' && request.url === SHARE_TARGET)
    return event.respondWith(takeShared(request));
  // A request past the caches goes to the network
  if (request.method !== 'GET' || request.cache === 'reload') return;
  const name = nameOf(request.url);
  if (request.mode === 'navigate') {
    if (name === PAGE) event.respondWith(openPage());
  } else if (name !== null && Object.hasOwn(BUILD.files, name)) {
    event.respondWith(obtain(name).catch(() => Response.error()));
  }
});

/**
 * A reload of the only open page gets a page in between, by which the waiting version takes over and
 * loads the page once more; except when a shared picture has to be handed over, which only this
 * worker has.
 */
async function openPage() {
  const { waiting } = self.registration;
  if (waiting && !shared && (await self.clients.matchAll()).length <= 1) {
    return new Response('<!doctype html><script src="app/reload.js"></script>', {
      headers: {
        'content-type': 'text/html',
        'content-security-policy': "default-src 'none'; script-src 'self'",
      },
    });
  }
  return obtain(PAGE).catch(() => fetch(HOME));
}

self.addEventListener('message', (event) => {
  const { data, ports } = event;
  if (data.takeOver) self.skipWaiting();
  if (data.used) event.waitUntil(keepUsed(data).then((answer) => ports[0].postMessage(answer)));
  if (data.shared) {
    ports[0].postMessage(shared);
    shared = null;
  }
});

/**
 * Stores the files that a page of this version has loaded and that are stored on demand; serves them
 * from now on.
 * @param {{build: string, used: string[]}} page   `used`: addresses
 * @returns {Promise<{build: string, kept: boolean}>}
 */
async function keepUsed({ build, used }) {
  if (build !== BUILD.id) return { build: BUILD.id, kept: false };
  const names = used
    .map(nameOf)
    .filter((name) => name !== null && Object.hasOwn(BUILD.files, name));
  try {
    await Promise.all(names.map(obtain));
    await self.clients.claim();
    return { build, kept: true };
  } catch {
    return { build, kept: false };
  }
}

/** A picture that was shared with the installed page. @param {Request} request */
async function takeShared(request) {
  const parts = await request.formData();
  // A form without a file has one without a name
  shared = parts.getAll('photo').find((part) => part instanceof File && part.name) ?? null;
  return Response.redirect(`${HOME}?shared`, 303);
}

/**
 * A file's name in the build; null outside of the page's folder.
 * @param {string} address
 */
function nameOf(address) {
  const { origin, pathname } = new URL(address);
  const path = origin + pathname;
  return path.startsWith(HOME) ? decodeURI(path.slice(HOME.length)) || PAGE : null;
}

/** @param {string} name */
const keyOf = (name) => `${HOME}${encodeURI(name)}?${BUILD.files[name]}`;

/**
 * A file of this version: the stored copy, or from the network, and stored from then on.
 * @param {string} name
 * @returns {Promise<Response>}
 * @throws if the server does not have it any more, or there is no network
 */
async function obtain(name) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(keyOf(name));
  if (kept) return kept;
  for (const mode of /** @type {const} */ (['default', 'reload'])) {
    // the browser's cache may have an older version's
    const response = await fetch(HOME + encodeURI(name), { cache: mode });
    const bytes = await response.arrayBuffer();
    if (!response.ok || (await checksum(bytes)) !== BUILD.files[name]) continue;
    // Policy and type have to stay; headers about the transfer no longer hold.
    const headers = new Headers(response.headers);
    for (const header of ['content-encoding', 'content-length', 'transfer-encoding', 'vary'])
      headers.delete(header);
    const answer = new Response(bytes, { headers });
    await cache.put(keyOf(name), answer.clone());
    return answer;
  }
  throw new Error(`${name} is not that of this version`);
}

/** @param {ArrayBuffer} bytes */
async function checksum(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
