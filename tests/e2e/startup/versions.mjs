// A page with parts of two versions says so, and its button mends it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DIST } from '../site.mjs';
import { otherVersion } from '../versions.mjs';
import { arrive, sentence, site, v, visitAt } from './site.mjs';

describe('parts of two versions', () => {
  const STAMP = /^\(self\.builds[^\n]*\n/;
  const of = (/** @type {string} */ build) => (/** @type {Buffer} */ body) =>
    body.toString().replace(/"\w{16}"/, `"${build}"`);
  const unstamped = (/** @type {Buffer} */ body) => body.toString().replace(STAMP, '');

  /** The page says that it was updated, and its button reloads everything. */
  async function updatedAndMended() {
    const card = await v.problem('program-mismatch');
    assert.match(await card.textContent(), /The page was updated\./);
    assert.equal(await v.page.textContent('#device'), 'Not loaded');
    site.server.clear();
    await v.page.click('.problem button:text-is("Reload the page")');
    await v.page.waitForSelector('.problem', { state: 'detached' });
    await v.ready();
    assert.equal(await v.page.locator('.problem').count(), 0);
  }

  for (const file of [
    'app/main.js',
    'app/ranking.js',
    'app/strings/en.js',
    'app/engine_worker.js',
    'app/worker/map_centre.js',
    'pkg/deep_inside.js',
    'index.html',
  ]) {
    test(`${file} of another build that fits by chance`, async () => {
      site.server.put(file, (body) => ({ body: of('0123456789abcdef')(body) }));
      await arrive();
      await updatedAndMended();
    });
  }

  for (const file of [
    'app/ranking.js',
    'app/engine_worker.js',
    'app/worker/weights_store.js',
    'pkg/deep_inside.js',
  ]) {
    test(`${file} from before modules stated their build`, async () => {
      site.server.put(file, (body) => ({ body: unstamped(body) }));
      await arrive();
      await updatedAndMended();
    });
  }

  /** The programs' ends, and the last lines of their JavaScript, state the package's build. */
  for (const [file, hash] of [
    ['cpu/deep_inside.js', ''],
    ['_bg.wasm', ''],
    ['webgpu/deep_inside.js', '#device=webgpu'],
    ['webgpu/deep_inside_bg.wasm', '#device=webgpu'],
  ]) {
    const ended = file.endsWith('.js')
      ? { stamp: "export const BUILD = '0123456789abcdef';\n".length, tail: 3 }
      : { stamp: 24, tail: 0 };
    test(`${file}: a program of another build`, async () => {
      site.server.put(file, (body) => ({
        body: Buffer.concat([
          body.subarray(0, body.length - ended.tail - 16),
          Buffer.from('0123456789abcdef'),
          body.subarray(body.length - ended.tail),
        ]),
      }));
      await arrive({ hash });
      await v.problem('program-mismatch');
      site.server.clear();
      await v.page.click('.problem button:text-is("Reload the page")');
      await v.page.waitForFunction(() =>
        /^(Ready|Warming)/.test(document.querySelector('.status-text')?.textContent ?? ''),
      );
    });

    test(`${file}: a program from before they stated their build`, async () => {
      site.server.put(file, (body) => ({ body: body.subarray(0, -ended.stamp) }));
      await arrive({ hash });
      await v.problem('program-mismatch');
    });
  }

  test('a module of the page that does not fit', async () => {
    site.server.put('app/ranking.js', () => ({ body: 'export const other = 1;' }));
    await arrive();
    assert.match(await (await sentence()).innerText(), /updated/);
    site.server.clear();
    await v.page.click('.not-started button');
    await v.ready();
  });

  test('a module that fits, and then fails', async () => {
    site.server.put('app/views/status_bar.js', () => ({
      body: 'export const makeStatusBar = () => { throw new TypeError("words.label is undefined"); };',
    }));
    await arrive();
    assert.match(await (await sentence()).innerText(), /updated/);
    site.server.clear();
    await v.page.click('.not-started button');
    await v.ready();
  });

  for (const file of ['app/worker/map_centre.js', 'pkg/cpu/deep_inside.js']) {
    test(`a part of the worker, ${file}, that does not fit`, async () => {
      site.server.put(file, () => ({ body: 'export const other = 1;' }));
      await arrive();
      await updatedAndMended();
    });
  }

  describe('that a browser has kept', () => {
    /** Everything but the document may be kept for a year. */
    const forAYear = (path) => (path.endsWith('index.html') ? 'no-cache' : 'max-age=31536000');

    test('the button reloads past the browser’s cache', async () => {
      const next = otherVersion(DIST, {
        'app/strings/en/page.js': (text) =>
          text.replace("title: 'Deep Inside'", "title: 'Deep Inside, next'"),
      });
      site.server.cacheBy(forAYear);
      // Without a service worker, which would separate the versions
      await visitAt(site.server.address.replace('localhost', 'lan.test'));
      await v.ready();
      site.server.publish(next.folder);
      await v.page.reload();
      const card = await v.problem('program-mismatch');
      await (await card.$('button:text-is("Reload the page")')).click();
      await v.page.waitForFunction(() =>
        /next/.test(document.querySelector('h1')?.textContent ?? ''),
      );
      await v.ready();
      assert.equal(await v.page.locator('.problem').count(), 0);
      next.remove();
    });

    test('without a network the button changes nothing', async () => {
      site.server.put('app/ranking.js', (body) => ({ body: of('0123456789abcdef')(body) }));
      await arrive();
      const card = await v.problem('program-mismatch');
      await v.page.context().setOffline(true);
      await (await card.$('button:text-is("Reload the page")')).click();
      await v.problem('server-unreachable');
      assert.equal(await v.page.locator('#photo').count(), 1);
    });
  });
});
