// Saliency maps, and what is computed from them: the comparison of rules, the sanity check.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { page, showChelsea } from './site.mjs';

describe('saliency', () => {
  before(showChelsea);

  test('a class against another: the difference of their maps, with both signs as levels', async () => {
    const found = await page.evaluate(async () => {
      const signed = async (target) => {
        const map = await engine.saliency({ ...target, views: 1 });
        const { grid } = map;
        const levels = map.signedIntensity(300, 200);
        map.free();
        return { values: [...grid.signed], levels };
      };
      const [both, one, other] = [
        await signed({ classIndex: 285, against: 281 }),
        await signed({ classIndex: 285 }),
        await signed({ classIndex: 281 }),
      ];
      const codes = [];
      for (const target of [
        { classIndex: 285, against: 285 },
        { classIndex: 285, against: 1000 },
        { against: 285 },
        { against: 285, layer: 'features.3', channel: 0 },
        { classIndex: 285, against: '281' },
      ])
        codes.push(await codeOf(() => engine.saliency({ ...target, views: 1 })));
      const size = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
      const errors = both.values.map((value, i) => value - (one.values[i] - other.values[i]));
      return {
        error: size(errors) / size(both.values),
        levels: [
          both.levels.length,
          both.levels.some((v) => v < 100),
          both.levels.some((v) => v > 156),
        ],
        codes,
      };
    });
    assert.ok(found.error < 1e-4, `${found.error}`);
    assert.deepEqual(found.levels, [300 * 200, true, true]);
    assert.deepEqual(found.codes, [
      'setting-out-of-range',
      'class-out-of-range',
      'class-out-of-range',
      'setting-out-of-range',
      'setting-out-of-range',
    ]);
  });

  test('every method gives a map >= 0 and signed values in the frame of the photo', async () => {
    const found = await page.evaluate(async () => {
      const { width, height } = engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const maps = [];
      for (const { id: method, cost } of Engine.saliencyMethods()) {
        const progress = [];
        const map = await engine.saliency({
          classIndex: 285,
          method,
          views: 1,
          n: 3,
          steps: 8,
          onProgress: (...parts) => progress.push(parts),
        });
        const { values, signed, completenessGap } = map;
        maps.push({
          method,
          cost,
          completenessGap,
          progress,
          lengths: [values.length, signed.length],
          kinds: [values.constructor.name, signed.constructor.name],
          sound:
            values.every((value) => value >= 0 && Number.isFinite(value)) &&
            values.some((value) => value > 0),
          bothSigns: signed.some((value) => value > 0) && signed.some((value) => value < 0),
        });
        map.free();
      }
      return { pixels: width * height, maps };
    });
    for (const {
      method,
      cost,
      completenessGap,
      progress,
      lengths,
      kinds,
      sound,
      bothSigns,
    } of found.maps) {
      assert.deepEqual(lengths, [found.pixels, found.pixels], method);
      assert.deepEqual(kinds, ['Float32Array', 'Float32Array'], method);
      assert.ok(sound, method);
      // A few channels may well all speak for the class
      assert.ok(bothSigns || method === 'grad_cam', method);
      const passes = { smooth_grad: 3, integrated_gradients: 8 }[method] ?? 1;
      assert.deepEqual(progress.at(-1), [passes, passes], method);
      assert.equal(cost > 1, passes > 1, method);
      assert.equal(
        typeof completenessGap,
        method === 'integrated_gradients' ? 'number' : 'undefined',
        method,
      );
    }
  });

  test('any neuron: layers with their shapes, its map, its class model', async () => {
    const found = await page.evaluate(async () => {
      const layers = engine.layers();
      const values = async (target) => (await engine.saliency({ views: 1, ...target })).values;
      const run = engine.classModel({
        layer: 'features.6',
        channel: 17,
        position: [3, 4],
        side: 96,
      });
      const progress = await run.step(1);
      run.free();
      const asClass = await values({ classIndex: 285 });
      const asNeuron = await values({ layer: 'classifier.1', channel: 285 });
      await values({ layer: 'features.6', channel: 17, method: 'grad_cam' });
      const hidden = await values({ layer: 'features.6', channel: 17, position: [10, 12] });
      return {
        layers,
        progress,
        same: asClass.every((value, i) => value === asNeuron[i]),
        dark: hidden.filter((value) => value === 0).length / hidden.length,
      };
    });
    assert.deepEqual(found.layers[0], {
      name: 'features.0',
      group: 'features',
      kind: 'convolution',
      channels: 64,
      rows: 113,
      columns: 113,
    });
    assert.deepEqual(found.layers.at(-1), {
      name: 'classifier.1',
      group: 'classifier',
      kind: 'convolution',
      channels: 1000,
      rows: 14,
      columns: 14,
    });
    assert.ok(found.same);
    assert.ok(
      found.dark > 0.5,
      `a single unit sees a part of the photo: ${found.dark} of the pixels have no influence on it`,
    );
    assert.ok(Number.isFinite(found.progress.score));
    assert.equal(found.progress.probability, undefined);
  });

  test('the cover test: what Grad-CAM marks matters more than as much at random', async () => {
    const {
      test: found,
      classified,
      cancelled,
      curves,
      progress,
    } = await page.evaluate(async () => {
      engine.setPictureFile(await read('/samples/red-panda.jpg'));
      const target = { classIndex: 387, method: 'grad_cam', views: 1 };
      const cancelled = await codeOf(() =>
        engine.coverTest({ ...target, signal: AbortSignal.abort() }),
      );
      const progress = [];
      const onProgress = (...parts) => progress.push(parts);
      const curves = await engine.deletionCurves({ ...target, count: 5, onProgress });
      return {
        test: await engine.coverTest(target),
        classified: Engine.probabilities(await engine.classify())[387],
        cancelled,
        curves,
        progress,
      };
    });
    assert.equal(cancelled, 'cancelled');
    assert.ok(Math.abs(found.before - classified) < 1e-6);
    assert.ok(found.after < 0.5 * found.before && found.random > found.after);
    assert.equal(found.scoresAfter.length, 1000);
    assert.deepEqual(
      [curves.shares.length, curves.deletion.length, curves.insertion.length],
      [6, 6, 6],
    );
    assert.ok(curves.deletionArea < curves.insertionArea);
    assert.deepEqual(progress.at(-1), [11, 11]);
  });

  test('the relation: gradient and DeconvNet part at ReLUs alone', async () => {
    const { layers, cancelled } = await page.evaluate(async () => {
      const controller = new AbortController();
      const cancelled = await codeOf(() =>
        engine.relation({
          classIndex: 285,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        }),
      );
      return { cancelled, layers: await engine.relation({ classIndex: 285 }) };
    });
    assert.equal(cancelled, 'cancelled');
    assert.equal(layers.at(-1).layer, 'picture');
    assert.ok(layers.every(({ kind, parted }) => (kind === 'relu') === parted > 0));
    assert.ok(Math.abs(layers[0].cosine - 1) < 1e-5 && layers.at(-1).cosine < 0.9);
  });

  test('the sanity check: a map for each layer from the top down', async () => {
    const found = await page.evaluate(async () => {
      const check = await engine.sanityCheck({ classIndex: 285, views: 1, seed: 5 });
      const { layers } = check;
      const original = await check.original();
      const steps = [];
      for (let step; (step = await check.step());) steps.push(step);
      check.free();
      const controller = new AbortController();
      const other = await engine.sanityCheck({ classIndex: 285, views: 1 });
      controller.abort();
      const cancelled = await codeOf(() => other.step({ signal: controller.signal }));
      other.free();
      return {
        layers,
        cancelled,
        sizes: [original, ...steps.map(({ map }) => map)].map(
          ({ width, height, values, signed }) =>
            values.length === width * height && signed.length === values.length,
        ),
        signs:
          steps.some(({ map }) => map.signed.some((value) => value < 0)) &&
          steps.every(({ map }) => map.values.every((value) => value >= 0)),
        steps: steps.map(({ layer, left, correlation, magnitudeCorrelation }) => ({
          layer,
          left,
          correlation,
          magnitudeCorrelation,
        })),
      };
    });
    assert.equal(found.steps.length, found.layers);
    assert.equal(found.cancelled, 'cancelled');
    assert.deepEqual(
      [found.steps[0].layer, found.steps.at(-1).layer, found.steps.at(-1).left],
      ['classifier.1', 'features.0', 0],
    );
    assert.ok(found.sizes.every(Boolean) && found.signs);
    assert.ok(
      found.steps.every(
        ({ correlation, magnitudeCorrelation }) =>
          Math.abs(correlation) <= 1 && Math.abs(magnitudeCorrelation) <= 1,
      ),
    );
    assert.ok(Math.abs(found.steps.at(-1).correlation) < 0.2);
    assert.ok(found.steps.at(-1).magnitudeCorrelation > 0.2); // the places stay, in part
  });
});
