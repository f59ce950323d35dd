// pkg/ as another program uses it: the names, shapes and errors of the JavaScript API. Run with
// `npm run e2e`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';

const ROOT = join(import.meta.dirname, '../..');
const golden = (file) => readFileSync(join(ROOT, 'tests/golden', file)).toString('base64');

let server;
let browser;
/** @type {import('playwright-core').Page} */
let page;

/**
 * A page that has loaded nothing yet. `openEngine(device)` in it starts the program and loads the
 * network.
 * @param {() => void} [before] runs in it before anything else
 */
async function freshPage(before) {
  const fresh = await (await browser.newContext()).newPage();
  fresh.setDefaultTimeout(90_000);
  if (before) await fresh.addInitScript(before);
  await fresh.addInitScript(() => {
    globalThis.openEngine = async (device) => {
      const { default: init, Engine } = await import('/pkg/deep_inside.js');
      await init();
      const read = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
      const [network] = Engine.networks();
      const weights = await read(`/pkg/weights/${network.weights.file}`);
      const engine = await Engine.open(device);
      await engine.loadNetwork(network.id, weights);
      return { Engine, engine, network, weights, read };
    };
  });
  await fresh.goto(`${server.address}nothing-here`); // any document of this origin
  return fresh;
}

before(async () => {
  server = await serve(process.env.DIST || join(ROOT, 'dist'));
  browser = await launch();
  page = await freshPage();
  await page.evaluate(async () => {
    const opened = await openEngine('cpu');
    opened.engine.setPictureFile(await opened.read('/samples/chelsea.jpg'));
    /** What a call ends with: the code of its error, and its class. */
    const codeOf = async (call) => {
      try {
        await call();
        return 'no error';
      } catch (error) {
        return error instanceof Error &&
          error.name === 'EngineError' &&
          error.message &&
          'detail' in error
          ? error.code
          : `not coded: ${error}`;
      }
    };
    Object.assign(globalThis, opened, { codeOf });
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

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

describe('results', () => {
  test('the device', async () => {
    const device = await page.evaluate(() => engine.device);
    assert.equal(device.kind, 'cpu');
    assert.equal(typeof device.software, 'boolean');
    assert.ok(device.adapter && device.reason);
  });

  test('WebGPU by name: the larger program computes the same as the smaller', async () => {
    const found = await page.evaluate(async () => {
      const scores = [];
      const kinds = [];
      for (const device of ['webgpu', 'cpu']) {
        const other = await Engine.open(device);
        kinds.push(other.device.kind);
        await other.loadNetwork(network.id, weights);
        const run = other.classModel({ classIndex: 130, recipe: 'paper', side: 64 });
        scores.push((await run.step(1)).score);
        run.free();
        other.free();
      }
      return { kinds, scores };
    });
    assert.deepEqual(found.kinds, ['webgpu', 'cpu']);
    const [gpu, cpu] = found.scores;
    assert.ok(Math.abs(gpu - cpu) <= 1e-3 * Math.abs(cpu), `${gpu} and ${cpu}`);
  });

  test('after a warm-up, neither a gradient nor a class model builds a pipeline', async () => {
    const visitor = await freshPage();
    const found = await visitor.evaluate(async () => {
      let built = 0;
      const create = GPUDevice.prototype.createComputePipeline;
      GPUDevice.prototype.createComputePipeline = function (...pipeline) {
        built++;
        return create.apply(this, pipeline);
      };
      const { engine } = await openEngine('webgpu');
      const reports = [];
      await engine.warmUp({ onProgress: (done, total) => reports.push([done, total]) });
      const builtBefore = built;
      engine.setPicturePixels(new Uint8ClampedArray(32 * 32 * 4).fill(99), 32, 32);
      await engine.classify();
      await engine.inputGradient(285);
      const run = engine.classModel({ classIndex: 285, recipe: 'sharp', seed: 5 });
      await run.step(5);
      await run.pixels();
      run.free();
      return { builtBefore, builtAfter: built - builtBefore, reports };
    });
    assert.ok(found.builtBefore > 10, String(found.builtBefore));
    assert.equal(found.builtAfter, 0);
    assert.deepEqual(
      found.reports,
      [0, 1, 2, 3, 4, 5].map((done) => [done, 5]),
    );
    await visitor.context().close();
  });

  test('what WebGPU finds invalid, or a lost device, is a coded error, and later engines work', async () => {
    const visitor = await freshPage();
    const found = await visitor.evaluate(async () => {
      const create = GPUDevice.prototype.createShaderModule;
      const used = [];
      let made = 0;
      GPUDevice.prototype.createShaderModule = function (shader) {
        if (!used.includes(this)) used.push(this);
        return create.call(this, ++made === 3 ? { ...shader, code: 'fn broken(' } : shader);
      };
      const explain = (engine) =>
        engine.inputGradient(285).then(
          (gradient) => gradient.some((value) => value !== 0),
          ({ code }) => code,
        );
      const open = async (device) => {
        const { engine } = await openEngine(device);
        engine.setPicturePixels(
          new Uint8ClampedArray(32 * 32 * 4).map((_, i) => i % 251),
          32,
          32,
        );
        return engine;
      };
      const endings = {};
      const broken = await open('webgpu');
      endings.broken = await explain(broken);
      const second = await open('webgpu');
      endings.after = await explain(second);
      endings.still = await explain(broken);
      used[1]?.destroy();
      await used[1]?.lost;
      endings.afterLoss = await explain(await open('webgpu'));
      endings.lost = await explain(second);
      endings.cpu = await explain(await open('cpu'));
      return { endings, devices: used.length };
    });
    assert.deepEqual(found, {
      endings: {
        broken: 'gpu-lost',
        after: true,
        still: 'gpu-lost',
        afterLoss: true,
        lost: 'gpu-lost',
        cpu: true,
      },
      devices: 3,
    });
    await visitor.context().close();
  });

  test('with and without relaxed SIMD, a program of its own computes the same', async () => {
    const pictures = ['chelsea.png', 'coffee.png', 'motorcycle.png', 'rocket.png'];
    const gradients = [];
    for (const program of ['deep_inside_relaxed_bg.wasm', 'deep_inside_bg.wasm']) {
      const visitor = await freshPage(
        program === 'deep_inside_bg.wasm'
          ? () => {
              WebAssembly.validate = () => false;
            }
          : undefined,
      );
      const fetched = [];
      visitor.on('request', (request) => fetched.push(request.url().split('/').at(-1)));
      gradients.push(
        await visitor.evaluate(async (files) => {
          const { engine } = await openEngine('cpu');
          const grey = new Uint8ClampedArray(64 * 64 * 4).fill(128); // every pool window a tie
          engine.setPicturePixels(grey, 64, 64);
          const found = [Array.from(await engine.inputGradient(285))];
          for (const base64 of files) {
            engine.setPictureFile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
            found.push(Array.from(await engine.inputGradient(285)));
          }
          return found;
        }, pictures.map(golden)),
      );
      assert.deepEqual(
        fetched.filter((name) => name.endsWith('.wasm')),
        [program],
      );
      await visitor.context().close();
    }
    const squares = (values) => values.reduce((sum, value) => sum + value * value, 0);
    for (const [k, name] of ['grey', ...pictures].entries()) {
      const [relaxed, plain] = gradients.map((found) => found[k]);
      const apart = Math.sqrt(
        squares(plain.map((value, i) => value - relaxed[i])) / squares(plain),
      );
      assert.ok(apart > 0 && apart < 1e-5, `${name}: ${apart}`);
    }
  });

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

  test('saliency, segment and locate come back in the frame of the photo', async () => {
    const found = await page.evaluate(async () => {
      const photo = engine.setPictureFile(await read('/samples/coffee.jpg'));
      const classIndex = 504;
      const progress = [];
      const map = await engine.saliency({
        classIndex,
        onProgress: (done, total) => progress.push([done, total]),
      });
      const { width, height, values } = map;
      const cuts = {
        segment: await engine.segment({ saliency: map, foregroundQuantile: 0.9 }),
        grid: await engine.segment({ saliency: map.grid, foregroundQuantile: 0.9 }),
        plain: await engine.segment({
          saliency: { width, height, values },
          foregroundQuantile: 0.9,
        }),
        coarse: await engine.segment({ saliency: map, mode: 'best', workingSide: 100 }),
        paper: await engine.locate({ classIndex, mode: 'paper' }),
        best: await engine.locate({ classIndex }),
      };
      const describe = (cut) => {
        const levels = [...new Set(cut.mask)].sort((a, b) => a - b);
        const columns = [],
          rows = [];
        cut.mask.forEach(
          (value, i) =>
            value && (columns.push(i % cut.width), rows.push(Math.floor(i / cut.width))),
        );
        const least = (a) => a.reduce((x, y) => Math.min(x, y)),
          most = (a) => a.reduce((x, y) => Math.max(x, y));
        const tight = {
          x: least(columns),
          y: least(rows),
          width: most(columns) - least(columns) + 1,
          height: most(rows) - least(rows) + 1,
        };
        return {
          size: [cut.width, cut.height, cut.mask.length],
          kind: cut.mask.constructor.name,
          levels,
          box: cut.box,
          tight,
          energy: cut.energy,
          flow: cut.flow,
        };
      };
      return {
        photo,
        progress,
        map: {
          width,
          height,
          length: values.length,
          kind: values.constructor.name,
          least: values.reduce((a, b) => Math.min(a, b)),
        },
        cuts: Object.fromEntries(Object.entries(cuts).map(([name, cut]) => [name, describe(cut)])),
      };
    });
    const { width, height } = found.photo;
    assert.deepEqual(found.map, {
      width,
      height,
      length: width * height,
      kind: 'Float32Array',
      least: found.map.least,
    });
    assert.ok(found.map.least >= 0);
    assert.deepEqual(found.progress.at(-1), [10, 10]);
    for (const [name, cut] of Object.entries(found.cuts)) {
      assert.deepEqual(cut.size, [width, height, width * height], name);
      assert.equal(cut.kind, 'Uint8Array', name);
      assert.deepEqual(cut.levels, [0, 255], name);
      assert.deepEqual(cut.box, cut.tight, name);
      assert.ok(
        Math.abs(cut.energy - cut.flow) <= 1e-6 * Math.abs(cut.flow),
        `${name}: energy ${cut.energy}, flow ${cut.flow}`,
      );
    }
    assert.deepEqual(found.cuts.grid, found.cuts.segment);
    // Of the values in the photo's frame, which are the grid's, interpolated, much the same.
    for (const [key, value] of Object.entries(found.cuts.plain.box))
      assert.ok(Math.abs(value - found.cuts.segment.box[key]) < 10, key);
  });

  test('a cut is corrected by strokes, and taken back', async () => {
    const found = await page.evaluate(async () => {
      const { width, height } = engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const cut = await engine.objectCut({ rectangle: { x: 40, y: 20, width: 380, height: 270 } });
      const of = (object) => ({
        mask: [...object.mask].join(''),
        sums: [object.mask, object.alpha].map((a) => a.reduce((x, y) => x + y, 0)),
        share: object.share,
      });
      const first = await cut.segmentation();
      const cover = first.cover(90, 60);
      const states = [of(first)];
      const stroke = { points: Float32Array.of(200, 150, 240, 160), radius: 20, object: false };
      const stroked = await cut.stroke(stroke);
      const inside = stroked.mask[155 * width + 220];
      states.push(of(stroked));
      const two =
        (await cut.stroke({ points: Float32Array.of(10, 10), radius: 9, object: true }),
        cut.strokes);
      states.push(of(await cut.undo()), of(await cut.clear()));
      const refused = await codeOf(() => cut.stroke({ ...stroke, radius: NaN }));
      const left = cut.strokes;
      cut.free();
      const iterated = await engine.segment({
        rectangle: { x: 40, y: 20, width: 380, height: 270 },
        iterations: 2,
        workingSide: 200,
      });
      return {
        width,
        height,
        states,
        inside,
        two,
        refused,
        left,
        cover: [cover.length, Math.max(...cover)],
        iterated: iterated.mask.length,
      };
    });
    const [first, stroked, undone, cleared] = found.states;
    assert.equal(first.mask.length > 0 && found.iterated, found.width * found.height);
    assert.equal(found.inside, 0);
    assert.notDeepEqual(stroked, first);
    assert.deepEqual(undone, stroked);
    assert.deepEqual(cleared, first);
    assert.ok(first.sums[0] !== first.sums[1] && first.share > 0 && first.share < 1);
    assert.deepEqual(
      [found.two, found.left, found.refused, found.cover],
      [2, 0, 'setting-out-of-range', [5400, 255]],
    );
  });

  test('a cut tells what it started from', async () => {
    const found = await page.evaluate(async () => {
      const map = await engine.saliency({ classIndex: 285, views: 1 });
      const { width, height } = map;
      const cuts = [
        await engine.objectCut({ saliency: map, mode: 'paper' }),
        await engine.objectCut({ saliency: map }),
        await engine.objectCut({ rectangle: { x: 40, y: 20, width: 380, height: 270 } }),
      ];
      const told = cuts.map((cut) => {
        const seeds = cut.seeds(width, height);
        const share = (code) => seeds.filter((seed) => seed === code).length / (width * height);
        return {
          kind: seeds.constructor.name,
          length: seeds.length,
          background: share(1),
          object: share(2),
          quantiles: [cut.foregroundQuantile, cut.backgroundQuantile],
        };
      });
      const small = cuts[0].seeds(90, 60).length;
      const refused = await codeOf(() => cuts[0].seeds(width + 1, height));
      for (const each of [map, ...cuts]) each.free();
      return { told, small, refused, pixels: width * height };
    });
    const [paper, best, boxed] = found.told;
    assert.deepEqual(
      [found.small, found.refused, paper.kind, paper.length],
      [5400, 'setting-out-of-range', 'Uint8Array', found.pixels],
    );
    assert.deepEqual(
      [paper.quantiles, best.quantiles, boxed.quantiles],
      [
        [0.95, 0.3],
        [0.9, 0.7],
        [undefined, undefined],
      ],
    );
    for (const {
      object,
      background,
      quantiles: [above, below],
    } of [paper, best]) {
      assert.ok(
        Math.abs(object - (1 - above)) < 0.01 && Math.abs(background - below) < 0.01,
        `${object}, ${background}`,
      );
    }
    assert.ok(
      Math.abs(boxed.object - (380 * 270) / found.pixels) < 1e-9 &&
        Math.abs(boxed.object + boxed.background - 1) < 1e-9,
    );
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
      kind: 'convolution',
      channels: 64,
      rows: 113,
      columns: 113,
    });
    assert.deepEqual(found.layers.at(-1), {
      name: 'classifier.1',
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

  test('an overlay, a mask and a cut-out as PNG files are the pixels that the engine has', async () => {
    const found = await page.evaluate(async () => {
      const decoded = async (file) => {
        const bitmap = await createImageBitmap(file, {
          premultiplyAlpha: 'none',
          colorSpaceConversion: 'none',
        });
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
      };
      const cut = await engine.segment({ rectangle: { x: 40, y: 20, width: 380, height: 270 } });
      const photo = engine.picturePixels();
      const count = photo.width * photo.height;
      const style = { intensity: Uint8Array.of(0, 90, 180, 255), width: 2, height: 2 };
      const shown = engine.overlay(style);
      const [overlay, mask, cutout] = await Promise.all(
        [engine.overlayPng(style), cut.maskPng(), cut.cutoutPng()].map(async (file) =>
          decoded(await file),
        ),
      );
      const pixels = Array.from({ length: count }, (_, i) => i);
      const rgb = [0, 1, 2];
      const controller = new AbortController();
      controller.abort();
      const { signal } = controller;
      return {
        overlay: overlay.every((value, i) => value === shown.rgba[i]),
        mask: pixels.every(
          (i) => rgb.every((c) => mask[4 * i + c] === cut.mask[i]) && mask[4 * i + 3] === 255,
        ),
        alpha: pixels.every((i) => cutout[4 * i + 3] === cut.alpha[i]),
        colours: pixels.every(
          (i) =>
            cut.alpha[i] < 255 || rgb.every((c) => cutout[4 * i + c] === photo.rgba[4 * i + c]),
        ),
        refused: await Promise.all(
          [{ intensity: 3 }, { width: 3 }, { drawn: 1 }].map((options) =>
            codeOf(() => engine.overlayPng({ ...style, ...options })),
          ),
        ),
        cancelled: await Promise.all(
          [engine, cut, cut].map((of, i) =>
            codeOf(() =>
              of[['overlayPng', 'maskPng', 'cutoutPng'][i]](i ? { signal } : { ...style, signal }),
            ),
          ),
        ),
      };
    });
    assert.deepEqual(found, {
      overlay: true,
      mask: true,
      alpha: true,
      colours: true,
      refused: Array(3).fill('setting-out-of-range'),
      cancelled: Array(3).fill('cancelled'),
    });
  });

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

describe('what callers pass', () => {
  test('an unknown option is named, whatever the call', async () => {
    const details = await page.evaluate(async () => {
      engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const rectangle = { x: 40, y: 20, width: 380, height: 270 };
      const cut = await engine.objectCut({ rectangle, workingSide: 64 });
      const check = await engine.sanityCheck({ classIndex: 1, views: 1 });
      const calls = [
        (options) => engine.warmUp(options),
        (options) => engine.saliency({ classIndex: 1, ...options }),
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
    assert.deepEqual(details, Array(10).fill('unknown option `bogus`'));
  });

  const RECTANGLE = '{ x: 9, y: 9, width: 99, height: 99 }';
  const DETAILS = {
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
  };
  for (const [call, detail] of Object.entries(DETAILS)) {
    test(`${call}: ${detail}`, async () => {
      assert.deepEqual(
        await page.evaluate(
          `(async () => ${call})().then(() => 'no error', ({ code, detail }) => [code, detail])`,
        ),
        ['setting-out-of-range', detail],
      );
    });
  }

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

describe('errors are coded, and the next call works', () => {
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
