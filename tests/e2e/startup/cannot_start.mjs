// A page that cannot start says so.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DIST } from '../site.mjs';
import { arrive, inWorker, sentence, site, v, visitAt } from './site.mjs';

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
    site.server.put('.onnx', () => ({ drop: true }));
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
  });
});
