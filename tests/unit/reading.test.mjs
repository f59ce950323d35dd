// What the reading of a result is made from.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { coverVerdict } from '../../www/app/cover_verdict.js';
import { shareOnObject } from '../../www/app/map_share.js';
import { reading } from '../../www/app/strings/en.js';

test('the share of a map on the object weighs brightness and soft edges', () => {
  const map = { intensity: Uint8Array.of(100, 200, 100, 0) };
  assert.equal(shareOnObject(map, { cover: Uint8Array.of(255, 0, 0, 255) }), 0.25);
  assert.equal(shareOnObject(map, { cover: Uint8Array.of(0, 51, 255, 0) }), 0.35);
  assert.equal(shareOnObject({ intensity: new Uint8Array(2) }, { cover: new Uint8Array(2) }), null);
});

test('pixels count more only if covering them lowers the value clearly more than others', () => {
  for (const [before, after, random, verdict] of [
    [0.84, 0.16, 0.75, 'more'],
    [0.73, 0.0, 0.01, 'alike'],
    [0.5, 0.5, 0.4, 'none'],
    [0.5, 0.6, 0.7, 'none'],
    [0.5, 0.45, 0.55, 'more'],
    [-1, -3, -1.5, 'more'],
  ])
    assert.equal(coverVerdict({ before, after, random }), verdict, `${[before, after, random]}`);
});

test('the sentence about a class names the next one, above or below it', () => {
  const leopard = { name: 'leopard', probability: 0.84, score: 38.2 };
  const jaguar = { name: 'jaguar', probability: 0.12, score: 36.2 };
  assert.equal(
    reading.ofClass(leopard, jaguar).join(''),
    'Leopard, 84%. Its score is 38.2, 2.0 above jaguar (12%).',
  );
  assert.equal(
    reading.ofClass(jaguar, leopard).join(''),
    'Jaguar, 12%. Its score is 36.2, 2.0 below leopard (84%).',
  );
  const diver = { name: 'scuba diver', probability: 0.22, score: 9 };
  assert.match(
    reading.ofClass(diver, { ...jaguar, score: 8 })[0],
    /^Not sure; its best guess: scuba/,
  );
});
