// The lists of networks, methods, colour maps and recipes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, page } from './site.mjs';

describe('the lists', () => {
  test('networks, with their classes and their weights', async () => {
    const [network] = await page.evaluate(() => Engine.networks());
    assert.equal(network.id, 'squeezenet1_1');
    assert.equal(network.inputSide, 227);
    assert.equal(network.classes.length, 1000);
    assert.match(network.classes[285], /^Egyptian cat/);
    assert.match(network.weights.sha256, /^[0-9a-f]{64}$/);
    assert.equal(
      network.weights.bytes,
      readFileSync(join(ROOT, 'weights', network.weights.file)).length,
    );
    assert.ok(network.title && network.weights.licence);
  });

  test('saliency methods and recipes', async () => {
    const { methods, recipes } = await page.evaluate(() => ({
      methods: Engine.saliencyMethods(),
      recipes: Engine.classModelRecipes(),
    }));
    const ids = [
      'gradient',
      'gradient_times_input',
      'smooth_grad',
      'integrated_gradients',
      'grad_cam',
      'deconvnet',
      'guided_backprop',
      'guided_grad_cam',
    ];
    assert.deepEqual(
      methods.map(({ id }) => id),
      ids,
    );
    for (const method of methods)
      assert.ok(
        method.title && method.cost >= 1 && method.formula && method.reading && method.reference,
        method.id,
      );
    assert.deepEqual(
      recipes.map(({ id }) => id),
      ['paper', 'posterior', 'jitter_blur', 'robust', 'sharp'],
    );
    const maps = await page.evaluate(() =>
      Engine.colourMaps().map(({ id, table }) => ({ id, table: [...table] })),
    );
    assert.deepEqual(
      maps.map(({ id }) => id),
      ['inferno', 'viridis', 'cividis', 'grey'],
    );
    assert.deepEqual(
      maps.map(({ table }) => table.slice(-4)),
      [
        [252, 255, 164, 255],
        [253, 231, 37, 255],
        [254, 232, 56, 255],
        [255, 255, 255, 255],
      ],
    );
    for (const { table } of maps)
      assert.deepEqual([table.length, table[3], table[4 * 32 + 3]], [1024, 0, 128]);
    for (const recipe of recipes)
      assert.ok(
        recipe.title && recipe.reading && recipe.reference && recipe.defaults.steps > 0,
        recipe.id,
      );
  });
});
