// Times the engine and the page in one headless Chromium, on dist/: medians of warm runs. The
// WebGPU rows are those of whatever adapter the browser has; the first lines say which.
// usage: node tests/bench/bench.mjs [--without-webgpu]

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

import { visit } from '../e2e/visit.mjs';
import { countGpuCalls } from './count_gpu_calls.mjs';
import { DIST, openBench, quietPage, row } from './quiet_page.mjs';

const withWebGpu = !process.argv.includes('--without-webgpu');

const { server, browser, machine, close } = await openBench();

console.log(machine);
await transferred();
await firstMap();
await measureDevice('cpu', { runs: 9, warmUp: 3, growth: 227 });
if (withWebGpu) await measureDevice('webgpu', { runs: 9, warmUp: 3, growth: 64 });
await close();

/** What a first visit transfers, after brotli. */
async function transferred() {
  const sizes = {
    'first visit: wasm, js, css, html': 0,
    'first visit: weights': 0,
    'with a GPU, also': 0,
  };
  for (const file of readdirSync(DIST, { recursive: true })) {
    const path = join(DIST, file);
    if (!statSync(path).isFile()) continue;
    // Instead of the one with relaxed SIMD
    if (file.endsWith('deep_inside_bg.wasm') && file.startsWith(join('pkg', 'cpu'))) continue;
    const program = ['.wasm', '.js', '.css', '.html'].includes(extname(file));
    const kind =
      program && file.startsWith(join('pkg', 'webgpu'))
        ? 'with a GPU, also'
        : program
          ? 'first visit: wasm, js, css, html'
          : file.endsWith('squeezenet1_1.onnx')
            ? 'first visit: weights'
            : null;
    if (kind)
      sizes[kind] += brotliCompressSync(readFileSync(path), {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
      }).length;
  }
  for (const [kind, bytes] of Object.entries(sizes))
    row(kind, (bytes / 1e6).toFixed(2), 'MB, brotli');
}

/** From navigation, with nothing cached, to the first saliency map of a sample on the CPU. */
async function firstMap() {
  const times = [];
  let longest = 0;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const visitor = await visit(browser, `${server.address}#device=cpu`, { before: observeTasks });
    await visitor.takeSample('chelsea.jpg');
    await visitor.chooseClass(0);
    await visitor.page.waitForSelector('#saliency .stage canvas[aria-label]:visible');
    times.push(performance.now() - start);
    longest = Math.max(longest, await visitor.page.evaluate(() => globalThis.longestTask()));
    await visitor.leave();
  }
  row('navigation to first map, cpu', times.sort((a, b) => a - b)[1].toFixed(0), 'ms');
  row('longest block of the main thread', longest.toFixed(0), 'ms, until then');
}

/** Runs in the page, before anything else. */
function observeTasks() {
  const lengths = [0];
  const keep = (entries) => lengths.push(...entries.map(({ duration }) => duration));
  const observer = new PerformanceObserver((list) => keep(list.getEntries()));
  observer.observe({ type: 'longtask', buffered: true });
  globalThis.longestTask = () => (keep(observer.takeRecords()), Math.max(...lengths));
}

async function measureDevice(device, { runs, warmUp, growth }) {
  const page = await quietPage(await browser.newContext(), server, countGpuCalls);
  const { description, results } = await page.evaluate(
    async ({ device, runs, warmUp, growth }) => {
      const { Engine, engine, memory } = await openEngine(device);
      const photo = await createImageBitmap(await (await fetch('/samples/chelsea.jpg')).blob());
      const show = (width, height) => {
        const context = new OffscreenCanvas(width, height).getContext('2d');
        context.drawImage(photo, 0, 0, width, height);
        engine.setPicturePixels(context.getImageData(0, 0, width, height).data, width, height);
      };
      const results = [];
      let forward; // one pass for the scores: what the others are a multiple of
      const measure = async (name, work) => {
        const times = [];
        for (let round = 0; round < warmUp + runs; round++) {
          const start = performance.now();
          await work();
          if (round >= warmUp) times.push(performance.now() - start);
        }
        times.sort((a, b) => a - b);
        const median = times[times.length >> 1];
        forward ??= median;
        const range = `${times[0].toFixed(1)} to ${times.at(-1).toFixed(1)}`;
        results.push([
          name,
          median.toFixed(1),
          `ms (${range}), ${(median / forward).toFixed(1)} x scores`,
        ]);
      };
      const classIndex = 285;
      show(451, 300);
      const once = async (name, work) => {
        const start = performance.now();
        await work();
        results.push([name, (performance.now() - start).toFixed(0), 'ms, once']);
      };
      if (device === 'webgpu') await once('warm-up', () => engine.warmUp());
      await once(device === 'webgpu' ? 'first gradient after it' : 'first gradient', () =>
        engine.inputGradient(classIndex),
      );
      await measure('scores', () => engine.classify());
      // A software adapter takes a third of a second a pass: there, fewer samples and steps.
      const sampling = device === 'webgpu' ? { n: 4, steps: 4 } : { n: 16, steps: 32 };
      for (const { id: method } of Engine.saliencyMethods()) {
        const passes =
          { smooth_grad: sampling.n, integrated_gradients: sampling.steps }[method] ?? 1;
        await measure(`${method}, ${passes} pass${passes > 1 ? 'es' : ''}`, () =>
          engine.saliency({ classIndex, method, views: 1, ...sampling }),
        );
      }
      if (device === 'webgpu') {
        await engine.inputGradient(classIndex);
        const before = { ...gpuCalls };
        await engine.inputGradient(classIndex);
        for (const key in gpuCalls)
          results.push([`a warm gradient's ${key}`, String(gpuCalls[key] - before[key]), '']);
      }
      await measure('gradient, ten views', () => engine.saliency({ classIndex, views: 10 }));
      await measure('relation, layer by layer', () => engine.relation({ classIndex }));
      for (const recipe of ['paper', 'robust']) {
        const run = engine.classModel({ classIndex, recipe });
        await measure(`class model, ${recipe}, one step`, () => run.step(1));
        run.free();
      }
      if (device === 'cpu') {
        for (const [width, height] of [
          [451, 300],
          [1024, 681],
        ]) {
          show(width, height);
          for (const mode of ['paper', 'best']) {
            await measure(`locate, ${mode}, ${width} x ${height}`, () =>
              engine.locate({ classIndex, mode }),
            );
          }
        }
      }
      const run = engine.classModel({ classIndex, side: growth });
      await run.step(50);
      const after50 = memory.buffer.byteLength;
      for (let k = 0; k < 9; k++) await run.step(50);
      results.push(['wasm memory, step 50', (after50 / 2 ** 20).toFixed(1), 'MiB']);
      results.push([
        'wasm memory, step 500',
        (memory.buffer.byteLength / 2 ** 20).toFixed(1),
        `MiB (side ${growth})`,
      ]);
      const { kind, adapter } = engine.device;
      return { description: `${kind}: ${adapter}`, results };
    },
    { device, runs, warmUp, growth },
  );
  console.log(`\n${description}`);
  for (const [name, value, unit] of results) row(name, value, unit);
  await page.context().close();
}
