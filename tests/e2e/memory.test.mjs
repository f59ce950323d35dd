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
 * MiB of the whole process. While a photo opens there are the decoder's pixels, 186 MiB, and the
 * engine's, 139; an empty page takes about 235.
 */
const MOST = 600;
/** MiB above the empty page. */
const LEFT_AFTER_A_SMALL_ONE = 120;

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

    const peaks = {};
    await v.page.setInputFiles('#file-input', path);
    await opened('8064');
    await v.classified();
    peaks.opening = memory.peak().rss;
    await v.chooseClass(0);
    await v.finished();
    peaks['map and cut'] = memory.peak().rss;
    for (const what of [
      'cut-out as PNG with a transparent background',
      'mask as PNG',
      'overlay as PNG',
    ]) {
      await v.saved(() => v.page.click(`[aria-label="Save the ${what}"]`));
      peaks[`saving the ${what.split(' ')[0]}`] = memory.peak().rss;
    }
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
      `  empty ${empty.toFixed(0)} MiB; ${Object.entries(peaks)
        .map(([step, most]) => `${step} ${most.toFixed(0)}`)
        .join(', ')}; left ${left.toFixed(0)}`,
    );
    memory.stop();
    await v.leave();
    await browser.close();
    for (const [step, most] of Object.entries(peaks))
      assert.ok(most <= MOST, `${most} MiB: ${step}`);
    assert.ok(left <= LEFT_AFTER_A_SMALL_ONE, `${left} MiB left`);
  },
);
