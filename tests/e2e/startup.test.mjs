// What can go wrong before the page is ready, and what the visitor then sees.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DIST, openSite } from './site.mjs';
import { otherVersion } from './versions.mjs';
import { visit } from './visit.mjs';

// A name that is not this computer's own: no secure context, as in a local network.
const site = openSite({ flags: ['--host-resolver-rules=MAP lan.test 127.0.0.1'] });
/** @type {Awaited<ReturnType<typeof visit>>} */
let v;

afterEach(() => {
  site.server.cacheBy(() => 'no-store');
  site.server.publish(DIST);
});

/** @param {Parameters<typeof site.arrive>[0]} [options] */
async function arrive(options) {
  v = await site.arrive(options);
  v.page.setDefaultTimeout(40_000);
}

/** A visit to another address. @param {string} address */
const visitAt = async (address) => (v = site.visitor = await visit(site.browser, address));

/** Has the worker run `script` before anything else of its own. @param {string} script */
const inWorker = (script) =>
  site.server.put('app/engine_worker.js', (body) => ({ body: `${script}\n${body}` }));

/** The sentence that is shown until the page has started. */
const sentence = () => v.page.waitForSelector('.not-started', { timeout: 10_000 });

describe('a browser without storage', () => {
  test('a page in a local network, over http: it starts, says what is missing, and a photo is looked at', async () => {
    await visitAt(site.server.address.replace('localhost', 'lan.test'));
    assert.equal(await v.page.evaluate(() => typeof caches), 'undefined');
    await v.ready();
    await v.page.waitForSelector('#keeping-notice:text("This page cannot store files here")');
    await v.takeSample('chelsea.jpg');
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  for (const [how, script] of Object.entries({
    'reading its name throws':
      "Object.defineProperty(self, 'caches', { get() { throw new DOMException('no', 'SecurityError'); } });",
    'opening it throws': "CacheStorage.prototype.open = () => { throw new TypeError('no'); };",
    'opening it is refused':
      "CacheStorage.prototype.open = () => Promise.reject(new DOMException('no', 'SecurityError'));",
    'using it is refused':
      "for (const name of ['match', 'put', 'delete', 'keys']) Cache.prototype[name] = () => Promise.reject(new DOMException('no', 'QuotaExceededError'));",
  })) {
    test(`a cache where ${how}`, async () => {
      inWorker(script);
      await arrive();
      await v.ready();
      assert.equal(await v.page.locator('.problem').count(), 0);
    });
  }

  test('every other kind of storage throws in the page, and there are no service workers', async () => {
    await arrive({
      before: () => {
        const refuse = (owner, name) =>
          Object.defineProperty(owner, name, {
            configurable: true,
            get() {
              throw new DOMException('no', 'SecurityError');
            },
          });
        for (const name of ['caches', 'localStorage', 'sessionStorage', 'indexedDB', 'cookieStore'])
          refuse(self, name);
        refuse(Navigator.prototype, 'serviceWorker');
      },
    });
    await v.ready();
    await v.page.waitForSelector('#keeping-notice:text("This page cannot store files here")');
    await v.takeSample('chelsea.jpg');
  });
});

describe('a GPU that does not answer', () => {
  /**
   * Counts what the engine asks for; the answers come late or never.
   * @param {{adapter?: string, device?: string}} waits   expressions
   * @param {number} [tenSeconds]   how long, in milliseconds, the engine waits when it waits for ten
   *   seconds
   */
  const gpu = ({ adapter = '0', device = '0' }, tenSeconds = 10_000) =>
    inWorker(
      `
    const { setTimeout: wait } = self;
    self.setTimeout = (callback, ms, ...rest) =>
      wait(callback, ms === 10000 ? ${tenSeconds} : ms, ...rest);
    const later = (wait) => new Promise((resolve) => { if (wait !== Infinity) setTimeout(resolve, wait); });
    const { requestAdapter } = GPU.prototype;
    GPU.prototype.requestAdapter = async function (options) {
      fetch('asked-for-adapter');
      await later(${adapter});
      const found = await requestAdapter.call(this, options);
      const { info } = found; // as if it were a GPU
      for (const [name, value] of Object.entries({ vendor: 'test', architecture: 'slow', device: '', description: '', isFallbackAdapter: false })) {
        Object.defineProperty(info, name, { value });
      }
      return found;
    };
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      fetch('asked-for-device');
      await later(${device});
      ${device === 'refused' ? "throw new DOMException('no', 'OperationError');" : ''}
      return requestDevice.call(this, descriptor);
    };`.replace('later(refused)', 'later(0)'),
    );

  /** How often the engine has asked, since `from`. @param {string} what @param {number} from */
  const asked = (what, from) =>
    site.server.requests.slice(from).filter(({ path }) => path.endsWith(`asked-for-${what}`))
      .length;

  for (const [what, waits, reason] of [
    ['adapter', { adapter: 'Infinity' }, /has not answered .* within 10 seconds/],
    ['device', { device: 'Infinity' }, /has given no device within 10 seconds/],
  ]) {
    test(`no ${what}: after ten seconds the CPU, and the page says why`, async () => {
      gpu(waits);
      const from = site.server.requests.length;
      const started = Date.now();
      await arrive();
      await v.ready();
      const seconds = (Date.now() - started) / 1000;
      console.log(`  ready after ${seconds.toFixed(1)} s`);
      assert.ok(seconds > 9.5 && seconds < 18, `${seconds} s`);
      assert.match(await v.page.textContent('#device-notice'), reason);
      assert.equal(await v.page.textContent('#device'), 'CPU');
      assert.equal(asked('adapter', from), 1);
      await v.takeSample('chelsea.jpg');
    });

    test(`no ${what}, and WebGPU was asked for by name: an error with a code, and the CPU goes on`, async () => {
      gpu(waits, 500); // the test above waits
      await arrive({ hash: '#device=webgpu' });
      const card = await v.problem('gpu-unavailable');
      assert.match(await card.textContent(), reason);
      assert.equal(await v.page.textContent('#device'), 'Not loaded');
      await (await card.$('button:text-is("Use the CPU")')).click();
      await v.ready();
    });
  }

  test('a slow adapter is asked for, and waited for, once', async () => {
    gpu({ adapter: '3000' });
    const from = site.server.requests.length;
    const started = Date.now();
    await arrive({ hash: '#device=webgpu' });
    await v.page.waitForFunction(() =>
      /^(Warming up|Ready)/.test(document.querySelector('.status-text')?.textContent ?? ''),
    );
    console.log(
      `  the device is open after ${((Date.now() - started) / 1000).toFixed(1)} s, of which the adapter took 3`,
    );
    assert.equal(asked('adapter', from), 1);
    assert.equal(asked('device', from), 1);
  });

  test('an adapter that refuses a device is asked for once, too, and the CPU goes on', async () => {
    gpu({ device: 'refused' });
    const from = site.server.requests.length;
    await arrive();
    await v.ready();
    assert.match(await v.page.textContent('#device-notice'), /WebGPU could not be started/);
    assert.equal(asked('adapter', from), 1);
    assert.equal(asked('device', from), 1);
  });
});

describe('a page that cannot start', () => {
  test('says so in its own HTML, before any script', () => {
    const html = readFileSync(join(DIST, 'index.html'), 'utf8');
    const body = html.slice(html.indexOf('<body>'));
    assert.match(body, /class="not-started"/);
    assert.doesNotMatch(body, /<script|<style|style=/);
  });

  test('the sentence is gone as soon as the page starts', async () => {
    await arrive();
    await v.page.waitForSelector('#photo');
    assert.equal(await v.page.locator('.not-started').count(), 0);
    await v.ready();
  });

  for (const file of [
    'app/start.js',
    'app/main.js',
    'app/state.js',
    'app/builds.js',
    'app/strings/en.js',
    'app/views/photo_panel.js',
    'app/sources/webcam.js',
  ]) {
    test(`${file} is missing`, async () => {
      site.server.put(file, () => ({ status: 404, type: 'text/plain', body: 'not found' }));
      await arrive();
      assert.match(await (await sentence()).innerText(), /missing/);
      site.server.clear();
      await v.page.locator('.not-started :is(button, a):visible').click(); // whichever it has
      await v.ready();
    });
  }

  test('a module that never comes: the sentence does not wait for it', async () => {
    site.server.put('app/state.js', () => ({ hang: true }));
    await arrive({ wait: 'commit' });
    // Before its style has come, the sentence is in the document already, but nothing is drawn yet.
    await v.page.waitForFunction(
      () => {
        const sentence = document.querySelector('.not-started');
        return (
          sentence &&
          getComputedStyle(sentence).animationName === 'appear' &&
          /still loading/.test(sentence.innerText)
        );
      },
      undefined,
      { timeout: 10_000 },
    );
  });

  test('a host that answers everything with its start page', async () => {
    site.server.put('app/state.js', () => ({
      status: 200,
      type: 'text/html',
      body: '<!doctype html>hello',
    }));
    await arrive();
    assert.match(await (await sentence()).innerText(), /missing/);
  });

  test('opened as a file', async () => {
    await visitAt(pathToFileURL(join(DIST, 'index.html')).href);
    await v.page.waitForSelector('.not-started');
    const text = await v.page.innerText('body');
    assert.match(text, /opened .*as a file/);
    assert.match(text, /web server/);
    v.expectFaults(/./); // the browser reports what it has refused
  });

  for (const file of [
    'app/engine_worker.js',
    'app/worker/map_centre.js',
    'pkg/deep_inside.js',
    'pkg/cpu/deep_inside.js',
  ]) {
    test(`a part of the worker, ${file}, is missing`, async () => {
      site.server.put(file, () => ({ status: 404, type: 'text/plain', body: 'not found' }));
      await arrive();
      await v.problem('program-load-failed');
      assert.equal(await v.page.textContent('#device'), 'Not loaded');
      site.server.clear();
      await v.page.click('.problem button:text-is("Try again")');
      await v.ready();
    });
  }

  test('the weights do not come: not "Starting" for ever, a sentence, and one button', async () => {
    site.server.put('.safetensors', () => ({ drop: true }));
    await arrive();
    const card = await v.problem('weights-download-failed');
    assert.equal(await v.page.textContent('#device'), 'Not loaded');
    assert.match(await card.textContent(), /The server could not be reached\./);
    assert.equal(await v.page.locator('button:visible', { hasText: /again/i }).count(), 1);
    await (await card.$('button:text-is("Dismiss")')).click();
    assert.equal(await v.page.locator('button:visible', { hasText: /again/i }).count(), 1);
    site.server.clear();
    await v.page.click('button:text-is("Start again")');
    await v.ready();
  });

  test('createImageBitmap takes no options, or is not there: the page starts all the same', async () => {
    for (const script of [
      'const make = createImageBitmap; self.createImageBitmap = (source, ...rest) => rest.length ? Promise.reject(new TypeError("no options")) : make(source);',
      'delete self.createImageBitmap;',
    ]) {
      inWorker(script);
      await arrive();
      await v.ready();
      await v.leave();
    }
    v = undefined;
  });
});

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
