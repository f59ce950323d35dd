// Every error has a code, and the engine works after it.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { page, showChelsea } from './site.mjs';

describe('errors are coded, and the next call works', () => {
  before(showChelsea);

  const CALLS = {
    'class -1': [() => engine.saliency({ classIndex: -1 }), 'class-out-of-range'],
    'class 1000': [() => engine.inputGradient(1000), 'class-out-of-range'],
    'class NaN': [() => engine.locate({ classIndex: NaN }), 'class-out-of-range'],
    'class 1.5': [() => engine.classModel({ classIndex: 1.5 }), 'class-out-of-range'],
    'no class': [() => engine.saliency({}), 'class-out-of-range'],
    'an unknown method': [
      () => engine.saliency({ classIndex: 1, method: 'divination' }),
      'setting-out-of-range',
    ],
    'an unknown layer': [
      () => engine.saliency({ layer: 'features.99', channel: 0 }),
      'setting-out-of-range',
    ],
    'channel -1': [
      () => engine.saliency({ layer: 'features.6', channel: -1 }),
      'setting-out-of-range',
    ],
    'channel NaN': [
      () => engine.classModel({ layer: 'features.6', channel: NaN }),
      'setting-out-of-range',
    ],
    'no channel': [() => engine.relation({ layer: 'features.6' }), 'setting-out-of-range'],
    'a channel too many': [
      () => engine.saliency({ layer: 'features.6', channel: 256 }),
      'setting-out-of-range',
    ],
    'a position outside its layer': [
      () => engine.saliency({ layer: 'features.6', channel: 0, position: [0, 1e9] }),
      'setting-out-of-range',
    ],
    'a position of three': [
      () => engine.saliency({ layer: 'features.6', channel: 0, position: [1, 2, 3] }),
      'setting-out-of-range',
    ],
    'a class and a layer': [
      () => engine.saliency({ classIndex: 1, layer: 'features.6', channel: 0 }),
      'setting-out-of-range',
    ],
    'an unknown Grad-CAM layer': [
      () => engine.saliency({ classIndex: 1, method: 'grad_cam', camLayer: 'attic' }),
      'setting-out-of-range',
    ],
    'a Grad-CAM layer behind the neuron': [
      () =>
        engine.saliency({
          layer: 'features.3',
          channel: 0,
          method: 'grad_cam',
          camLayer: 'features.12',
        }),
      'setting-out-of-range',
    ],
    'sigma NaN': [
      () => engine.saliency({ classIndex: 1, method: 'smooth_grad', sigma: NaN }),
      'setting-out-of-range',
    ],
    'sigma negative': [
      () => engine.saliency({ classIndex: 1, method: 'smooth_grad', sigma: -0.1 }),
      'setting-out-of-range',
    ],
    'sigma huge': [
      () => engine.saliency({ classIndex: 1, method: 'smooth_grad', sigma: 1e300 }),
      'setting-out-of-range',
    ],
    'n 0': [
      () => engine.saliency({ classIndex: 1, method: 'smooth_grad', n: 0 }),
      'setting-out-of-range',
    ],
    'n huge': [
      () => engine.saliency({ classIndex: 1, method: 'smooth_grad', n: 1e9 }),
      'setting-out-of-range',
    ],
    'integration steps -1': [
      () => engine.saliency({ classIndex: 1, method: 'integrated_gradients', steps: -1 }),
      'setting-out-of-range',
    ],
    'integration steps NaN': [
      () => engine.saliency({ classIndex: 1, method: 'integrated_gradients', steps: NaN }),
      'setting-out-of-range',
    ],
    'a sanity check of class 1000': [
      () => engine.sanityCheck({ classIndex: 1000 }),
      'class-out-of-range',
    ],
    '7 views': [() => engine.saliency({ classIndex: 1, views: 7 }), 'setting-out-of-range'],
    'an unknown mode': [
      () => engine.locate({ classIndex: 1, mode: 'worst' }),
      'setting-out-of-range',
    ],
    'an unknown recipe': [
      () => engine.classModel({ classIndex: 1, recipe: 'soup' }),
      'setting-out-of-range',
    ],
    'a start that is none': [
      () => engine.classModel({ classIndex: 1, start: 'soup' }),
      'setting-out-of-range',
    ],
    'a side too large': [
      () => engine.classModel({ classIndex: 1, side: 513 }),
      'setting-out-of-range',
    ],
    'a negative seed': [
      () => engine.classModel({ classIndex: 1, seed: -1 }),
      'setting-out-of-range',
    ],
    'no options': [() => engine.saliency(), 'setting-out-of-range'],
    'a saliency map of another size': [
      () => engine.segment({ saliency: { width: 3, height: 3, values: new Float32Array(4) } }),
      'setting-out-of-range',
    ],
    'a quantile beyond 1': [
      async () =>
        engine.segment({
          saliency: await engine.saliency({ classIndex: 1, views: 1 }),
          foregroundQuantile: 2,
        }),
      'setting-out-of-range',
    ],
    'a working side of 0': [
      async () =>
        engine.segment({
          saliency: await engine.saliency({ classIndex: 1, views: 1 }),
          workingSide: 0,
        }),
      'setting-out-of-range',
    ],
    'a rectangle without an outside': [
      () => engine.segment({ rectangle: { x: 0, y: 0, width: 1e5, height: 1e5 } }),
      'setting-out-of-range',
    ],
    'a rectangle outside the photo': [
      () => engine.objectCut({ rectangle: { x: -9, y: 0, width: 8.5, height: 9 } }),
      'setting-out-of-range',
    ],
    'a rectangle without a width': [
      () => engine.objectCut({ rectangle: { x: 0, y: 0, height: 9 } }),
      'setting-out-of-range',
    ],
    'a rectangle of NaN': [
      () => engine.objectCut({ rectangle: { x: NaN, y: 0, width: 9, height: 9 } }),
      'setting-out-of-range',
    ],
    'a cut from nothing': [() => engine.segment({}), 'setting-out-of-range'],
    'a cut from both': [
      () =>
        engine.segment({
          saliency: { width: 1, height: 1, values: new Float32Array(1) },
          rectangle: { x: 0, y: 0, width: 9, height: 9 },
        }),
      'setting-out-of-range',
    ],
    '101 iterations': [
      () => engine.segment({ rectangle: { x: 9, y: 9, width: 9, height: 9 }, iterations: 101 }),
      'setting-out-of-range',
    ],
    'a constant map': [
      () => engine.segment({ saliency: { width: 9, height: 9, values: new Float32Array(81) } }),
      'no-object-found',
    ],
    'too many steps': [
      () => engine.classModel({ classIndex: 1, side: 64 }).step(2001),
      'setting-out-of-range',
    ],
    'steps NaN': [
      () => engine.classModel({ classIndex: 1, side: 64 }).step(NaN),
      'setting-out-of-range',
    ],
    'an empty file': [() => engine.setPictureFile(new Uint8Array()), 'picture-empty'],
    'pixels of another length': [
      () => engine.setPicturePixels(new Uint8ClampedArray(12), 2, 2),
      'picture-corrupt',
    ],
    'no pixels': [() => engine.setPicturePixels(new Uint8ClampedArray(0), 0, 0), 'picture-empty'],
    'an unknown network': [() => engine.loadNetwork('perceptron', weights), 'setting-out-of-range'],
    'damaged weights': [
      () =>
        engine.loadNetwork(
          network.id,
          weights.map((byte, i) => (i === 1e6 ? byte ^ 1 : byte)),
        ),
      'weights-corrupt',
    ],
    'an unknown device': [() => Engine.open('toaster'), 'setting-out-of-range'],
    'no network': [async () => (await Engine.open('cpu')).classify(), 'no-network'],
    'no picture': [
      async () => {
        const fresh = await Engine.open('cpu');
        await fresh.loadNetwork(network.id, weights);
        return fresh.classify();
      },
      'no-picture',
    ],
    'an aborted call': [
      () => {
        const controller = new AbortController();
        return engine.saliency({
          classIndex: 1,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        });
      },
      'cancelled',
    ],
  };
  for (const [name, [call, code]] of Object.entries(CALLS)) {
    test(`${name}: ${code}`, async () => {
      assert.equal(await page.evaluate(`codeOf(${call})`), code);
    });
  }

  test('the engine still works', async () => {
    assert.equal(await page.evaluate(async () => (await engine.classify()).length), 1000);
  });
});
