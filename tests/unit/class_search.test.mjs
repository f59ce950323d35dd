// The order in which the class search lists its matches.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findClasses } from '../../www/app/views/class_search.js';

const LABELS = ['polecat, fitch', 'tabby, tabby cat', 'catamaran', 'lynx, catamount', 'goldfish'];

test('first names that begin with the text, then other names, then words, then the rest', () => {
  assert.deepEqual(findClasses(LABELS, 'cat'), [2, 3, 1, 0]);
});

test('capital letters and spaces around the text make no difference', () => {
  assert.deepEqual(findClasses(LABELS, '  GOLD '), [4]);
});

test('an empty text matches every class, in their order', () => {
  assert.deepEqual(findClasses(LABELS, ' '), [0, 1, 2, 3, 4]);
});

test('a text that is in no label matches nothing', () => {
  assert.deepEqual(findClasses(LABELS, '(dog'), []);
});
