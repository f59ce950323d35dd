import assert from 'node:assert/strict';
import { test } from 'node:test';

import { likeliest } from '../../www/app/ranking.js';

test('the largest values, largest first; of equal ones the first', () => {
  assert.deepEqual(likeliest(Float32Array.of(0.1, 0.5, 0.2, 0.5), 3), [1, 3, 2]);
});

test('no more than there are', () => {
  assert.deepEqual(likeliest(Float32Array.of(3), 5), [0]);
  assert.deepEqual(likeliest(new Float32Array(), 5), []);
});
