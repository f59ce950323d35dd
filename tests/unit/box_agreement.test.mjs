// Which boxes mark the same object.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreement, overlap } from '../../www/app/box_agreement.js';

const box = (x, y, width, height) => ({ x, y, width, height });

test('the overlap is the intersection over the union', () => {
  assert.equal(overlap(box(0, 0, 4, 2), box(0, 0, 4, 2)), 1);
  assert.equal(overlap(box(0, 0, 4, 2), box(2, 0, 4, 2)), 4 / 12);
  assert.equal(overlap(box(0, 0, 4, 2), box(4, 0, 4, 2)), 0);
  assert.equal(overlap(box(0, 0, 4, 2), box(9, 9, 1, 1)), 0);
});

test('boxes that overlap the first by half mark the same object', () => {
  const first = box(0, 0, 10, 10);
  assert.deepEqual(agreement([first]), { same: 1, overlap: 0 });
  assert.deepEqual(agreement([first, first, box(0, 0, 10, 5), box(8, 0, 10, 10)]), {
    same: 3,
    overlap: 0.75,
  });
  assert.deepEqual(agreement([first, box(0, 0, 10, 4), box(50, 50, 5, 5)]), {
    same: 1,
    overlap: 0.4,
  });
});
