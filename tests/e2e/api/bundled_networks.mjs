// The networks that come with the package.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, page } from './site.mjs';

describe('bundled networks', () => {
  test('each is loaded from the package, with the classes that its row names', async () => {
    const rows = JSON.parse(readFileSync(join(ROOT, 'weights/manifest.json'), 'utf8'));
    const found = await page.evaluate(async () => {
      const own = await Engine.open('cpu');
      own.setPictureFile(await read('/samples/chelsea.jpg'));
      const found = [];
      for (const { id, classes, inputSide, weights } of Engine.networks()) {
        await own.loadNetwork(id);
        const scores = [...(await own.classify())];
        const top = classes[scores.indexOf(Math.max(...scores))];
        found.push({
          id,
          side: inputSide,
          file: weights.file,
          counts: [classes.length, scores.length],
          top,
        });
      }
      own.free();
      return found;
    });
    assert.deepEqual(
      found.map(({ id, side, file }) => [id, side, file]),
      rows.map(({ id, input, file }) => [id, input.side, file]),
    );
    assert.deepEqual(
      found.map(({ counts }) => counts),
      [
        [1000, 1000],
        [1000, 1000],
        [4, 4],
      ],
    );
    assert.match(found[0].top, /^Egyptian cat/);
    assert.match(found[1].top, /^Egyptian cat/);
  });

  test('the orientation network tells which way up a page of text is', async () => {
    const found = await page.evaluate(async () => {
      const own = await Engine.open('cpu');
      await own.loadNetwork('pp_lcnet_orientation');
      const { classes } = Engine.networks().find(({ id }) => id === 'pp_lcnet_orientation');
      const found = [];
      for (const quarter of [0, 1, 2, 3]) {
        const context = new OffscreenCanvas(480, 480).getContext('2d');
        context.fillStyle = 'white';
        context.fillRect(0, 0, 480, 480);
        context.translate(240, 240);
        context.rotate((quarter * Math.PI) / 2);
        context.fillStyle = 'black';
        context.font = '20px serif';
        for (let line = 1; line < 20; line++)
          context.fillText(
            'Maps of what the network looks at, line by line.',
            -220,
            24 * line - 240,
          );
        own.setPicturePixels(context.getImageData(0, 0, 480, 480).data, 480, 480);
        const scores = [...(await own.classify())];
        found.push(classes[scores.indexOf(Math.max(...scores))]);
      }
      own.free();
      return found;
    });
    assert.deepEqual(found, ['0', '90', '180', '270']);
  });

  test('everything works on EfficientNet-Lite0, alike on both devices', async () => {
    const [cpu, gpu] = await page.evaluate(async () => {
      const photo = await read('/samples/chelsea.jpg');
      const classIndex = 285;
      const results = [];
      for (const device of ['cpu', 'webgpu']) {
        const engine = await Engine.open(device);
        await engine.loadNetwork('efficientnet_lite0');
        engine.setPictureFile(photo);
        const vectors = { scores: [...(await engine.classify())] };
        for (const { id: method } of Engine.saliencyMethods()) {
          const options = { classIndex, method, views: 1, n: 2, steps: 2 };
          const map = await engine.saliency(options);
          vectors[method] = [...map.grid.values];
          map.free();
        }
        const relation = await engine.relation({ classIndex });
        vectors.relation = relation.map(({ cosine }) => cosine);
        const check = await engine.sanityCheck({ classIndex, views: 1 });
        const step = await check.step();
        check.free();
        const run = engine.classModel({ classIndex, recipe: 'robust', side: 224 });
        const ascent = [(await run.step(1)).score, (await run.step(7)).score];
        run.free();
        const cut = await engine.locate({ classIndex });
        results.push({ vectors, ascent, checked: step !== undefined, share: cut.share });
        cut.free();
        engine.free();
      }
      return results;
    });
    assert.equal(Object.keys(cpu.vectors).length, 10);
    for (const [name, expected] of Object.entries(cpu.vectors)) {
      const found = gpu.vectors[name];
      assert.equal(found.length, expected.length, name);
      const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
      const error = norm(found.map((value, i) => value - expected[i])) / norm(expected);
      // A unit that is near its kink may be on either side of it.
      assert.ok(norm(expected) > 0 && error <= 1e-2, `${name}: ${error} apart`);
    }
    assert.deepEqual([cpu.checked, gpu.checked], [true, true]);
    for (const { ascent } of [cpu, gpu]) assert.ok(ascent[1] > ascent[0] + 1, `${ascent}`);
    assert.ok(
      cpu.share > 0.02 && Math.abs(cpu.share - gpu.share) < 0.01,
      `${cpu.share}, ${gpu.share}`,
    );
  });
});
