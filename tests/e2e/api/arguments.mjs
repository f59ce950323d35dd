// What callers pass: options, bytes, pixels, boxes and strokes.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { page, showChelsea, testRefusals } from './site.mjs';

describe('what callers pass', () => {
  before(showChelsea);

  test('an unknown option is named, whatever the call', async () => {
    const details = await page.evaluate(async () => {
      engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const rectangle = { x: 40, y: 20, width: 380, height: 270 };
      const cut = await engine.objectCut({ rectangle, workingSide: 64 });
      const check = await engine.sanityCheck({ classIndex: 1, views: 1 });
      const calls = [
        (options) => engine.warmUp(options),
        (options) => engine.saliency({ classIndex: 1, ...options }),
        (options) => engine.coverTest({ classIndex: 1, ...options }),
        (options) => engine.deletionCurves({ classIndex: 1, ...options }),
        (options) => engine.relation({ classIndex: 1, ...options }),
        (options) => engine.sanityCheck({ classIndex: 1, ...options }),
        (options) => engine.segment({ rectangle, ...options }),
        (options) => engine.objectCut({ rectangle, ...options }),
        (options) => engine.locate({ classIndex: 1, ...options }),
        (options) => engine.classModel({ classIndex: 1, ...options }),
        (options) => cut.stroke({ points: [9, 9], radius: 2, object: true, ...options }),
        (options) => check.step(options),
      ];
      const details = [];
      for (const call of calls)
        details.push(
          await (async () => call({ bogus: undefined }))().then(
            () => 'no error',
            ({ detail }) => detail,
          ),
        );
      cut.free();
      check.free();
      return details;
    });
    assert.deepEqual(details, Array(12).fill('unknown option `bogus`'));
  });

  const RECTANGLE = '{ x: 9, y: 9, width: 99, height: 99 }';
  testRefusals({
    'engine.saliency({ classIndex: 1, view: 10 })': 'unknown option `view`: did you mean `views`?',
    'engine.saliency({ classIndex: 1, veiws: 10 })':
      'unknown option `veiws`: did you mean `views`?',
    'engine.saliency({ class: 1 })': 'unknown option `class`: did you mean `classIndex`?',
    'engine.locate({ class_index: 1 })': 'unknown option `class_index`: did you mean `classIndex`?',
    [`engine.segment({ rectangle: ${RECTANGLE}, workingsize: 9 })`]:
      'unknown option `workingsize`: did you mean `workingSide`?',
    'engine.classModel({ classIndex: 1, views: 1 })': 'unknown option `views`',
    'engine.saliency({ classIndex: 1, views: "10" })': '`views` must be a number, not "10"',
    'engine.saliency({ classIndex: 1, views: 1.5 })': '`views` must be a whole number, not 1.5',
    'engine.coverTest({ classIndex: 1, share: 1 })': 'the share must be above 0 and below 1, not 1',
    'engine.coverTest({ classIndex: 1, cell: 0 })':
      'cells of 0 pixels do not divide an input of 227 x 227',
    'engine.deletionCurves({ classIndex: 1, count: 0 })': 'there must be 1..100 steps, not 0',
    'engine.saliency({ classIndex: "1" })': '`classIndex` must be a number, not "1"',
    'engine.saliency({ classIndex: 1, method: 7 })': '`method` must be a string, not 7',
    'engine.saliency({ layer: ["features.6"], channel: 1 })':
      '`layer` must be a string, not an array',
    'engine.saliency({ layer: "features.6", channel: 1, position: 3 })':
      '`position` must be an array of numbers, not 3',
    'engine.saliency({ classIndex: 1, onProgress: true })':
      '`onProgress` must be a function, not true',
    'engine.saliency({ classIndex: 1, signal: new AbortController() })':
      '`signal` must be an AbortSignal, not AbortController',
    'engine.saliency([1])': 'the options must be an object, not an array',
    'engine.inputGradient("285")': '`classIndex` must be a number, not "285"',
    'engine.locate({ classIndex: 1, mode: {} })': '`mode` must be a string, not an object',
    'engine.segment({ saliency: { width: 1, height: "1", values: [1] } })':
      '`saliency.height` must be a number, not "1"',
    'engine.segment({ saliency: { width: 1, height: 1, values: ["1"] } })':
      '`saliency.values[0]` must be a number, not "1"',
    'engine.segment({ rectangle: 5 })': '`rectangle` must be a box, not 5',
    'engine.segment({ rectangle: { x: 0, y: 0, width: "9", height: 9 } })':
      '`rectangle.width` must be a number, not "9"',
    'engine.classModel({ classIndex: 1, side: 64 }).step("3")': '`n` must be a number, not "3"',
    [`engine.objectCut({ rectangle: ${RECTANGLE}, workingSide: 64 }).then((cut) => cut.stroke({ points: [1, 2, 3], radius: 1, object: true }))`]:
      '`points` must be pairs of numbers, and 3 are none',
    [`engine.objectCut({ rectangle: ${RECTANGLE}, workingSide: 64 }).then((cut) => cut.stroke({ points: [1, 2], radius: 1, object: 1 }))`]:
      '`object` must be true or false, not 1',
    'engine.loadNetwork()': '`id` must be a string, not undefined',
    'engine.loadNetwork("squeezenet1_1", [1, 2, 3])':
      '`weights` must be an ArrayBuffer, a typed array, a DataView or a Blob, not an array',
    'engine.setPictureFile("cat.jpg")':
      '`file` must be an ArrayBuffer, a typed array, a DataView or a Blob, not "cat.jpg"',
    'engine.setPictureFile(new Response())':
      '`file` must be an ArrayBuffer, a typed array, a DataView or a Blob, not Response',
    'engine.setPicturePixels(null, 1, 1)':
      '`rgba` must be an ArrayBuffer, a typed array, a DataView or a Blob, not null',
    'engine.setPicturePixels(new Uint8Array(4), "1", 1)': '`width` must be a number, not "1"',
    'engine.setPicturePixels(new ImageData(2, 2, { colorSpace: "display-p3" }))':
      '`rgba` must be in 8-bit sRGB, not in other bits or display-p3',
  });

  test('a file of the picture, in whatever holds bytes', async () => {
    const found = await page.evaluate(async () => {
      const file = await read('/samples/coffee.jpg');
      // Whole numbers of any kind; what follows the end of a JPEG is no part of it
      const bytes = new Uint8Array(Math.ceil(file.length / 8) * 8);
      bytes.set(file);
      const inside = new Uint8Array(bytes.length + 32);
      inside.set(bytes, 16);
      const frame = document.body.appendChild(document.createElement('iframe'));
      const foreign = new frame.contentWindow.ArrayBuffer(bytes.length);
      new Uint8Array(foreign).set(bytes);
      const holders = {
        bytes,
        buffer: bytes.buffer,
        foreign,
        part: inside.subarray(16, 16 + bytes.length),
        dataView: new DataView(inside.buffer, 16, bytes.length),
        float64: new Float64Array(bytes.buffer),
        int16: new Int16Array(inside.buffer, 16, bytes.length / 2),
        blob: new Blob([bytes]),
        file: new File([bytes], 'coffee.jpg'),
      };
      const found = {};
      for (const [name, holder] of Object.entries(holders)) {
        engine.setPicturePixels(new ImageData(8, 8));
        const answer = engine.setPictureFile(holder);
        const { width, height } = await answer;
        const { values } = await engine.saliency({ classIndex: 504, views: 1 });
        found[name] = {
          width,
          height,
          later: answer instanceof Promise,
          sum: values.reduce((a, b) => a + b, 0),
        };
      }
      frame.remove();
      return found;
    });
    const { later: _, ...first } = found.bytes;
    for (const [name, { later, ...picture }] of Object.entries(found)) {
      assert.deepEqual(picture, first, name);
      assert.equal(later, ['blob', 'file'].includes(name), name);
    }
  });

  test('pixels, in whatever holds them', async () => {
    const found = await page.evaluate(async () => {
      const image = new ImageData(40, 30);
      image.data.forEach((_, i) => {
        image.data[i] = i % 4 === 3 ? 255 : (i * 37) % 251;
      });
      const { data } = image;
      const ways = {
        clamped: () => engine.setPicturePixels(data, 40, 30),
        image: () => engine.setPicturePixels(image),
        imageAndSize: () => engine.setPicturePixels(image, 40, 30),
        asFile: () => engine.setPictureFile(image),
        buffer: () => engine.setPicturePixels(data.buffer, 40, 30),
        words: () => engine.setPicturePixels(new Uint32Array(data.buffer), 40, 30),
        blob: () => engine.setPicturePixels(new Blob([data]), 40, 30),
      };
      const found = {};
      for (const [name, way] of Object.entries(ways)) {
        engine.setPicturePixels(new ImageData(8, 8));
        const { width, height } = await way();
        found[name] = [width, height, ...(await engine.classify())];
      }
      return { found, otherSize: await codeOf(() => engine.setPicturePixels(image, 30, 40)) };
    });
    for (const [name, scores] of Object.entries(found.found))
      assert.deepEqual(scores, found.found.clamped, name);
    assert.equal(found.otherSize, 'picture-corrupt');
  });

  test("weights, in whatever holds bytes, or the package's own", async () => {
    const layers = await page.evaluate(async () => {
      const fresh = await Engine.open('cpu');
      const counts = [];
      for (const holder of [
        weights.buffer,
        new DataView(weights.buffer),
        new Blob([weights]),
        undefined,
      ]) {
        await fresh.loadNetwork(network.id, holder);
        counts.push(fresh.layers().length);
      }
      const unknown = await codeOf(() => fresh.loadNetwork('perceptron'));
      fresh.free();
      return { counts, unknown };
    });
    assert.ok(layers.counts[0] > 20);
    assert.deepEqual(layers.counts, Array(4).fill(layers.counts[0]));
    assert.equal(layers.unknown, 'setting-out-of-range');
  });

  test('boxes and strokes in fractions, and beyond the photo', async () => {
    const found = await page.evaluate(async () => {
      const { width, height } = engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const sums = async (rectangle) => {
        const { mask } = await engine.segment({ rectangle, workingSide: 200, iterations: 1 });
        return mask.reduce((a, b) => a + b, 0);
      };
      const cut = await engine.objectCut({
        rectangle: { x: 40, y: 20, width: 380, height: 270 },
        workingSide: 200,
      });
      const across = await cut.stroke({
        points: [-50.5, 100.25, 60.75, 100.25],
        radius: 8.5,
        object: true,
      });
      const marked = across.mask[100 * width + 5];
      const outside = await codeOf(() =>
        cut.stroke({ points: [-50, 100, -20, 100], radius: 8, object: true }),
      );
      const strokes = cut.strokes;
      cut.free();
      return {
        marked,
        outside,
        strokes,
        same: [
          [
            await sums({ x: 60.4, y: 30.9, width: 300.2, height: 200 }),
            await sums({ x: 60, y: 30, width: 301, height: 201 }),
          ],
          [
            await sums({ x: -20, y: -1e9, width: 320, height: 2e9 }),
            await sums({ x: 0, y: 0, width: 300, height }),
          ],
        ],
      };
    });
    assert.deepEqual(
      [found.marked, found.outside, found.strokes],
      [255, 'setting-out-of-range', 1],
    );
    for (const [given, meant] of found.same) assert.equal(given, meant);
  });
});
