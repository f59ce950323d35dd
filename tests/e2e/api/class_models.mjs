// Class models.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page } from './site.mjs';

describe('class models', () => {
  test('a class model: steps, pixels, and the same bytes from the same seed', async () => {
    const grown = await page.evaluate(async () => {
      const grow = async () => {
        const run = engine.classModel({ classIndex: 130, recipe: 'robust', seed: 7, side: 96 });
        const progress = [await run.step(2), await run.step(3)];
        const { rgba, width, height } = await run.pixels();
        run.free();
        return { progress, rgba: [...rgba], kind: rgba.constructor.name, width, height };
      };
      return [await grow(), await grow()];
    });
    const [{ progress, rgba, kind, width, height }] = grown;
    assert.deepEqual(
      progress.map(({ step }) => step),
      [2, 5],
    );
    assert.ok(
      progress.every(
        ({ score, probability }) => Number.isFinite(score) && probability >= 0 && probability <= 1,
      ),
    );
    assert.equal(kind, 'Uint8ClampedArray');
    assert.equal(rgba.length, width * height * 4);
    assert.deepEqual(grown[1], grown[0]);
  });
});
