// The main job in the browsers that are not Chromium, on what `make build` has left in dist/. Run
// with `npm run engines`.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { serve } from '../e2e/server.mjs';
import { openFirefox } from './firefox.mjs';
import { openWebKit } from './webkit.mjs';

const DIST = resolve(process.env.DIST || join(import.meta.dirname, '../../dist'));

const PATIENCE_MS = 60_000;

/**
 * A page in a browser. Functions for `evaluate` run in the page and know nothing of what is around
 * them here; places are in its pixels.
 * @typedef {object} Driver
 * @property {(address: string) => Promise<unknown>} open
 * @property {() => Promise<unknown>} reload
 * @property {() => Promise<unknown>} back
 * @property {(run: (...args: any[]) => any, ...args: any[]) => Promise<any>} evaluate
 * @property {(selector: string) => Promise<unknown>} click
 * @property {(selector: string, file: string) => Promise<unknown>} upload
 * @property {(...places: [number, number][]) => Promise<void>} drag
 * @property {() => Promise<Buffer>} screenshot   PNG
 * @property {() => Promise<void>} close
 */

for (const [name, launch] of /** @type {const} */ ([
  ['Firefox', openFirefox],
  ['WebKitGTK', openWebKit],
])) {
  describe(name, () => {
    /** @type {Driver} */
    let driver;
    let server;

    before(async () => {
      server = await serve(DIST);
      driver = await launch();
    });
    afterEach(async (context) => {
      if (context.passed) return;
      const file = join(tmpdir(), `${name}.png`);
      writeFileSync(file, await driver.screenshot());
      console.log(`  what ${name} showed: ${file}; problems: ${JSON.stringify(await problems())}`);
    });
    after(async () => {
      await driver?.close();
      await server.close().catch(() => {}); // it may be closed
    });

    /** @param {string} what @param {(...args: any[]) => any} is @param {any[]} args */
    async function until(what, is, ...args) {
      for (
        const started = Date.now();
        !(await driver.evaluate(is, ...args));
        await new Promise((again) => setTimeout(again, 100))
      ) {
        assert.ok(
          Date.now() - started < PATIENCE_MS,
          `${what}: not within ${PATIENCE_MS / 1000} s`,
        );
      }
    }

    const problems = () =>
      driver.evaluate(() =>
        [...document.querySelectorAll('.problem')].map((card) => card.textContent),
      );
    const ready = () =>
      until('ready', () =>
        /^Ready|: (done|class model)/.test(
          document.querySelector('.status-text')?.textContent ?? '',
        ),
      );

    /** The likeliest class, once one of them is called so. @param {string} name */
    async function classified(name) {
      await until(
        `classes with ${name}`,
        (wanted) =>
          document.querySelector('.class-button .class-name')?.checkVisibility() &&
          document.querySelector('#classes').textContent.includes(wanted),
        name,
      );
      return driver.evaluate(() => document.querySelector('.class-button .class-name').textContent);
    }

    /** @param {string} name */
    async function threeCardsShow(name) {
      for (const card of ['saliency', 'model', 'cut']) {
        await until(
          `${card} of ${name}`,
          (id, wanted) => {
            const element = document.querySelector(`#${id}`);
            return (
              element.querySelector('.card-class')?.textContent === wanted &&
              element.querySelector('.stage canvas')?.getAttribute('aria-label')?.includes(wanted)
            );
          },
          card,
          name,
        );
      }
    }

    test('a sample: five classes, and a click fills all three cards', async () => {
      await driver.open(server.address);
      await ready();
      await driver.click('.sample[data-file="chelsea.jpg"]');
      const likeliest = await classified('cat');
      await driver.click('.class-button');
      await threeCardsShow(likeliest);
      await until(
        'the finished map and cut',
        () =>
          document.querySelector('#saliency .card-state').textContent === '10 crops' &&
          document.querySelector('#cut .card-state').textContent === '',
      );
      assert.deepEqual(await problems(), []);
    });

    test('the map is laid over the photo as it is everywhere: by the formula of src/render/overlay.rs', async () => {
      const pixels = (/** @type {number} */ layer) =>
        driver.evaluate((place) => {
          const canvas = document.querySelectorAll('#saliency .stage canvas')[place];
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return Array.from({ length: Math.floor(data.length / 4 / 97) }, (_, i) => [
            ...data.slice(4 * 97 * i, 4 * 97 * i + 3),
          ]);
        }, layer);
      /**
       * Some pixels of the map's canvas after a setting has been changed.
       * @param {string} id
       * @param {string} value
       * @returns {Promise<number[][]>}
       */
      async function drawn(id, value) {
        await driver.evaluate(
          (name, wanted) => {
            const control = document.getElementById(name);
            control.value = wanted;
            for (const event of ['input', 'change'])
              control.dispatchEvent(new Event(event, { bubbles: true }));
          },
          id,
          value,
        );
        await new Promise((later) => setTimeout(later, 300));
        return pixels(1);
      }
      const photo = await pixels(0);
      const ground = await drawn('opacity', '0');
      const over = await drawn('opacity', '1');
      const alone = await drawn('ground', 'none');
      await drawn('ground', 'grey');
      let strong = 0;
      photo.forEach(([red, green, blue], i) => {
        const below = ((0.3 * red + 0.59 * green + 0.11 * blue) * 115) / 255;
        for (let c = 0; c < 3; c++) {
          assert.ok(
            Math.abs(ground[i][c] - below) <= 3,
            `the ground of ${photo[i]} is ${ground[i]}`,
          );
          // Where the map is weak, only a share of its colour is added
          if (alone[i][0] < 100) continue;
          strong++;
          assert.ok(
            Math.abs(over[i][c] - (below + alone[i][c] * (1 - below / 255))) <= 6,
            `${alone[i]} over ${photo[i]} is ${over[i]}`,
          );
        }
      });
      assert.ok(photo.length > 1000 && strong > 100, `${photo.length}, ${strong}`);
    });

    test('a stroke corrects the cut', async () => {
      const box = () => driver.evaluate(() => document.querySelector('#cut-box').textContent);
      const before = await box();
      assert.match(before, /^\d+ × \d+ at \d+, \d+$/);
      assert.doesNotMatch(before, / at \d, \d$/);
      await driver.click('#cut .tool[data-tool="object"]');
      const corner = await driver.evaluate(() => {
        const layer = document.querySelector('#cut .tool-layer');
        layer.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { x, y, width, height } = layer.getBoundingClientRect();
        const scale = Math.min(width / 451, height / 300); // the photo's pixels; it is fitted in
        return [
          [9, 9],
          [50, 12],
          [90, 15],
        ].map(([column, row]) => [
          x + width / 2 + (column - 225.5) * scale,
          y + height / 2 + (row - 150) * scale,
        ]);
      });
      await driver.drag(...corner);
      await until(
        'the object in the corner',
        () =>
          document.querySelector('#cut .card-state').textContent === '' &&
          / at \d, \d$/.test(document.querySelector('#cut-box').textContent),
      );
      assert.deepEqual(await problems(), []);
    });

    test('an uploaded file takes the place of the sample', async () => {
      await driver.upload('#file-input', join(DIST, 'samples/coffee.jpg'));
      const likeliest = await classified('espresso');
      await driver.click('.class-button');
      await threeCardsShow(likeliest);
      assert.deepEqual(await problems(), []);
    });

    test('left for another page, and back: the browser has kept it as it was, and it answers', async () => {
      // What must not be stored is not kept either
      server.put('index.html', (body) => ({ body, headers: { 'cache-control': 'no-cache' } }));
      await driver.open(server.address);
      await ready();
      await driver.click('.sample[data-file="chelsea.jpg"]');
      await classified('cat');
      await driver.evaluate(() =>
        addEventListener('pageshow', ({ persisted }) => {
          document.body.dataset.persisted = persisted;
        }),
      );
      await driver.open(`${server.address}samples/samples.json`);
      await driver.back();
      await until('the page again', () => document.querySelector('.status-text') !== null);
      assert.equal(await driver.evaluate(() => document.body.dataset.persisted), 'true');
      const likeliest = await classified('cat');
      await driver.click('.class-button');
      await threeCardsShow(likeliest);
      assert.deepEqual(await problems(), []);
    });

    test('without a network, after the first visit: it starts, and explains a sample', async () => {
      await until('the page kept', () =>
        document.querySelector('#kept')?.textContent.includes('also opens offline'),
      );
      await server.close();
      await driver.reload();
      await ready();
      await driver.click('.sample[data-file="macaw.jpg"]'); // not one that was looked at before
      const likeliest = await classified('macaw');
      await driver.click('.class-button');
      await threeCardsShow(likeliest);
      assert.deepEqual(await problems(), []);
    });
  });
}
