// After the first visit the page works without a network; versions never mix; it can be installed
// and take shared pictures.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';
import { DIST } from './site.mjs';
import { buildOf, otherVersion } from './versions.mjs';
import { visit } from './visit.mjs';

const SAMPLES = JSON.parse(readFileSync(join(DIST, 'samples/samples.json'), 'utf8'));

let server;
let browser;
/** @type {Awaited<ReturnType<typeof visit>>} */
let v;
/**
 * A version with another title and other words on the page.
 * @type {ReturnType<typeof otherVersion>}
 */
let next;

before(async () => {
  browser = await launch({ webgpu: false });
  next = otherVersion(DIST, {
    'app/strings/en/page.js': (text) =>
      text.replace("title: 'Deep Inside'", "title: 'Deep Inside, next'"),
    'samples/samples.json': (text) => text.replace('"title": "', '"title": "Next: '),
    'style/layout.css': (text) => `${text}\n/* next */`,
  });
});
after(async () => {
  await browser?.close();
  next?.remove();
});
afterEach(async () => {
  await v?.leave();
  await server?.close();
});

/** A first visit, until the page is kept. */
async function firstVisit() {
  server = await serve(DIST);
  v = await visit(browser, server.address);
  await v.ready();
  await kept();
}

const kept = (page = v.page) =>
  page.waitForSelector('#kept:text("also opens offline")', { state: 'attached' });
const title = (page = v.page) => page.textContent('h1');
const card = (page = v.page) => page.waitForSelector('.problem[data-code="update-ready"]');

/** The builds of all parts that run in the page. */
const builds = (page = v.page) =>
  page.evaluate(() => [
    ...new Set([...Object.values(self.builds), document.querySelector('meta[name=build]').content]),
  ]);

/** Checksum of a file as the page gets it. @param {string} file */
const checksum = (file, page = v.page) =>
  page.evaluate(async (name) => {
    const digest = await crypto.subtle.digest('SHA-256', await (await fetch(name)).arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    );
  }, file);

const checksumIn = (folder, file) =>
  JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')).files[file];

/**
 * Everything of the page is of the version in `folder`.
 * @param {string} folder
 * @param {RegExp} words
 */
async function assertWholly(folder, words, page = v.page) {
  assert.match(await title(page), words);
  assert.deepEqual(await builds(page), [buildOf(folder)]);
  for (const file of [
    'samples/samples.json',
    'app/strings/en/page.js',
    'style/layout.css',
    'index.html',
  ]) {
    assert.equal(await checksum(file, page), checksumIn(folder, file), file);
  }
}

const PRESENT = /^Deep Inside$/;
const NEXT = /^Deep Inside, next$/;

describe('without a network', () => {
  test('a reload, and all that the page can do, samples included', async () => {
    await firstVisit();
    await v.page.context().setOffline(true);
    await server.close(); // a browser that is offline may still reach this computer
    await v.page.reload();
    await v.ready();
    await v.page.waitForFunction((count) => {
      const thumbs = [...document.querySelectorAll('.sample img')];
      return thumbs.length === count && thumbs.every((thumb) => thumb.naturalWidth > 0);
    }, SAMPLES.length);
    for (const { file } of SAMPLES) {
      await v.page.click(`.sample[data-file="${file}"]`);
      await v.page.waitForSelector(`.sample[data-file="${file}"][aria-pressed="true"]`);
    }
    await v.classified();
    const [name] = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('the very page of the first visit goes on, too', async () => {
    await firstVisit();
    await v.page.context().setOffline(true);
    await server.close();
    await v.takeSample(SAMPLES[1].file);
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('a visit with an address of its own, in another tab', async () => {
    await firstVisit();
    await v.page.context().setOffline(true);
    await server.close();
    const page = await v.page.context().newPage();
    await page.goto(`${server.address}?from=elsewhere#map=viridis`);
    await page.waitForFunction(() =>
      /^Ready/.test(document.querySelector('.status-text')?.textContent ?? ''),
    );
    assert.equal(await page.inputValue('#colour-map'), 'viridis');
  });

  test('the first visit loads nothing for it before the page is ready, and the weights once and for all', async () => {
    server = await serve(DIST);
    v = await visit(browser, server.address);
    await v.ready();
    const early = server.requests.map(({ path }) => path);
    for (const path of early)
      assert.doesNotMatch(path, /service_worker|files\.json|samples\/[\w-]+\.jpg|webgpu/);
    console.log(
      `  ${(server.requests.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(2)} MB, uncompressed, before the page is ready`,
    );
    await kept();
    await v.page.reload();
    await v.ready();
    assert.equal(server.requests.filter(({ path }) => path.endsWith('.onnx')).length, 1);
    const copies = await v.page.evaluate(async () => {
      const found = [];
      for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys())
          if (/\.onnx/.test(url)) found.push(url);
      return found.length;
    });
    assert.equal(copies, 1);
    // Of the programs, the one that this browser runs.
    assert.equal((await keptFiles()).filter((url) => url.includes('.wasm')).length, 1);
  });
});

/** Addresses of what the service worker keeps. */
const keptFiles = () =>
  v.page.evaluate(async () =>
    (await (await caches.open('deep-inside-files')).keys()).map(({ url }) => url),
  );

describe('a new version', () => {
  test('announces itself; the page stays wholly the old one until it is reloaded, and is wholly the new one then', async () => {
    await firstVisit();
    server.publish(next.folder);
    // The browser looks for a new version now; the page is the one that is kept
    await v.page.reload();
    await v.ready();
    await card();
    await assertWholly(DIST, PRESENT);
    await v.takeSample(SAMPLES[2].file);
    await v.page.click('.problem[data-code="update-ready"] button.main');
    await v.page.waitForFunction(() =>
      /next/.test(document.querySelector('h1')?.textContent ?? ''),
    );
    await v.ready();
    await kept();
    await assertWholly(next.folder, NEXT);
    await v.page.waitForTimeout(500);
    const wanted = Object.values(
      JSON.parse(readFileSync(join(next.folder, 'files.json'), 'utf8')).files,
    );
    for (const url of await keptFiles())
      assert.ok(
        wanted.some((sum) => url.endsWith(`?${sum}`)),
        `${url} is left of the old version`,
      );
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('the browser’s own reload does as well as the button, and keeps the address', async () => {
    await firstVisit();
    server.publish(next.folder);
    await v.page.goto(`${server.address}?x=1#map=viridis`);
    await card();
    await v.page.reload();
    await v.page.waitForFunction(() =>
      /next/.test(document.querySelector('h1')?.textContent ?? ''),
    );
    await v.ready();
    await assertWholly(next.folder, NEXT);
    assert.match(v.page.url(), /\?x=1#map=viridis$/);
  });

  test('is not there until all of it is: the network dies in the middle', async () => {
    await firstVisit();
    server.publish(next.folder);
    server.put('style/layout.css', () => ({ drop: true }));
    server.put('samples/macaw.jpg', () => ({ drop: true }));
    await v.page.reload();
    await v.ready();
    await v.page.evaluate(() =>
      navigator.serviceWorker.ready.then((registration) => registration.update()).catch(() => {}),
    );
    await v.page.waitForTimeout(1500);
    assert.equal(await v.page.locator('.problem').count(), 0);
    await assertWholly(DIST, PRESENT);
    await v.page.context().setOffline(true);
    await v.page.reload();
    await v.ready();
    await assertWholly(DIST, PRESENT);

    await v.page.context().setOffline(false);
    server.clear();
    await v.page.reload();
    await card();
    await v.page.click('.problem[data-code="update-ready"] button.main');
    await v.page.waitForFunction(() =>
      /next/.test(document.querySelector('h1')?.textContent ?? ''),
    );
    await v.ready();
    await assertWholly(next.folder, NEXT);
  });

  test('a server in the middle of an update: files that do not belong together are not kept', async () => {
    await firstVisit();
    const other = readFileSync(join(next.folder, 'service_worker.js'));
    // The new list, and still the old files
    server.put('service_worker.js', () => ({ body: other }));
    await v.page.reload();
    await v.ready();
    await v.page.waitForTimeout(1500);
    assert.equal(await v.page.locator('.problem').count(), 0);
    await assertWholly(DIST, PRESENT);
  });

  test('another tab is not changed under its visitor’s hands', async () => {
    await firstVisit();
    const other = await v.page.context().newPage();
    await other.goto(server.address);
    await kept(other);
    server.publish(next.folder);
    await v.page.reload();
    await card();
    await card(other);
    await v.page.click('.problem[data-code="update-ready"] button.main');
    await v.page.waitForFunction(() =>
      /next/.test(document.querySelector('h1')?.textContent ?? ''),
    );
    await v.ready();
    assert.match(await title(other), PRESENT);
    assert.deepEqual(await builds(other), [buildOf(DIST)]);
    await card(other);
    await other.reload();
    await other.waitForFunction(() => /next/.test(document.querySelector('h1')?.textContent ?? ''));
  });
});

describe('an installed page', () => {
  test('the manifest is complete, its icons are what it says, and Chromium would install the page', async () => {
    await firstVisit();
    const session = await v.page.context().newCDPSession(v.page);
    const { errors, data } = await session.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const manifest = JSON.parse(data);
    for (const field of [
      'name',
      'short_name',
      'start_url',
      'scope',
      'display',
      'theme_color',
      'background_color',
      'description',
    ])
      assert.ok(manifest[field], field);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(
      installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'),
      [],
    ); // as every test's window is

    const sizes = new Set();
    for (const { src, sizes: stated, purpose } of manifest.icons) {
      const { width, height, corner } = await v.page.evaluate(async (address) => {
        const picture = new Image();
        picture.src = address;
        await picture.decode();
        const context = new OffscreenCanvas(
          picture.naturalWidth || 1,
          picture.naturalHeight || 1,
        ).getContext('2d');
        context.drawImage(picture, 0, 0);
        return {
          width: picture.naturalWidth,
          height: picture.naturalHeight,
          corner: context.getImageData(0, 0, 1, 1).data[3],
        };
      }, src);
      if (stated !== 'any') assert.equal(`${width}x${height}`, stated, src);
      if (purpose === 'maskable') assert.equal(corner, 255, 'a maskable icon fills its square');
      sizes.add(purpose ?? stated);
    }
    assert.deepEqual([...sizes].sort(), ['192x192', '512x512', 'any', 'maskable']);
  });

  /**
   * Sends a form to the page from another site, as the system does when something is shared.
   * @param {Buffer | null} picture
   */
  async function share(picture) {
    await v.page.goto('about:blank');
    await v.page.setContent(
      `<form method="post" enctype="multipart/form-data" action="${server.address}share"><input type="file" name="photo"><button>Share</button></form>`,
    );
    if (picture)
      await v.page.setInputFiles('input', {
        name: 'shared.jpg',
        mimeType: 'image/jpeg',
        buffer: picture,
      });
    await v.page.click('button');
    await v.page.waitForURL(server.address);
  }

  test('takes a shared picture, which never leaves the computer', async () => {
    await firstVisit();
    await share(readFileSync(join(DIST, 'samples/macaw.jpg')));
    await v.classified();
    assert.match((await v.classes()).join(), /macaw/);
    assert.deepEqual(
      server.requests.filter(({ method }) => method !== 'GET'),
      [],
    );
    await v.page.reload(); // it was handed over once
    await v.ready();
    assert.equal(await v.page.locator('.class-button:visible').count(), 0);
  });

  test('says so where nothing came', async () => {
    await firstVisit();
    await share(null);
    await v.problem('share-without-picture');
  });
});
