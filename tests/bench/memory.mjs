// What the page's renderer process holds with a 48-megapixel photo, from opening it to the cut, and
// after a small photo has followed. On dist/.
// usage: node tests/bench/memory.mjs

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { launch } from '../e2e/browser.mjs';
import { largePicture, watchRenderer } from '../e2e/renderer_memory.mjs';
import { visit } from '../e2e/visit.mjs';
import { DIST, openBench } from './quiet_page.mjs';

const SIZES = [
  ['image/png', 8064, 6048],
  ['image/jpeg', 8064, 6048],
  ['image/jpeg', 12_000, 9000],
];
const SMALL_WAIT_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'deep-inside-'));
// Pictures are drawn in a browser of their own, which is not measured.
const { server, browser: studio, close } = await openBench();
for (const [type, width, height] of SIZES) await measure(type, width, height);
await close();
rmSync(folder, { recursive: true });

async function measure(type, width, height) {
  const file = await largePicture(studio, width, height, type);
  // A file of its own: what a test hands over as bytes goes through the page's memory.
  const path = join(folder, 'large');
  writeFileSync(path, file);
  const browser = await launch({ webgpu: false });
  const visitor = await visit(browser, `${server.address}#device=cpu`);
  await visitor.ready();
  const memory = await watchRenderer(browser);
  console.log(`\n${type}, ${width} x ${height}, ${(file.length / 1e6).toFixed(1)} MB`);
  row('ready, no photo', memory.now());
  const started = performance.now();
  await visitor.page.setInputFiles('#file-input', path);
  await visitor.page.waitForFunction(
    (wanted) => document.querySelector('#photo .credit')?.textContent.includes(wanted),
    `${width} × ${height}`,
  );
  await visitor.classified();
  row(
    `opened and classified, ${((performance.now() - started) / 1000).toFixed(1)} s: peak`,
    memory.peak(),
  );
  await visitor.chooseClass(0);
  await visitor.finished();
  row('map and cut: peak', memory.peak());
  row('with it all on the page', memory.now());
  for (const label of [
    'Save the cut-out as PNG with a transparent background',
    'Save the mask as PNG',
    'Save the overlay as PNG',
  ]) {
    const button = visitor.page.locator(`[aria-label="${label}"]`);
    if (await button.isEnabled()) await visitor.saved(() => button.click());
    row(`${label.split(' ').slice(0, 3).join(' ')}: peak`, memory.peak());
  }
  await visitor.upload(readFileSync(join(DIST, 'samples/coffee.jpg')));
  await visitor.page.waitForFunction(() =>
    /espresso/.test(document.querySelector('#classes')?.textContent ?? ''),
  );
  row('a small photo follows: peak', memory.peak());
  await visitor.page.waitForTimeout(SMALL_WAIT_MS);
  row(`${SMALL_WAIT_MS / 1000} s later`, memory.now());
  memory.stop();
  await visitor.leave();
  await browser.close();
}

function row(name, { rss, pss }) {
  console.log(
    `${name.padEnd(44)}${rss.toFixed(0).padStart(7)} MiB resident,${pss.toFixed(0).padStart(6)} proportional`,
  );
}
