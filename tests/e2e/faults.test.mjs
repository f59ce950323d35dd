// What can break under the page's feet: the GPU, the memory, the camera, the tab itself. Each ends
// in its named error or in the right result, and the next action works. (A page left and kept by
// the browser: tests/engines/.) Run with `npm run e2e`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSite } from './site.mjs';

const site = openSite();
/** @type {Awaited<ReturnType<typeof site.arrive>>} */
let v;

/** @param {Parameters<typeof site.arrive>[0]} [options] */
const arrive = async (options) => (v = await site.arrive(options));

/** Every worker of the page does this before anything else. @param {() => void} hook */
const inWorkers = (hook) =>
  site.server.put('app/engine_worker.js', (worker) => ({ body: `(${hook})();\n${worker}` }));

/**
 * @template T
 * @param {() => T} run
 * @returns {Promise<T>}   run in the worker that the page has now
 */
const inWorker = (run) => v.page.workers().at(-1).evaluate(run);

/** The GPU devices and the memories of a worker, in the order in which they were made. */
function keepHandles() {
  Object.assign(globalThis, { devices: [], memories: [], lost: 0 });
  const { requestDevice } = globalThis.GPUAdapter?.prototype ?? {};
  if (requestDevice) {
    GPUAdapter.prototype.requestDevice = async function (...wishes) {
      const device = await requestDevice.apply(this, wishes);
      globalThis.devices.push(device);
      return device;
    };
  }
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const make = WebAssembly[name];
    WebAssembly[name] = async (...program) => {
      const made = await make(...program);
      globalThis.memories.push((made.instance ?? made).exports.memory);
      return made;
    };
  }
}

/** How often the page has asked a worker to open an engine. */
function countOpenings() {
  globalThis.openings = 0;
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.call === 'open') globalThis.openings++;
    return post.call(this, message, ...rest);
  };
}

/** A picture of a sample, with the likeliest class's name. */
async function sampled() {
  await v.ready();
  await v.takeSample('chelsea.jpg');
  return (await v.classes())[0];
}

/** Until the engine is up again after a crash. @param {number} openings   in all */
async function restarted(openings) {
  await v.page.waitForFunction(
    (count) =>
      globalThis.openings === count &&
      !/^(Starting|Downloading|Preparing|Warming)/.test(
        document.querySelector('.status-text').textContent,
      ),
    openings,
  );
  await v.dismissProblems();
}

const modelTakes = (/** @type {number} */ step) =>
  v.page.waitForFunction(
    (least) =>
      Number(
        document.querySelector('#model .card-state').textContent.match(/step (\d+)/)?.[1] ?? 0,
      ) >= least,
    step,
  );

/** Small and quick, as the GPU here computes on the CPU. */
const ON_GPU = '#device=webgpu&recipe=paper&side=128';

describe('a GPU that is not to be had', () => {
  /** As if the adapter were a GPU, so that the page takes it by itself. */
  const asHardware = `
    for (const [key, value] of Object.entries({ vendor: 'test', architecture: 'gpu', device: '', description: '', isFallbackAdapter: false })) {
      Object.defineProperty(GPUAdapterInfo.prototype, key, { get: () => value });
    }`;

  test('no adapter: the CPU, and the page says why; asked for by name, an error that leads to the CPU', async () => {
    inWorkers(() => {
      GPU.prototype.requestAdapter = async () => null;
    });
    await arrive();
    await sampled();
    assert.equal(await v.page.textContent('#device'), 'CPU');
    assert.match(await v.page.textContent('#device-notice'), /adapter/);
    await v.askInVainForWebGpu();
    await v.chooseClass(0);
    await v.threeCardsShow((await v.classes())[0]);
  });

  test('an adapter that refuses a device: the CPU, and the page says why; asked for by name, an error that leads to the CPU', async () => {
    inWorkers(
      new Function(`${asHardware}
      GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException('no device today', 'OperationError'));`),
    );
    await arrive();
    await sampled();
    assert.equal(await v.page.textContent('#device'), 'CPU');
    assert.match(await v.page.textContent('#device-notice'), /WebGPU could not be started/);
    await v.askInVainForWebGpu();
  });

  test('an adapter with the least limits that there are: everything works on it', async () => {
    inWorkers(() => {
      // The specification's defaults, which every adapter has.
      const least = {
        maxBindGroups: 4,
        maxBindingsPerBindGroup: 1000,
        maxStorageBuffersPerShaderStage: 8,
        maxUniformBuffersPerShaderStage: 12,
        maxStorageBufferBindingSize: 2 ** 27,
        maxUniformBufferBindingSize: 65536,
        maxBufferSize: 2 ** 28,
        maxComputeWorkgroupStorageSize: 16384,
        maxComputeInvocationsPerWorkgroup: 256,
        maxComputeWorkgroupSizeX: 256,
        maxComputeWorkgroupSizeY: 256,
        maxComputeWorkgroupSizeZ: 64,
        maxComputeWorkgroupsPerDimension: 65535,
      };
      const { requestDevice } = GPUAdapter.prototype;
      Object.defineProperties(
        GPUSupportedLimits.prototype,
        Object.fromEntries(
          Object.entries(least).map(([key, value]) => [key, { get: () => value }]),
        ),
      );
      globalThis.wished = {};
      GPUAdapter.prototype.requestDevice = function (wishes) {
        globalThis.wished = { ...wishes?.requiredLimits };
        for (const [key, value] of Object.entries(least)) {
          if (globalThis.wished[key] > value)
            return Promise.reject(new DOMException(`${key} is ${value}`, 'OperationError'));
        }
        return requestDevice.call(this, {
          ...wishes,
          requiredLimits: { ...wishes?.requiredLimits, ...least },
        });
      };
    });
    await arrive({ hash: ON_GPU });
    const name = await sampled();
    assert.match(name, /cat|tabby|lynx/i);
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    assert.match(await v.page.textContent('#device'), /WebGPU/);
    assert.equal(await v.page.locator('.problem').count(), 0);
  });
});

describe('a GPU that fails in the middle', () => {
  test('lost in mid-step: gpu-lost, one restart with the photo; lost again soon: the CPU is offered, and nothing starts by itself', async () => {
    inWorkers(keepHandles);
    await arrive({
      hash: ON_GPU,
      before: new Function(`(${countOpenings})();
        const now = performance.now.bind(performance);
        performance.now = () => now() / 10; // half a minute is long, however busy this machine is
      `),
    });
    const name = await sampled();
    await v.chooseClass(0);
    await modelTakes(2);
    await inWorker(() => devices.at(-1).destroy());
    assert.match(await (await v.problem('gpu-lost')).textContent(), /engine was restarted/);
    await restarted(2);
    assert.match(await v.page.textContent('#device'), /WebGPU/);
    await v.chooseClass(0); // of the photo that was there
    await modelTakes(1);
    assert.equal(await v.page.locator('.problem').count(), 0);

    await inWorker(() => devices.at(-1).destroy());
    const card = await v.problem('gpu-lost');
    assert.match(await card.textContent(), /engine was not restarted/);
    await v.page.waitForSelector('.status-text:text("could not be started")');
    await v.page.waitForTimeout(1000);
    assert.equal(await v.page.evaluate(() => openings), 2);
    await (await card.$('button:text-is("Use the CPU")')).click();
    await v.page.waitForFunction(() => document.querySelector('#device')?.textContent === 'CPU');
    await v.chooseClass(0);
    await v.threeCardsShow(name);
  });

  test('an error that no call waits for: gpu-lost, and a new worker takes over', async () => {
    inWorkers(keepHandles);
    await arrive({ hash: ON_GPU, before: countOpenings });
    await sampled();
    await v.chooseClass(0);
    await modelTakes(1);
    await inWorker(() =>
      devices
        .at(-1)
        .createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE }),
    ); // exclude each other
    await v.problem('gpu-lost');
    await restarted(2);
    await v.chooseClass(0);
    await modelTakes(1);
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('values that are no numbers: gpu-lost, never a map or a class that is made of them', async () => {
    inWorkers(() => {
      // A driver that divides zero by zero: whatever shaders read back as results is NaN from the
      // photo on.
      const { writeBuffer } = GPUQueue.prototype;
      globalThis.broken = false;
      GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...part) {
        const bytes = ArrayBuffer.isView(data) ? data.byteLength : data.byteLength;
        if (globalThis.broken && bytes === 3 * 227 * 227 * 4) {
          const [from = 0, size = bytes - from] = part;
          return writeBuffer.call(this, buffer, offset, new Float32Array(size / 4).fill(NaN));
        }
        return writeBuffer.call(this, buffer, offset, data, ...part);
      };
    });
    await arrive({ hash: ON_GPU });
    await sampled();
    await inWorker(() => {
      globalThis.broken = true;
    });
    await v.page.click('.sample[data-file="coffee.jpg"]');
    await v.problem('gpu-lost');
    assert.doesNotMatch(await v.page.textContent('#classes'), /NaN/);
  });
});

describe('memory', () => {
  test('what does not fit: out-of-memory, a new worker, and the memory is back', async () => {
    inWorkers(keepHandles);
    await arrive({ hash: '#device=cpu', before: countOpenings });
    const name = await sampled();
    const usual = await inWorker(() => memories.at(-1).buffer.byteLength);
    const full = await inWorker(() => {
      const memory = memories.at(-1);
      for (let pages = 65536; pages >= 1; pages /= 2) {
        try {
          memory.grow(pages);
          pages *= 2; // once more
        } catch {
          // so many are not left
        }
      }
      return memory.buffer.byteLength;
    });
    assert.ok(full > 4 * usual, `${usual} bytes grew to ${full}`);
    await v.chooseClass(0);
    await v.problem('out-of-memory');
    await restarted(2);
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    await v.finished();
    assert.ok((await inWorker(() => memories.at(-1).buffer.byteLength)) < full / 4);
    assert.equal(await v.page.locator('.problem').count(), 0);
  });
});

test('hidden for minutes in mid-step: the work goes on, and the page shows it afterwards', async () => {
  await arrive({
    hash: '#recipe=sharp', // the longest
    before: () => {
      // What browsers do to a tab that nobody sees for minutes: no frames, and timers once a
      // minute.
      /** @type {{run: Function, args: any[]}[]} */
      const held = [];
      let hidden = false;
      for (const name of ['setTimeout', 'requestAnimationFrame']) {
        const ask = globalThis[name];
        globalThis[name] = (run, ...rest) =>
          ask((...args) => (hidden ? held.push({ run, args }) : run(...args)), ...rest);
      }
      Object.defineProperty(Document.prototype, 'hidden', { get: () => hidden });
      Object.defineProperty(Document.prototype, 'visibilityState', {
        get: () => (hidden ? 'hidden' : 'visible'),
      });
      globalThis.setHidden = (value) => {
        hidden = value;
        document.dispatchEvent(new Event('visibilitychange'));
        if (!hidden) for (const { run, args } of held.splice(0)) run(...args);
      };
    },
  });
  const name = await sampled();
  await v.chooseClass(0);
  await v.page.evaluate(() => setHidden(true));
  await new Promise((later) => setTimeout(later, 15_000)); // map and cut come first
  await v.page.evaluate(() => setHidden(false));
  await v.threeCardsShow(name);
  await v.finished();
  assert.ok((await v.modelStep()) > 4, 'nothing was done meanwhile');
  await v.chooseClass(1);
  await v.threeCardsShow((await v.classes())[1]);
  assert.equal(await v.page.locator('.problem').count(), 0);
});

describe('the camera', () => {
  /** The preview is there. */
  async function filming() {
    await arrive({
      before: () => {
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) =>
          (globalThis.stream = await ask(wanted));
      },
    });
    await v.ready();
    await v.page.click('text=Webcam');
    await v.page.waitForSelector('text=Take the picture');
  }

  /** The preview is gone, the light is out, and another picture can be chosen. */
  async function goesOnWithout() {
    await v.page.waitForSelector('text=Webcam');
    assert.deepEqual(
      await v.page.evaluate(() => [
        stream.getTracks()[0].readyState,
        document.querySelector('video').srcObject,
      ]),
      ['ended', null],
    );
    await v.takeSample('coffee.jpg');
    assert.equal(await v.page.locator('.problem').count(), 0);
  }

  test('unplugged in mid-preview: camera-lost', async () => {
    await filming();
    await v.page.evaluate(() => stream.getTracks()[0].dispatchEvent(new Event('ended')));
    await v.problem('camera-lost');
    await goesOnWithout();
  });

  test('its permission taken back in mid-preview: camera-lost', async () => {
    await filming();
    // Back to asking, which this browser answers with yes
    await v.page.context().clearPermissions();
    await v.page.context().grantPermissions([]); // nothing is allowed
    await v.problem('camera-lost');
    await goesOnWithout();
  });
});
