// Networks in ONNX files that the caller brings.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { ROOT, page, testRefusals } from './site.mjs';

const file = (path) => readFileSync(join(ROOT, path)).toString('base64');

// A sibling of MobileNetV2 with ten classes, for pictures of 64 rows and 48 columns. Its weights are
// in a second file.
const SIBLING = 'mobilenet_v2.dynamo.onnx';

describe('networks that the caller opens', () => {
  before(async () => {
    const files = {
      onnx: file(`tests/networks/siblings/${SIBLING}`),
      weights: file(`tests/networks/siblings/${SIBLING}.data`),
      orientation: file('weights/pp_lcnet_orientation.onnx'),
    };
    await page.evaluate(
      async ([files, name]) => {
        const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const [onnx, weights] = [bytes(files.onnx), bytes(files.weights)];
        const opener = await Engine.open('cpu');
        opener.setPictureFile(await read('/samples/chelsea.jpg'));
        globalThis.opener = opener;
        globalThis.orientation = bytes(files.orientation);
        globalThis.sibling = (more) => ({
          onnx,
          data: { [name]: onnx, [`${name}.data`]: weights },
          ...more,
        });
      },
      [files, SIBLING],
    );
  });

  test('a file and its data, in whatever holds bytes', async () => {
    const { scores, classes } = await page.evaluate(async () => {
      const { onnx, data } = sibling();
      const blobs = Object.entries(data).map(([name, bytes]) => [name, new File([bytes], name)]);
      const scores = [];
      let info;
      for (const options of [
        { onnx, data },
        { onnx: onnx.buffer, data: Object.fromEntries(blobs) },
        { onnx: new Blob([onnx]), data: Object.fromEntries(blobs) },
      ]) {
        info = await opener.openNetwork(options);
        scores.push([...(await opener.classify())]);
      }
      return { scores, classes: info.classes };
    });
    assert.deepEqual(
      classes,
      Array.from({ length: 10 }, (_, index) => `${index}`),
    );
    assert.equal(scores[0].length, 10);
    assert.ok(scores[0].every(Number.isFinite) && new Set(scores[0]).size === 10);
    assert.deepEqual(scores[1], scores[0]);
    assert.deepEqual(scores[2], scores[0]);
  });

  test('what is found in a file, and where each guess is from', async () => {
    const info = await page.evaluate(() => opener.openNetwork(sibling({ name: 'Sibling' })));
    const { classes: _, layers, guesses, ...rest } = info;
    assert.deepEqual(rest, {
      id: 'onnx',
      title: 'Sibling',
      labelsFrom: 'numbers',
      inputSide: 64,
      weights: { ...info.weights, file: 'Sibling', licence: '' },
      inputs: [{ name: 'input', axes: ['1', '3', '64', '48'] }],
      outputs: [{ name: 'logits', axes: ['1', '10'] }],
      output: 'logits',
      outputShape: [10],
      leftOut: [],
      input: {
        rows: 64,
        columns: 48,
        channels: 'RGB',
        layout: 'NCHW',
        range: 1,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        fit: 'crop',
        cropFraction: 0.875,
      },
      methods: await page.evaluate(() => Engine.saliencyMethods().map(({ id }) => id)),
      undefinedMethods: [],
      recipes: ['paper', 'posterior', 'jitter_blur', 'robust', 'sharp'],
      recipeLimits: [],
    });
    assert.match(info.weights.sha256, /^[0-9a-f]{64}$/);
    assert.deepEqual(Object.fromEntries(guesses.map(({ field, source }) => [field, source])), {
      rows: 'graph',
      columns: 'graph',
      channels: 'default',
      layout: 'graph',
      range: 'producer',
      mean: 'producer',
      std: 'producer',
      fit: 'producer',
    });
    assert.ok(guesses.every(({ reason }) => reason));
    assert.deepEqual(await page.evaluate(() => opener.layers()), layers);
    const depthwise = layers.find(({ name }) => name === 'features.2.conv.1.0');
    assert.equal(depthwise?.group, 'features.2.conv.1');
    assert.equal(depthwise?.kind, 'convolution');
  });

  test('labels from the file, from another file, and from the caller', async () => {
    const found = await page.evaluate(async () => {
      const names = Array.from({ length: 10 }, (_, index) => `class ${index}`);
      const text = new Blob([names.join('\n')]);
      const found = [];
      const open = async (options) => {
        const { classes, labelsFrom } = await opener.openNetwork(options);
        found.push([labelsFrom, classes.at(-1)]);
      };
      await open({ onnx: orientation });
      await open(sibling({ labels: names }));
      await open(sibling({ labels: text }));
      const { data } = sibling();
      await open(sibling({ data: { ...data, 'labels.txt': text } }));
      const few = await opener
        .openNetwork(sibling({ labels: names.slice(1) }))
        .catch(({ code, detail }) => [code, detail]);
      return { found, few };
    });
    assert.deepEqual(found.found, [
      ['metadata', '270'],
      ['options', 'class 9'],
      ['options', 'class 9'],
      ['labels.txt', 'class 9'],
    ]);
    assert.deepEqual(found.few, ['setting-out-of-range', '`labels` has 9 labels for 10 classes']);
  });

  test('methods that are defined by ReLUs are undefined without them, and say so', async () => {
    const { info, code } = await page.evaluate(async () => {
      const info = await opener.openNetwork({ onnx: orientation });
      const call = () => opener.saliency({ classIndex: 0, method: 'deconvnet', views: 1 });
      return { info, code: await codeOf(call) };
    });
    assert.deepEqual(info.leftOut, ['Softmax']);
    const undefinedIds = info.undefinedMethods.map(({ id }) => id);
    const expected = code === 'no error' ? [] : ['deconvnet', 'guided_backprop', 'guided_grad_cam'];
    assert.deepEqual(undefinedIds, expected);
    assert.deepEqual(info.methods.length + undefinedIds.length, 8);
    assert.ok(info.undefinedMethods.every(({ reason }) => reason.includes('ReLU')));
  });

  test('the input as it was reported, and any part of it by the caller', async () => {
    const found = await page.evaluate(async () => {
      const scores = async (input) => {
        const info = await opener.openNetwork(sibling({ input }));
        const sources = info.guesses.map(({ source }) => source);
        return { info, sources, scores: [...(await opener.classify())] };
      };
      const guessed = await scores(undefined);
      return {
        guessed,
        again: await scores(guessed.info.input),
        bytes: await scores({
          range: 255,
          mean: [123.675, 116.28, 103.53],
          std: [58.395, 57.12, 57.375],
        }),
        bgr: await scores({ channels: 'BGR' }),
        squashed: await scores({ fit: 'squash' }),
      };
    });
    assert.deepEqual(found.again.info.input, found.guessed.info.input);
    assert.deepEqual(found.again.sources, Array(8).fill('options'));
    assert.deepEqual(found.again.scores, found.guessed.scores);
    for (const [index, score] of found.bytes.scores.entries())
      assert.ok(Math.abs(score - found.guessed.scores[index]) < 1e-4);
    assert.deepEqual(found.bgr.info.input.mean, [0.406, 0.456, 0.485]);
    assert.notDeepEqual(found.bgr.scores, found.guessed.scores);
    assert.notDeepEqual(found.squashed.scores, found.guessed.scores);
  });

  test("the input's gradient is the change of the score per pixel value", async () => {
    const { predicted, changed } = await page.evaluate(async () => {
      // This network has smooth activations: its score is a straight line over one pixel value.
      const input = { fit: 'squash', mean: [0.5], std: [2, 1, 3] };
      await opener.openNetwork({ onnx: orientation, input });
      const picture = (step) => {
        const image = new ImageData(224, 224);
        image.data.forEach((_, i) => {
          const value = 120 + 60 * Math.sin(i / 17) * Math.cos(i / 1111);
          image.data[i] = i % 4 === 3 ? 255 : Math.round(value) + (i % 4 === 0 ? step : 0);
        });
        return image;
      };
      const score = async (step) => {
        opener.setPicturePixels(picture(step));
        return (await opener.classify())[3];
      };
      const [below, above] = [await score(-1), await score(1)];
      await score(0);
      const gradient = await opener.inputGradient(3);
      opener.setPictureFile(await read('/samples/chelsea.jpg'));
      return {
        predicted: gradient.slice(0, 224 * 224).reduce((a, b) => a + b, 0),
        changed: (above - below) / 2,
      };
    });
    assert.ok(Math.abs(predicted - changed) < 0.03 * Math.abs(changed), `${predicted}, ${changed}`);
  });

  test('a map covers the photo, and is 0 where the centre crop does not reach', async () => {
    const { grid, width, height } = await page.evaluate(async () => {
      await opener.openNetwork(sibling());
      const map = await opener.saliency({ classIndex: 1, views: 1 });
      const { width, height } = map;
      const grid = { ...map.grid, values: [...map.grid.values] };
      map.free();
      return { grid, width, height };
    });
    assert.deepEqual([width, height], [451, 300]);
    // 64 / 0.875 rows, and as many columns as the photo's aspect ratio makes of them.
    assert.deepEqual([grid.height, grid.width], [73, 109]);
    const used = (row, column) => grid.values[row * 109 + column] > 0;
    assert.ok(!used(0, 54) && !used(36, 20) && !used(36, 90));
    assert.ok(grid.values.filter((value) => value > 0).length > 0.9 * 64 * 48);
  });

  test('values of the output are targets', async () => {
    const { same, other, codes } = await page.evaluate(async () => {
      const { output } = await opener.openNetwork(sibling());
      const map = async (target) =>
        (await opener.saliency({ ...target, views: 1 })).grid.values.join();
      const call = (target) => codeOf(() => opener.saliency({ ...target, views: 1 }));
      return {
        same: (await map({ output, index: 3 })) === (await map({ classIndex: 3 })),
        other: (await map({ output, index: 4 })) === (await map({ classIndex: 3 })),
        codes: await Promise.all([
          call({ output, index: 10 }),
          call({ output }),
          call({ output: 'y', index: 1 }),
          call({ output, index: 1, classIndex: 1 }),
        ]),
      };
    });
    assert.deepEqual([same, other], [true, false]);
    assert.deepEqual(codes, Array(4).fill('setting-out-of-range'));
  });

  testRefusals({
    'opener.openNetwork()': 'the options must be an object, not undefined',
    'opener.openNetwork({})':
      '`onnx` must be an ArrayBuffer, a typed array, a DataView or a Blob, not undefined',
    'opener.openNetwork(sibling({ input: { meen: [0] } }))':
      'unknown option `meen`: did you mean `mean`?',
    'opener.openNetwork(sibling({ label: [] }))': 'unknown option `label`: did you mean `labels`?',
    'opener.openNetwork(sibling({ input: { channels: "RGBA" } }))':
      '`channels` must be RGB, BGR or grey, not "RGBA"',
    'opener.openNetwork(sibling({ input: { range: 2 } }))': '`range` must be 1 or 255, not 2',
    'opener.openNetwork(sibling({ input: { rows: 65 } }))':
      '`rows` must be 64, as the file has it, not 65',
    'opener.openNetwork(sibling({ input: { mean: [1, "2", 3] } }))':
      '`mean[1]` must be a number, not "2"',
    'opener.openNetwork(sibling({ input: { std: [1, 2] } }))':
      '`std` must be 3 numbers, or one, not 2',
    'opener.openNetwork(sibling({ input: { fit: "squash", cropFraction: 0.9 } }))':
      '`cropFraction` is of `fit` crop, not squash',
    'opener.openNetwork(sibling({ data: { "a.data": "bytes" } }))':
      '`data["a.data"]` must be an ArrayBuffer, a typed array, a DataView or a Blob, not "bytes"',
    'opener.openNetwork(sibling({ labels: [1] }))': '`labels[0]` must be a string, not 1',
    'opener.openNetwork(sibling({ output: "probabilities" }))':
      'the network has no output "probabilities"',
  });

  test('a file that is refused leaves the network that there was', async () => {
    const found = await page.evaluate(async () => {
      await opener.openNetwork({ onnx: orientation });
      const before = [...(await opener.classify())];
      const { onnx } = sibling();
      const huge = new Blob(Array(9).fill(new Blob([new Uint8Array(1 << 27)])));
      const codes = {};
      for (const [name, options] of Object.entries({
        text: { onnx: new TextEncoder().encode('no network') },
        empty: { onnx: new Uint8Array() },
        half: { onnx: orientation.subarray(0, orientation.length / 2) },
        'no data': { onnx },
        'data cut short': { onnx, data: { 'mobilenet_v2.dynamo.onnx.data': new Uint8Array(9) } },
        huge: { onnx: huge },
      }))
        codes[name] = await codeOf(() => opener.openNetwork(options));
      const named = await opener.openNetwork({ onnx }).catch(({ detail }) => detail);
      return { codes, named, before, after: [...(await opener.classify())] };
    });
    assert.deepEqual(found.codes, {
      text: 'network-corrupt',
      empty: 'network-corrupt',
      half: 'network-corrupt',
      'no data': 'network-corrupt',
      'data cut short': 'network-corrupt',
      huge: 'network-too-large',
    });
    assert.match(found.named, /"mobilenet_v2.dynamo.onnx.data", which is missing/);
    assert.deepEqual(found.after, found.before);
  });
});
