// One server, one browser and one engine for all tests of the API, and what several of them do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../browser.mjs';
import { serve } from '../server.mjs';
import { DIST } from '../site.mjs';

export const ROOT = join(import.meta.dirname, '../../..');

/** A picture of tests/golden, in base64. @param {string} file */
export const golden = (file) => readFileSync(join(ROOT, 'tests/golden', file)).toString('base64');

let server;
let browser;

/**
 * The page that the tests share. In it are `Engine`, `engine` on the CPU with its `network` and the
 * network's `weights`, `read(url)` and `codeOf(call)`.
 * @type {import('playwright-core').Page}
 */
export let page;

/**
 * A page that has loaded nothing yet. `openEngine(device)` in it starts the program and loads the
 * network.
 * @param {() => void} [first]   runs in it before anything else
 */
export async function freshPage(first) {
  const fresh = await (await browser.newContext()).newPage();
  fresh.setDefaultTimeout(90_000);
  if (first) await fresh.addInitScript(first);
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

/** The shared engine's picture is the sample with the cat. */
export const showChelsea = () =>
  page.evaluate(async () => {
    engine.setPictureFile(await read('/samples/chelsea.jpg'));
  });

/**
 * Tests that each call is refused as `setting-out-of-range` with this detail.
 * @param {Record<string, string>} details   by the call's source
 */
export function testRefusals(details) {
  for (const [call, detail] of Object.entries(details)) {
    test(`${call}: ${detail}`, async () => {
      assert.deepEqual(
        await page.evaluate(
          `(async () => ${call})().then(() => 'no error', ({ code, detail }) => [code, detail])`,
        ),
        ['setting-out-of-range', detail],
      );
    });
  }
}

before(async () => {
  server = await serve(DIST);
  browser = await launch();
  page = await freshPage();
  await page.evaluate(async () => {
    const opened = await openEngine('cpu');
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
