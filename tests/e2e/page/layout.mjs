// For everyone: accessibility, phones, and a layout that stays where it is.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { arrive, site } from './site.mjs';

const AXE = readFileSync(
  join(import.meta.dirname, '../../../node_modules/axe-core/axe.min.js'),
  'utf8',
);

describe('for everyone', () => {
  /** @param {string} state */
  async function axeFindsNothing(state) {
    // As a debugging aid axe comes past the policy; the page itself cannot.
    const found = await site.visitor.page.evaluate(async (source) => {
      (0, globalThis.axeEval ?? eval)(source);
      const { violations } = await globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
      );
    }, AXE);
    assert.deepEqual(found, [], state);
  }

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing, ${colorScheme}`, async () => {
      const v = await arrive({ colorScheme, bypassCSP: true, reducedMotion: 'reduce' });
      await v.ready();
      await axeFindsNothing('empty page');
      await v.takeSample('chelsea.jpg');
      await v.chooseClass(0);
      await v.threeCardsShow((await v.classes())[0]);
      await v.finished();
      await v.page.click('text=Compare them');
      await v.page.waitForSelector('#relation .pair canvas[aria-label]');
      await v.page.click('#sanity button');
      await v.page.waitForSelector('#sanity .strip li:nth-child(3)');
      for (const details of await v.page.locator('summary:visible').all()) await details.click();
      await axeFindsNothing('results');
      await v.page.focus('#class-search');
      await v.page.keyboard.press('ArrowDown');
      await axeFindsNothing('search');
      await v.page.keyboard.press('Escape');
      await v.upload(Buffer.alloc(0));
      await v.problem('picture-empty');
      await axeFindsNothing('error card');
    });
  }

  test('nothing is wider than a phone, and what can be pressed is large enough', async () => {
    const v = await arrive({ viewport: { width: 360, height: 780 }, hasTouch: true });
    await v.ready();
    await v.takeSample('red-panda.jpg');
    await v.chooseClass(0);
    await v.threeCardsShow((await v.classes())[0]);
    const { width, small } = await v.page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      small: [
        ...document.querySelectorAll(
          'button, select, summary, input[type=range], .search, .segments label',
        ),
      ]
        .map((element) => ({
          text: element.textContent || element.id,
          box: element.getBoundingClientRect(),
        }))
        .filter(({ box }) => box.width > 0 && (box.height < 43.9 || box.width < 43.9))
        .map(({ text, box }) => `${text} ${box.width} x ${box.height}`),
    }));
    assert.equal(width, 360);
    assert.deepEqual(small, []);
  });

  test('nothing jumps: the cards stay where they are from the empty page to the result', async () => {
    const v = await arrive();
    await v.ready();
    const boxes = () =>
      v.page.evaluate(() =>
        ['.cards', '#saliency .stage', '#cut .caption', '#classes', '#class-search'].map(
          (selector) => {
            const { x, y, width, height } = document
              .querySelector(selector)
              .getBoundingClientRect();
            return [selector, x, y, width, height].join(' ');
          },
        ),
      );
    const empty = await boxes();
    await v.takeSample('coffee.jpg');
    assert.deepEqual(await boxes(), empty);
    await v.chooseClass(0);
    await v.threeCardsShow((await v.classes())[0]);
    await v.finished();
    assert.deepEqual(await boxes(), empty);
  });

  test('an opened formula stays in its card, and so do the buttons that save', async () => {
    const v = await arrive({ viewport: { width: 1440, height: 900 } });
    await v.ready();
    for (const summary of await v.page.locator('.formula summary').all()) await summary.click();
    assert.equal(await v.page.locator('.formula[open] math:visible').count(), 3);
    const outside = await v.page.evaluate(() =>
      [...document.querySelectorAll('.card')].flatMap((card) => {
        const { right } = card.getBoundingClientRect();
        return [...card.querySelectorAll('.saves button, .formula, .formula p')]
          .filter((element) => element.getBoundingClientRect().right > right)
          .map((element) => `${card.id}: ${element.textContent}`);
      }),
    );
    assert.deepEqual(outside, []);
  });
});
