// The settings in the address: read, checked and written.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkedByEngine, DEFAULTS, readHash, writeHash } from '../../www/app/url_state.js';

const READY = {
  methods: [{ id: 'gradient' }, { id: 'smooth_grad' }],
  colourMaps: [{ id: 'inferno' }, { id: 'viridis' }],
  recipes: [{ id: 'robust' }],
  network: { classes: ['a', 'b'] },
  layers: [{ name: 'features.6', channels: 64 }],
};

test('an empty address gives the defaults, and the defaults an empty address', () => {
  assert.deepEqual(readHash(''), { settings: DEFAULTS, target: null, sample: null, faults: [] });
  assert.equal(writeHash(DEFAULTS, null, null), '');
});

test('every setting is written and read back', () => {
  const settings = {
    method: 'smooth_grad',
    colourMap: 'viridis',
    ground: 'none',
    opacity: 0.73,
    seeds: 'paper',
    recipe: 'sharp',
    seed: 2 ** 32 - 1,
    side: 320,
    start: 'photo',
    device: 'cpu',
  };
  assert.deepEqual(Object.keys(settings), Object.keys(DEFAULTS));
  const contrast = { classIndex: 288, against: 290 };
  for (const target of [285, contrast, { layer: 'features.6', channel: 17 }]) {
    for (const sample of [null, 'red-panda'])
      assert.deepEqual(readHash(writeHash(settings, target, sample)), {
        settings,
        target,
        sample,
        faults: [],
      });
  }
});

test('the opacity is written with two digits', () => {
  assert.equal(writeHash({ ...DEFAULTS, opacity: 1 / 3 }, null, null), '#opacity=0.33');
});

test('numbers out of range go to the nearest allowed one, and are reported', () => {
  for (const [hash, key, expected] of [
    ['#opacity=7', 'opacity', 1],
    ['#opacity=-1', 'opacity', 0],
    ['#seed=-5', 'seed', 0],
    ['#seed=1.6', 'seed', 2],
    ['#seed=9e99', 'seed', 2 ** 32 - 1],
  ]) {
    const { settings, faults } = readHash(hash);
    assert.equal(settings[key], expected, hash);
    assert.deepEqual(
      faults.map((fault) => fault.key),
      [key],
    );
  }
});

test('what is not understood keeps its default, and is reported with its text', () => {
  for (const [hash, key, value] of [
    ['#opacity=', 'opacity', ''],
    ['#seed=x', 'seed', 'x'],
    ['#side=300', 'side', '300'],
    ['#device=gpu', 'device', 'gpu'],
    ['#method=<script>', 'method', '<script>'],
    ['#colour=red', 'colour', 'red'],
    ['#class=features.6:17', 'class', 'features.6:17'],
    ['#neuron=285', 'neuron', '285'],
  ]) {
    const { settings, target, faults } = readHash(hash);
    assert.deepEqual(settings, DEFAULTS, hash);
    assert.equal(target, null);
    assert.deepEqual(faults, [{ key, value }]);
  }
});

test('ids and targets that the engine does not have are reported and dropped', () => {
  const settings = { ...DEFAULTS, method: 'bogus', colourMap: 'jet', recipe: 'burnt' };
  assert.deepEqual(checkedByEngine(settings, 2, READY), {
    settings: DEFAULTS,
    target: null,
    faults: [
      { key: 'method', value: 'bogus' },
      { key: 'map', value: 'jet' },
      { key: 'recipe', value: 'burnt' },
      { key: 'class', value: '2' },
    ],
  });
  const neuron = { layer: 'features.6', channel: 64 };
  assert.deepEqual(checkedByEngine(DEFAULTS, neuron, READY).faults, [
    { key: 'neuron', value: 'features.6:64' },
  ]);
});

test('what the engine has stays', () => {
  const settings = { ...DEFAULTS, method: 'smooth_grad' };
  assert.deepEqual(checkedByEngine(settings, 1, READY), { settings, target: 1, faults: [] });
});
