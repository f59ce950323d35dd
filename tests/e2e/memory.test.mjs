// What a photo of 48 million pixels costs the page's renderer process, and that it comes back. Run
// with `npm run e2e`.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { largePicture, watchRenderer } from './renderer_memory.mjs';
import { serve } from './server.mjs';
import { DIST } from './site.mjs';
import { visit } from './visit.mjs';

/**
 * MiB above the empty page. Pixels of four bytes are 186 MiB: the decoder's and the engine's, then
 * the engine's and a cut's.
 */
const MOST_WHILE_OPENING = 500;
const MOST_AT_ALL = 700;
const LEFT_AFTER_A_SMALL_ONE = 200;

let server;
let folder;
before(async () => {
  server = await serve(DIST);
  folder = mkdtempSync(join(tmpdir(), 'deep-inside-'));
});
after(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

test(
  '48 megapixels: what they take, and that a small photo gives it back',
  { skip: process.platform !== 'linux' },
  async () => {
    const studio = await launch();
    // A file of its own: what a test hands over as bytes goes through the page's memory.
    const path = join(folder, 'large.jpg');
    writeFileSync(path, await largePicture(studio, 8064, 6048, 'image/jpeg'));
    await studio.close();
    const browser = await launch({ webgpu: false });
    const v = await visit(browser, `${server.address}#device=cpu`);
    await v.ready();
    const memory = await watchRenderer(browser);
    const { rss: empty } = memory.now();
    const opened = (width) =>
      v.page.waitForFunction(
        (wanted) =>
          document.querySelector('#photo canvas').getAttribute('aria-label')?.includes(wanted),
        width,
      );

    await v.page.setInputFiles('#file-input', path);
    await opened('8064');
    await v.classified();
    const opening = memory.peak().rss - empty;
    await v.chooseClass(0);
    await v.finished();
    const most = Math.max(opening, memory.peak().rss - empty);
    await v.page.setInputFiles('#file-input', join(DIST, 'samples/coffee.jpg'));
    await v.page.waitForFunction(() =>
      document.querySelector('#classes')?.textContent.includes('espresso'),
    );
    let left = Infinity;
    for (let second = 0; second < 20 && left > LEFT_AFTER_A_SMALL_ONE; second++) {
      await v.page.waitForTimeout(1000);
      left = memory.now().rss - empty;
    }
    console.log(
      `  above the empty page: ${opening.toFixed(0)} MiB while opening, ${most.toFixed(0)} at most, ${left.toFixed(0)} after a small photo`,
    );
    memory.stop();
    await v.leave();
    await browser.close();
    assert.ok(
      opening <= MOST_WHILE_OPENING && most <= MOST_AT_ALL,
      `${opening} while opening, ${most} at most`,
    );
    assert.ok(left <= LEFT_AFTER_A_SMALL_ONE, `${left} left`);
  },
);
