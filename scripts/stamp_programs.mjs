// Marks the programs of pkg/ and their JavaScript as one build: `node scripts/stamp_programs.mjs`.
// A program gets a custom section `build`, its JavaScript exports `BUILD`, and the package's entry
// compares both with its own before anything runs.

import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pkg = join(import.meta.dirname, '../pkg');
const ENTRY = join(pkg, 'deep_inside.js');
const GLUE = ['cpu/deep_inside.js', 'webgpu/deep_inside.js'].map((file) => join(pkg, file));
const PROGRAMS = [
  'cpu/deep_inside_bg.wasm',
  'cpu/deep_inside_relaxed_bg.wasm',
  'webgpu/deep_inside_bg.wasm',
].map((file) => join(pkg, file));

const hash = createHash('sha256');
for (const file of [ENTRY, ...GLUE, ...PROGRAMS]) hash.update(readFileSync(file));
const id = hash.digest('hex').slice(0, 16);

const entry = readFileSync(ENTRY, 'utf8');
const marked = entry.replace("const BUILD = '';", `const BUILD = '${id}';`);
if (marked === entry) throw new Error('the entry has no place for the build');
writeFileSync(ENTRY, marked);
for (const file of GLUE) appendFileSync(file, `export const BUILD = '${id}';\n`);

const section = Buffer.concat([Buffer.of('build'.length), Buffer.from('build'), Buffer.from(id)]);
for (const file of PROGRAMS)
  // Short lengths are single bytes
  appendFileSync(file, Buffer.concat([Buffer.of(0, section.length), section]));
