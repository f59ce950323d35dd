// What contests with other libraries share: their files, and the rounds in which they alternate.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openBench } from '../quiet_page.mjs';

export const [WARM, RUNS] = [3, 9];

/**
 * As `openBench`, with a context whose pages find the other libraries below /peers/.
 * @param {Record<string, string>} files   further files for the pages: path, by glob of their address
 */
export async function openContest(files) {
  const bench = await openBench();
  const context = await bench.browser.newContext({ bypassCSP: true });
  for (const [address, path] of Object.entries(files))
    await context.route(address, (route) => route.fulfill({ body: readFileSync(path) }));
  await context.route('**/peers/**', (route) => {
    const file = new URL(route.request().url()).pathname.replace('/peers/', '');
    const contentType = file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    return route.fulfill({
      contentType,
      body: readFileSync(join(import.meta.dirname, 'node_modules', file)),
    });
  });
  await context.addInitScript(addStartTensorflow);
  return { ...bench, context };
}

/** Runs in the pages: `startTensorflow(backend)`, which gives TF.js. */
function addStartTensorflow() {
  const load = (file) =>
    new Promise((resolve, reject) => {
      document.head.append(
        Object.assign(document.createElement('script'), {
          src: `/peers/@tensorflow/${file}`,
          onload: resolve,
          onerror: reject,
        }),
      );
    });
  globalThis.startTensorflow = async (backend) => {
    await load('tfjs/dist/tf.min.js'); // with the WebGL backend
    if (backend === 'webgpu') await load('tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js');
    const { tf } = globalThis;
    tf.enableProdMode();
    if (!(await tf.setBackend(backend))) throw new Error(`no ${backend}`);
    await tf.ready();
    return tf;
  };
}

/**
 * Times `globalThis.contest[operation]()` of every page, in alternation (A B C, C B A, ...), and
 * prints the medians. Each result is compared with the first page's.
 * @param {string} operation
 * @param {Record<string, import('playwright-core').Page>} pages   by name
 * @param {string} base   which one the others' times are multiples of
 */
export async function contest(operation, pages, base) {
  const names = Object.keys(pages);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const results = {};
  for (let round = 0; round < WARM + RUNS; round++) {
    for (const name of round % 2 ? [...names].reverse() : names) {
      const { milliseconds, values } = await pages[name].evaluate(
        async ({ operation, first }) => {
          const start = performance.now();
          const values = await globalThis.contest[operation]();
          return {
            milliseconds: performance.now() - start,
            values: first ? Array.from(values) : null,
          };
        },
        { operation, first: round === 0 },
      );
      if (round === 0) results[name] = { values, cold: milliseconds };
      if (round >= WARM) times[name].push(milliseconds);
    }
  }
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
  console.log(`\n${operation.padEnd(34)}      ms          range  first call    x ${base}  apart`);
  const squares = (values) => values.reduce((sum, value) => sum + value * value, 0);
  const reference = results[names[0]].values;
  for (const name of names) {
    const { values, cold } = results[name];
    const apart = Math.sqrt(
      squares(values.map((value, i) => value - reference[i])) / squares(reference),
    );
    const range = `${Math.min(...times[name]).toFixed(0)} to ${Math.max(...times[name]).toFixed(0)}`;
    const cells = [
      median(times[name]).toFixed(1).padStart(8),
      range.padStart(15),
      cold.toFixed(0).padStart(12),
    ];
    console.log(
      name.padEnd(34),
      ...cells,
      (median(times[name]) / median(times[base])).toFixed(3).padStart(10),
      apart.toExponential(1).padStart(12),
    );
  }
}
