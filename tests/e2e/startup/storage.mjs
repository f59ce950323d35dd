// A browser without storage or service workers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, inWorker, site, v, visitAt } from './site.mjs';

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
