// What benches in a browser share: the built page, served; a browser; and pages in which only the
// bench computes.

import { cpus } from 'node:os';
import { join } from 'node:path';

import { launch } from '../e2e/browser.mjs';
import { serve } from '../e2e/server.mjs';

/** The folder with the built page. */
export const DIST = process.env.DIST || join(import.meta.dirname, '../../dist');

/**
 * Serves the page and starts a browser.
 * @param {Parameters<typeof launch>[0]} [options]
 */
export async function openBench(options) {
  const server = await serve(DIST);
  const browser = await launch(options);
  return {
    server,
    browser,
    /** Processor and browser, in words. */
    machine: `${cpus().length} x ${cpus()[0].model}, Chromium ${browser.version()}`,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/**
 * An empty document of the served page's origin, with `openEngine(device, network)` in it.
 * @param {import('playwright-core').BrowserContext} context
 * @param {{address: string}} server
 * @param {(page: import('playwright-core').Page) => Promise<void>} [prepare]   before the document
 *   is opened
 */
export async function quietPage(context, server, prepare) {
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  await page.addInitScript(addOpenEngine);
  await prepare?.(page);
  await page.goto(`${server.address}nothing-here`);
  return page;
}

/** Runs in the page. */
function addOpenEngine() {
  globalThis.openEngine = async (device, id = 'squeezenet1_1') => {
    // The entry would take WebGPU for a hardware adapter only.
    const program = device === 'webgpu' ? '/pkg/webgpu/deep_inside.js' : '/pkg/deep_inside.js';
    const { default: init, Engine } = await import(program);
    const { memory } = await init();
    const engine = await Engine.open(device);
    const network = Engine.networks().find((network) => network.id === id);
    const weights = await fetch(`/pkg/weights/${network.weights.file}`);
    await engine.loadNetwork(network.id, new Uint8Array(await weights.arrayBuffer()));
    return { Engine, engine, memory };
  };
}

/** Prints a figure. @param {string} name @param {string} value @param {string} unit */
export function row(name, value, unit) {
  console.log(`${name.padEnd(34)}${value.padStart(10)} ${unit}`);
}
