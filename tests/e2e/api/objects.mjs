// Objects that calls return: their arrays and their classes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshPage, page } from './site.mjs';

describe('objects', () => {
  test('a large result is one array, until its buffer is given away', async () => {
    const found = await page.evaluate(async () => {
      engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const map = await engine.saliency({ classIndex: 285, views: 1 });
      const cut = await engine.segment({ saliency: map });
      const found = {};
      for (const [owner, name] of [
        [map, 'values'],
        [map, 'signed'],
        [cut, 'mask'],
        [cut, 'alpha'],
      ]) {
        const array = owner[name];
        const before = Array.from(array);
        const same = owner[name] === array;
        structuredClone(array.buffer, { transfer: [array.buffer] });
        const again = owner[name];
        found[name] = [
          same,
          array.length,
          again === owner[name],
          again.length === before.length && again.every((value, i) => value === before[i]),
        ];
      }
      return found;
    });
    for (const name of ['values', 'signed', 'mask', 'alpha'])
      assert.deepEqual(found[name], [true, 0, true, true], name);
  });

  test('on each device, what a call returns is an instance of an exported class', async () => {
    const visitor = await freshPage();
    const found = await visitor.evaluate(async () => {
      const classes = await import('/pkg/deep_inside.js');
      const found = [];
      for (const device of ['webgpu', 'cpu']) {
        const { engine } = await openEngine(device);
        // A bright disc on a dark ground.
        const near = Float32Array.from({ length: 64 * 48 }, (_, i) =>
          Math.max(0, 15 - Math.hypot((i % 64) - 30, Math.floor(i / 64) - 24)),
        );
        const photo = new ImageData(64, 48);
        near.forEach((value, i) =>
          photo.data.set(
            value > 0 ? [220, 200 + (i % 7), 60, 255] : [20, 30 + (i % 5), 40, 255],
            4 * i,
          ),
        );
        engine.setPicturePixels(photo);
        const map = await engine.saliency({ classIndex: 285, views: 1 });
        const cut = await engine.objectCut({
          rectangle: { x: 9, y: 9, width: 30, height: 30 },
          iterations: 1,
        });
        const objects = {
          Engine: engine,
          SaliencyMap: map,
          ObjectCut: cut,
          Segmentation: await engine.segment({ saliency: { width: 64, height: 48, values: near } }),
          ClassModelRun: engine.classModel({ classIndex: 285, side: 64 }),
          SanityCheck: await engine.sanityCheck({ classIndex: 285, views: 1 }),
        };
        found.push([
          engine.device.kind,
          Object.entries(objects)
            .filter(([name, object]) => object instanceof classes[name])
            .map(([name]) => name),
        ]);
        for (const object of Object.values(objects)) object.free();
        const opened = await classes.openEngine(device);
        found.at(-1).push(opened instanceof classes.Engine && opened.device.kind);
        opened.free();
      }
      return found;
    });
    const all = [
      'Engine',
      'SaliencyMap',
      'ObjectCut',
      'Segmentation',
      'ClassModelRun',
      'SanityCheck',
    ];
    assert.deepEqual(found, [
      ['webgpu', all, 'webgpu'],
      ['cpu', all, 'cpu'],
    ]);
    await visitor.context().close();
  });
});
