// A GPU that does not answer, or refuses a device.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, inWorker, site, v } from './site.mjs';

describe('a GPU that does not answer', () => {
  /**
   * Counts what the engine asks for; the answers come late or never.
   * @param {{adapter?: string, device?: string}} waits   expressions
   * @param {number} [tenSeconds]   how long, in milliseconds, the engine waits when it waits for ten
   *   seconds
   */
  const gpu = ({ adapter = '0', device = '0' }, tenSeconds = 10_000) =>
    inWorker(
      `
    const { setTimeout: wait } = self;
    self.setTimeout = (callback, ms, ...rest) =>
      wait(callback, ms === 10000 ? ${tenSeconds} : ms, ...rest);
    const later = (wait) => new Promise((resolve) => { if (wait !== Infinity) setTimeout(resolve, wait); });
    const { requestAdapter } = GPU.prototype;
    GPU.prototype.requestAdapter = async function (options) {
      fetch('asked-for-adapter');
      await later(${adapter});
      const found = await requestAdapter.call(this, options);
      const { info } = found; // as if it were a GPU
      for (const [name, value] of Object.entries({ vendor: 'test', architecture: 'slow', device: '', description: '', isFallbackAdapter: false })) {
        Object.defineProperty(info, name, { value });
      }
      return found;
    };
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      fetch('asked-for-device');
      await later(${device});
      ${device === 'refused' ? "throw new DOMException('no', 'OperationError');" : ''}
      return requestDevice.call(this, descriptor);
    };`.replace('later(refused)', 'later(0)'),
    );

  /** How often the engine has asked, since `from`. @param {string} what @param {number} from */
  const asked = (what, from) =>
    site.server.requests.slice(from).filter(({ path }) => path.endsWith(`asked-for-${what}`))
      .length;

  for (const [what, waits, reason] of [
    ['adapter', { adapter: 'Infinity' }, /has not answered .* within 10 seconds/],
    ['device', { device: 'Infinity' }, /has given no device within 10 seconds/],
  ]) {
    test(`no ${what}: after ten seconds the CPU, and the page says why`, async () => {
      gpu(waits);
      const from = site.server.requests.length;
      const started = Date.now();
      await arrive();
      await v.ready();
      const seconds = (Date.now() - started) / 1000;
      console.log(`  ready after ${seconds.toFixed(1)} s`);
      assert.ok(seconds > 9.5 && seconds < 18, `${seconds} s`);
      assert.match(await v.page.textContent('#device-notice'), reason);
      assert.equal(await v.page.textContent('#device'), 'CPU');
      assert.equal(asked('adapter', from), 1);
      await v.takeSample('chelsea.jpg');
    });

    test(`no ${what}, and WebGPU was asked for by name: an error with a code, and the CPU goes on`, async () => {
      gpu(waits, 500); // the test above waits
      await arrive({ hash: '#device=webgpu' });
      const card = await v.problem('gpu-unavailable');
      assert.match(await card.textContent(), reason);
      assert.equal(await v.page.textContent('#device'), 'Not loaded');
      await (await card.$('button:text-is("Use the CPU")')).click();
      await v.ready();
    });
  }

  test('a slow adapter is asked for, and waited for, once', async () => {
    gpu({ adapter: '3000' });
    const from = site.server.requests.length;
    const started = Date.now();
    await arrive({ hash: '#device=webgpu' });
    await v.page.waitForFunction(() =>
      /^(Warming up|Ready)/.test(document.querySelector('.status-text')?.textContent ?? ''),
    );
    console.log(
      `  the device is open after ${((Date.now() - started) / 1000).toFixed(1)} s, of which the adapter took 3`,
    );
    assert.equal(asked('adapter', from), 1);
    assert.equal(asked('device', from), 1);
  });

  test('an adapter that refuses a device is asked for once, too, and the CPU goes on', async () => {
    gpu({ device: 'refused' });
    const from = site.server.requests.length;
    await arrive();
    await v.ready();
    assert.match(await v.page.textContent('#device-notice'), /WebGPU could not be started/);
    assert.equal(asked('adapter', from), 1);
    assert.equal(asked('device', from), 1);
  });
});
