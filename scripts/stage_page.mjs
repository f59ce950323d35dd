// Puts the page together: www/ and pkg/ in FOLDER, as one build.
// usage: node scripts/stage_page.mjs FOLDER, or as Trunk's hook with its staging folder

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stampBuild } from './stamp_build.mjs';

const folder = process.argv[2] ?? process.env.TRUNK_STAGING_DIR;
if (!folder) throw new Error('which folder?');
const root = join(import.meta.dirname, '..');

rmSync(folder, { recursive: true, force: true });
cpSync(join(root, 'www'), folder, {
  recursive: true,
  filter: (path) => !path.endsWith('jsconfig.json'),
});
cpSync(join(root, 'pkg'), join(folder, 'pkg'), { recursive: true });
const { id, files } = stampBuild(folder);
console.log(`build ${id}: ${Object.keys(files).length} files`);
