// Makes one build of a staged page.
//
// Every module gets a first line that states its build, and so does index.html, so that the page
// notices parts of two builds; files.json lists the files of the build, for reloading all of them;
// and the service worker gets the same list, by which it keeps the page. Stamping twice does no harm.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What a visit needs, except for the weights, which have checksums of their own. */
const PARTS =
  /^index\.html$|^manifest\.webmanifest$|^(app|style|pkg)\/.*\.(js|css|svg|png|wasm)$|^samples\/.*\.(jpg|json)$/;
/** The modules that state their build. The package checks the programs' own. */
const MODULES = /^app\/.*\.js$|^pkg\/deep_inside\.js$/;
const WORKER = 'service_worker.js';

const MODULE_STAMP = /^\(self\.builds \?\?= \{\}\)\["[^"]*"\] = "\w*";\n/;
const WORKER_STAMP = /^const BUILD = .*\n/;
const PAGE_STAMP = /(<meta name="build" content=")[^"]*("[^>]*>)/;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * @param {string} folder
 * @returns {{id: string, files: Record<string, string>}} the build, and the checksum of every file
 */
export function stampBuild(folder) {
  const path = (name) => join(folder, name);

  /** A file as it is without stamps. @param {string} name */
  function unstamped(name) {
    const bytes = readFileSync(path(name));
    if (MODULES.test(name)) return bytes.toString().replace(MODULE_STAMP, '');
    if (name === WORKER) return bytes.toString().replace(WORKER_STAMP, '');
    if (name === 'index.html') return bytes.toString().replace(PAGE_STAMP, '$1$2');
    return bytes;
  }

  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(folder, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .filter((name) => PARTS.test(name))
    .sort();

  const all = [...names, WORKER].map((name) => `${name} ${sha256(unstamped(name))}\n`).join('');
  const id = sha256(all).slice(0, 16);

  for (const name of names.filter((name) => MODULES.test(name))) {
    writeFileSync(path(name), `(self.builds ??= {})["${name}"] = "${id}";\n${unstamped(name)}`);
  }
  if (!PAGE_STAMP.test(unstamped('index.html')))
    throw new Error('index.html has no place for the build');
  writeFileSync(path('index.html'), unstamped('index.html').replace(PAGE_STAMP, `$1${id}$2`));

  const build = {
    id,
    files: Object.fromEntries(names.map((name) => [name, sha256(readFileSync(path(name)))])),
  };
  writeFileSync(path('files.json'), JSON.stringify(build));
  writeFileSync(path(WORKER), `const BUILD = ${JSON.stringify(build)};\n${unstamped(WORKER)}`);
  return build;
}
