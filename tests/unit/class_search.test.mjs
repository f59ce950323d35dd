// The order in which the class search lists its matches.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findClasses } from '../../www/app/views/class_search.js';

const LABELS = ['polecat, fitch', 'tabby, tabby cat', 'catamaran', 'lynx, catamount', 'goldfish'];

test('names, then whole words, then first names that begin so, then words, then the rest', () => {
  assert.deepEqual(findClasses(LABELS, 'cat', null), [1, 2, 3, 0]);
  assert.deepEqual(findClasses(['lynx cat', ...LABELS], 'lynx', null), [4, 0]);
});

test('among equals the likelier comes first', () => {
  const labels = ['Egyptian cat', 'Persian cat', 'catamaran'];
  assert.deepEqual(findClasses(labels, 'cat', Float32Array.of(0.1, 0.2, 0.7)), [1, 0, 2]);
});

test('what people type finds what ImageNet calls it', () => {
  assert.deepEqual(findClasses(['television, television system', 'tvx'], 'TV', null), [0]);
});

test('what means something in a pattern is a letter like any other', () => {
  assert.deepEqual(findClasses(['a.b', 'axb', "jack-o'-lantern"], '.', null), [0]);
  assert.deepEqual(findClasses(['a.b', "jack-o'-lantern"], "o'-l", null), [1]);
});

test('capital letters and spaces around the text make no difference', () => {
  assert.deepEqual(findClasses(LABELS, '  GOLD ', null), [4]);
});

test('an empty text matches every class, in their order', () => {
  assert.deepEqual(findClasses(LABELS, ' ', null), [0, 1, 2, 3, 4]);
});

test('a text that is in no label matches nothing', () => {
  assert.deepEqual(findClasses(LABELS, '(dog', null), []);
});
