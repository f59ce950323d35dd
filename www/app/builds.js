// From which build each part of the page is, and how to get all of them from the server again, past
// every cache.

/** Large, and not needed to start: the browser only asks whether it has changed. */
const LARGE = /^pkg\/webgpu\//;

/** Modules that state their build, in a line that the build inserts. */
const STAMPED = /^(app\/.*|pkg\/deep_inside)\.js$/;

const FOLDER = new URL('../', import.meta.url).href;

/**
 * A module, or the document, and the build that it comes from.
 * @typedef {[file: string, build: string]} Part
 */

/**
 * The parts that run here, in the page or in its worker. None in a page that was never built.
 * @returns {Part[]}
 */
export function parts() {
  const builds = /** @type {{builds?: Record<string, string>}} */ (self).builds ?? {};
  const page = self.document?.querySelector('meta[name=build]')?.getAttribute('content');
  return [...Object.entries(builds), .../** @type {Part[]} */ (page ? [['index.html', page]] : [])];
}

/** The modules that the page has loaded, for itself or for its worker. */
export function loadedModules() {
  const entries = /** @type {PerformanceResourceTiming[]} */ (
    performance.getEntriesByType('resource')
  );
  // A file that was only fetched does not run.
  return entries
    .filter(({ initiatorType }) => initiatorType !== 'fetch')
    .map(({ name }) => name.replace(FOLDER, ''))
    .filter((file) => STAMPED.test(file));
}

/**
 * The parts that are from different builds, or ''.
 * @param {Part[]} parts
 * @param {string[]} [loaded]   files that should be among them; one that is not is from a
 *   build before modules stated theirs
 */
export function mismatch(parts, loaded = []) {
  if (parts.length === 0) return '';
  const builds = new Map(parts.map(([file, build]) => [build, file]));
  if (builds.size > 1) return [...builds].map(([build, file]) => `${file}: ${build}`).join(', ');
  return loaded.find((name) => !parts.some(([file]) => file === name)) ?? '';
}

/**
 * The first file from another build, or ''. For the case that the worker's modules could not be
 * linked: browsers do not say why.
 */
export async function foreignFile() {
  const ours = parts()[0]?.[1];
  try {
    const { id, files } = await (await fetch(`${FOLDER}files.json`, { cache: 'no-store' })).json();
    if (id !== ours) return `files.json: ${id}`;
    for (const file of Object.keys(files).filter((name) => STAMPED.test(name))) {
      const response = await fetch(FOLDER + file);
      const isModule = response.ok && /javascript/.test(response.headers.get('content-type') ?? '');
      if (isModule && !(await response.text()).includes(`"${ours}"`)) return file;
    }
  } catch {
    // Without a network, or in a page that was never built, no file is foreign.
  }
  return '';
}

/**
 * Reloads the page from the server only. Without a network everything stays as it is.
 * @throws where the server cannot be reached
 */
export async function reloadEverything() {
  const answer = await fetch(`${FOLDER}files.json`, { cache: 'reload' });
  const { files } = answer.ok ? await answer.json() : { files: {} };
  const names = Object.keys(files).filter((name) => !name.startsWith('samples/'));
  await Promise.all(
    ['./', ...names].map(async (name) => {
      const response = await fetch(FOLDER + name, {
        cache: LARGE.test(name) ? 'no-cache' : 'reload',
      });
      await response.arrayBuffer(); // the cache stores a file once all of it has arrived
    }),
  );
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  await worker?.unregister(); // it would continue with the files that it has
  location.reload();
}
