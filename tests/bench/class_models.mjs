// What a step of each recipe costs in one headless Chromium, on dist/, at sides from 128 to 512:
// time, and on WebGPU what is dispatched, submitted and read back. A step of `paper` is one forward
// and one backward pass and an addition: the others are given as multiples.
// usage: node tests/bench/class_models.mjs [--without-webgpu]

import { countGpuCalls } from './count_gpu_calls.mjs';
import { openBench, quietPage } from './quiet_page.mjs';

const { server, browser, machine, close } = await openBench();
console.log(machine);
await measureDevice('cpu', { sides: [128, 227, 320, 512], runs: 9, steps: 4 });
if (!process.argv.includes('--without-webgpu'))
  await measureDevice('webgpu', { sides: [128, 227, 320, 512], runs: 5, steps: 1 });
await close();

async function measureDevice(device, options) {
  const page = await quietPage(await browser.newContext(), server, countGpuCalls);
  const { description, rows } = await page.evaluate(
    async ({ device, sides, runs, steps }) => {
      const { Engine, engine } = await openEngine(device);
      const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
      const rows = [];
      for (const side of sides) {
        const recipes = Engine.classModelRecipes().map(({ id }) => ({
          id,
          run: engine.classModel({ classIndex: 130, recipe: id, side }),
          times: [],
          counted: {},
        }));
        for (const { run } of recipes) await run.step(1);
        // In alternation, so that whatever else the machine does meets all of them. What a call
        // costs beside its steps goes out.
        for (let round = 0; round < runs; round++) {
          for (const { run, times, counted } of recipes) {
            const before = performance.now();
            await run.step(0);
            const between = performance.now();
            const started = { ...gpuCalls };
            await run.step(steps);
            times.push((performance.now() - between - (between - before)) / steps);
            for (const key in gpuCalls) counted[key] = gpuCalls[key] - started[key];
          }
        }
        const looks = { ...gpuCalls };
        await recipes[0].run.step(0);
        for (const key in gpuCalls) looks[key] = gpuCalls[key] - looks[key];
        const base = median(recipes[0].times);
        for (const { id, run, times, counted } of recipes) {
          run.free();
          const per = (key) => ((counted[key] - looks[key]) / steps).toFixed(0);
          rows.push([
            side,
            id,
            median(times).toFixed(1),
            (median(times) / base).toFixed(2),
            ...['dispatches', 'submits', 'pipelines', 'buffers', 'readbacks', 'bytes'].map(per),
          ]);
        }
      }
      const { kind, adapter } = engine.device;
      return { description: `${kind}: ${adapter}`, rows };
    },
    { device, ...options },
  );
  console.log(`\n${description}`);
  for (const row of [
    [
      'side',
      'recipe',
      'ms/step',
      'x paper',
      'dispatches',
      'submits',
      'pipelines',
      'buffers',
      'readbacks',
      'bytes',
    ],
    ...rows,
  ]) {
    console.log(
      row
        .map((cell, i) => (i === 1 ? String(cell).padEnd(14) : String(cell).padStart(10)))
        .join('  '),
    );
  }
  await page.context().close();
}
