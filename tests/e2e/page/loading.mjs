// Loading program and network, and the device that computes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch } from '../browser.mjs';
import { visit } from '../visit.mjs';
import { arrive, site } from './site.mjs';

describe('where it computes', () => {
  test('a software adapter: the CPU is taken, and the page says why', async () => {
    const v = await arrive();
    await v.ready();
    assert.equal(await v.page.textContent('#device'), 'CPU');
    assert.match(await v.page.textContent('#device-notice'), /slower/);
  });

  test('no WebGPU: the CPU, with its notice', async () => {
    const plain = await launch({ webgpu: false });
    try {
      const v = (site.visitor = await visit(plain, site.server.address, {
        before: () => delete Navigator.prototype.gpu,
      }));
      await v.ready();
      assert.equal(await v.page.textContent('#device'), 'CPU');
      assert.match(await v.page.textContent('#device-notice'), /no WebGPU/);
      await v.takeSample('chelsea.jpg');
      const [name] = await v.classes();
      await v.chooseClass(0);
      await v.threeCardsShow(name);

      // The same browser, asked for WebGPU by name: an error that leads to the CPU.
      await v.askInVainForWebGpu();
    } finally {
      await site.visitor.page.context().close();
      await plain.close();
    }
  });
});

describe('what does not load has a card, and the next action works', () => {
  const WEIGHTS = {
    'weights-corrupt': (body) => ({
      body: Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1) ^ 1])]),
    }),
    'weights-download-failed': () => ({ status: 404, body: 'not found' }),
  };

  const HTML = () => ({ type: 'text/html', body: '<!doctype html>' });

  for (const [code, fault] of [...Object.entries(WEIGHTS), ['weights-download-failed', HTML]]) {
    test(`weights: ${code}, ${fault.name || 'a web page instead'}`, async () => {
      site.server.put('.onnx', fault);
      const v = await arrive();
      const card = await v.problem(code);
      site.server.clear();
      await (await card.$('button:text-is("Try again")')).click();
      await v.ready();
      await v.takeSample('chelsea.jpg');
      await v.chooseClass(0);
      await v.threeCardsShow((await v.classes())[0]);
    });
  }

  test('a damaged copy of the weights in the cache is thrown away', async () => {
    const v = await arrive();
    await v.ready();
    const damaged = await v.page.evaluate(async () => {
      const cache = await caches.open((await caches.keys())[0]);
      const [key] = await cache.keys();
      const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
      bytes[bytes.length - 1] ^= 1;
      await cache.put(key, new Response(bytes));
      return bytes.length;
    });
    assert.ok(damaged > 1e6);
    await v.page.reload();
    await v.ready();
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('no storage: everything works uncached', async () => {
    const v = await arrive({
      before: () => {
        if (globalThis.CacheStorage)
          CacheStorage.prototype.open = () => Promise.reject(new Error('refused'));
      },
    });
    await v.ready();
    await v.takeSample('chelsea.jpg');
  });

  test('the program is missing', async () => {
    site.server.put('_bg.wasm', () => ({ status: 404, type: 'text/plain', body: 'not found' }));
    const v = await arrive();
    const card = await v.problem('program-load-failed');
    site.server.clear();
    await (await card.$('button:text-is("Try again")')).click();
    await v.ready();
  });

  test('a GPU that cannot run what it is given: the CPU goes on, and the page says why', async () => {
    site.server.put('pkg/deep_inside.js', (program) => ({
      body: `${program}
      const open = Engine.open;
      // As if the adapter were a GPU
      Engine.open = (device) => open(device === 'auto' ? 'webgpu' : device);
      const create = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function (shader) { return create.call(this, { ...shader, code: 'fn broken(' }); };`,
    }));
    const v = await arrive();
    await v.ready();
    site.server.clear();
    await v.page.waitForSelector('text=WebGPU failed');
    await v.takeSample('chelsea.jpg');
    await v.chooseClass(0);
    await v.page.waitForSelector('#saliency .stage canvas[aria-label]:visible');
  });
});
