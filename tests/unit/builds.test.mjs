// Whether the parts that were loaded belong to one build.

import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.self ??= globalThis; // the module finds its build in the global object
const { mismatch } = await import('../../www/app/builds.js');

const PARTS = [
  ['index.html', 'one'],
  ['app/main.js', 'one'],
];

test('parts of one build match', () => assert.equal(mismatch(PARTS, ['app/main.js']), ''));

test('a page that was never built matches', () => assert.equal(mismatch([], ['app/main.js']), ''));

test('parts of two builds are named with their builds', () => {
  assert.equal(
    mismatch([...PARTS, ['app/state.js', 'two']]),
    'app/main.js: one, app/state.js: two',
  );
});

test('a loaded module without a build is named', () => {
  assert.equal(mismatch(PARTS, ['app/main.js', 'app/old.js']), 'app/old.js');
});
