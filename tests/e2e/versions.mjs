// Other versions of a built page, for tests of what happens when it is updated.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampBuild } from '../../scripts/stamp_build.mjs';

/**
 * A copy of the page in `dist` with some files changed, as a build of its own.
 * @param {string} dist
 * @param {Record<string, (text: string) => string | Buffer>} changes   by file
 * @returns {{folder: string, id: string, remove: () => void}}
 */
export function otherVersion(dist, changes) {
  const folder = mkdtempSync(join(tmpdir(), 'deep-inside-version-'));
  cpSync(dist, folder, { recursive: true });
  for (const [file, change] of Object.entries(changes))
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
  const { id } = stampBuild(folder);
  return { folder, id, remove: () => rmSync(folder, { recursive: true }) };
}

/** @param {string} folder */
export const buildOf = (folder) => JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')).id;
