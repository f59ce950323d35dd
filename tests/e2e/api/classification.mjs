// Scores, probabilities and the gradient with respect to the input.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { golden, page, showChelsea } from './site.mjs';

describe('classification', () => {
  before(showChelsea);

  test('scores and input gradient of RGBA pixels and of their file are the same', async () => {
    const apart = await page.evaluate(async (base64) => {
      const file = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const look = async () => [await engine.classify(), await engine.inputGradient(285)];
      const before = engine.setPictureFile(file);
      const ofFile = await look();
      const bitmap = await createImageBitmap(new Blob([file]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const after = engine.setPicturePixels(pixels.data, pixels.width, pixels.height);
      const ofPixels = await look();
      return {
        sizes: [before, after].map(({ width, height }) => [width, height]),
        lengths: ofFile.map((values) => values.length),
        kinds: ofFile.map((values) => values.constructor.name),
        same: ofFile.every((values, i) => values.every((value, k) => value === ofPixels[i][k])),
      };
    }, golden('chelsea.png'));
    assert.deepEqual(apart.sizes[0], apart.sizes[1]);
    assert.deepEqual(apart.lengths, [1000, 3 * 227 * 227]);
    assert.deepEqual(apart.kinds, ['Float32Array', 'Float32Array']);
    assert.ok(apart.same);
  });

  test('probabilities are the softmax of the scores, however large these are', async () => {
    const { scores, probabilities, large, empty, refused } = await page.evaluate(async () => {
      const scores = await engine.classify();
      return {
        scores: [...scores],
        probabilities: [...Engine.probabilities(scores)],
        large: [...Engine.probabilities([1e4, 1e4 - Math.log(3), -1e4])],
        empty: [...Engine.probabilities(new Float32Array())],
        refused: await Promise.all(
          [undefined, 'no scores', [1, 'two'], [1, NaN], [Infinity, 1]].map((scores) =>
            codeOf(() => Engine.probabilities(scores)),
          ),
        ),
      };
    });
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    const total = sum(scores.map(Math.exp));
    assert.equal(probabilities.length, 1000);
    assert.ok(Math.abs(sum(probabilities) - 1) < 1e-5, `their sum is ${sum(probabilities)}`);
    for (const [index, score] of scores.entries()) {
      const expected = Math.exp(score) / total;
      const difference = Math.abs(probabilities[index] - expected);
      assert.ok(difference <= 1e-6 * expected, `class ${index}: ${difference} of ${expected}`);
    }
    // The scores are single-precision numbers: of 1e4 - log 3, four decimals are right.
    for (const [index, expected] of [0.75, 0.25, 0].entries())
      assert.ok(Math.abs(large[index] - expected) < 2e-4, `${large}`);
    assert.deepEqual(empty, []);
    assert.deepEqual(refused, Array(5).fill('setting-out-of-range'));
  });
});
