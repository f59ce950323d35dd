// Classes, one class against another, and neurons in the address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  classOf,
  engineTarget,
  exists,
  formatTarget,
  parseTarget,
  sameTarget,
} from '../../www/app/target.js';

const NEURON = { layer: 'features.6', channel: 17 };
const CONTRAST = { classIndex: 288, against: 290 };

test('what is written is read back', () => {
  for (const target of [0, 999, CONTRAST, NEURON]) {
    assert.deepEqual(parseTarget(formatTarget(target)), target);
  }
  assert.equal(formatTarget(NEURON), 'features.6:17');
  assert.equal(formatTarget(CONTRAST), '288-290');
  assert.equal(formatTarget(null), '');
});

test('anything else is no target', () => {
  for (const text of [
    '',
    '-1',
    '1.5',
    '1-',
    '1-2-3',
    '7-7',
    '1234567',
    'x',
    'a:b',
    ':1',
    'a:',
    'A:1',
    'a:1:2',
    '<b>:1',
  ]) {
    assert.equal(parseTarget(text), null, text);
  }
});

test('two targets are the same by layer and channel, not by object', () => {
  assert.ok(sameTarget(NEURON, { ...NEURON }));
  assert.ok(!sameTarget(NEURON, { ...NEURON, channel: 18 }));
  assert.ok(!sameTarget(0, null));
});

test('a contrast is about its first class, a neuron about none', () => {
  assert.deepEqual([285, CONTRAST, NEURON, null].map(classOf), [285, 288, null, null]);
});

test('the engine takes a class as classIndex, anything else as it is', () => {
  assert.deepEqual(engineTarget(285), { classIndex: 285 });
  assert.deepEqual(engineTarget(CONTRAST), CONTRAST);
  assert.deepEqual(engineTarget(NEURON), NEURON);
});

test('a target exists if the network has its classes, or its layer and channel', () => {
  const ready = {
    network: { classes: ['a', 'b'] },
    layers: [{ name: 'features.6', channels: 18 }],
  };
  assert.ok(exists(1, ready) && exists(NEURON, ready));
  assert.ok(!exists(2, ready));
  assert.ok(exists({ classIndex: 0, against: 1 }, ready));
  assert.ok(!exists({ classIndex: 0, against: 2 }, ready));
  assert.ok(!exists({ ...NEURON, channel: 18 }, ready));
  assert.ok(!exists({ ...NEURON, layer: 'features.7' }, ready));
});
