// Devices: which one an engine has, what it does there, and what a lost one means.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshPage, golden, page } from './site.mjs';

describe('devices', () => {
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
});
