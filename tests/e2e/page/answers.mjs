// From a class, or a neuron, to its three answers.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DIST } from '../site.mjs';
import { arrive, boxReport, explained, pngSize, rgbaOf, site } from './site.mjs';

describe('from a picture to three answers', () => {
  test('a sample: five classes, and a click fills all three cards with that class', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    assert.equal(names.length, 5);
    assert.ok(
      names.some((name) => /cat|tabby|lynx/i.test(name)),
      names.join(),
    );
    assert.match(await v.page.textContent('#photo .credit'), /Stefan van der Walt.*CC0/);
    await v.chooseClass(0);
    await v.threeCardsShow(names[0]);
    await v.finished();
    assert.match(await v.page.textContent('#cut-box'), /^\d+ × \d+ at \d+, \d+$/);
    await v.page.waitForFunction(() => /^#photo=chelsea&class=\d+$/.test(location.hash));
  });

  test('the page opens on a finished example, before its program is there, until there is a photo', async () => {
    site.server.put('pkg/deep_inside.js', () => ({ hang: true }));
    const v = await arrive();
    const examples = v.page.locator('.card .example img');
    await v.page.waitForFunction(
      () =>
        [...document.querySelectorAll('.card .example img')].filter(
          ({ naturalWidth }) => naturalWidth > 0,
        ).length === 3,
    );
    assert.equal(await examples.filter({ visible: true }).count(), 3);
    assert.deepEqual(
      await v.page.locator('.card .card-class').allTextContents(),
      Array(3).fill('leopard'),
    );
    assert.match(
      await v.page.textContent('.reading-hero'),
      /^What made the network say “leopard”\? An example/,
    );
    assert.match(await v.page.textContent('.reading-found'), /^Leopard, \d+%\. Its score is /);
    assert.match(await v.page.textContent('.reading-tried'), /^With the brightest tenth/);
    const folder = join(DIST, 'samples/example');
    const bytes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
    assert.ok(bytes.reduce((sum, count) => sum + count) < 120e3, `${bytes}`);
    await v.leave();

    site.server.clear();
    const w = await arrive();
    await w.ready();
    await w.takeSample('coffee.jpg');
    assert.equal(await w.page.locator('.card .example img').filter({ visible: true }).count(), 0);
    assert.equal(await w.page.isVisible('.reading-hero'), false);
    await w.finished();
  });

  test('a photo explains itself: its likeliest class, without a click and without a class model', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('jaguars.jpg');
    await v.finished();
    const [name, second] = await v.classes();
    assert.deepEqual(await v.pressed(), [name]);
    assert.equal(await v.page.textContent('#model .card-state'), '');
    const found = await v.page.textContent('.reading-found');
    const share = await v.page.textContent('.class-button[aria-pressed=true] .class-share');
    assert.ok(found.toLowerCase().startsWith(`${name}, ${share}.`), found);
    assert.match(found, new RegExp(`\\d above ${second} \\(\\d+%\\)\\.`));
    assert.match(
      await v.page.textContent('.reading-place'),
      /^The map is strongest .+\. \d+% of it lies on the object that was cut out, which is \d+% of the photo\.$/,
    );

    // A click on the class adds its model.
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    await v.stopModel();
  });

  test('the brightest tenth is covered: before, after, at random, and what it means', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('jaguars.jpg');
    await v.finished();
    await v.page.click('#cover');
    const tried = v.page.locator('.reading-tried');
    await v.page.waitForFunction(() =>
      /^With/.test(document.querySelector('.reading-tried').textContent),
    );
    const text = await tried.textContent();
    const share = await v.page.textContent('.class-button[aria-pressed=true] .class-share');
    const [, before, after, random] =
      /covered: (\S+) → (\S+?)(?:, now .+ \(\S+\))?\. .+ at random: (\S+)\. So/.exec(text) ?? [];
    assert.equal(before, share, text);
    const [covered, others] = [after, random].map(Number.parseFloat);
    assert.ok(covered < others, text);

    // It was about one map: another method has none yet.
    await v.page.selectOption('#method', 'grad_cam');
    assert.equal(await tried.textContent(), '');
  });

  test('why one class and not another: both signs over the photo, in the link, and back', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('jaguars.jpg');
    await v.finished();
    const [name, second] = await v.classes();
    const rivals = await v.page.locator('#against option').allTextContents();
    assert.equal(rivals.length, 6);
    assert.match(rivals[1], new RegExp(`^${second}, \\d+%$`));
    await v.page.selectOption('#against', { index: 1 });
    const both = `${name} rather than ${second}`;
    await v.threeCardsShow(both);
    await v.stopModel();
    await v.finished();
    assert.match(
      await v.page.textContent('.reading-found'),
      new RegExp(`, rather than ${second}, .+ Its score is \\d+\\.\\d higher\\. Brighter pixels`),
    );
    assert.equal(await v.page.isDisabled('#colour-map'), true);
    const hues = await v.page.evaluate(() => {
      const canvas = document.querySelectorAll('#saliency .stage canvas')[1];
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let [orange, blue] = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] > data[i + 2] + 60) orange++;
        if (data[i + 2] > data[i] + 60) blue++;
      }
      return { orange, blue };
    });
    assert.ok(hues.orange > 100 && hues.blue > 100, JSON.stringify(hues));
    const saved = await rgbaOf(
      await v.saved(() => v.page.click('[aria-label="Save the overlay as PNG"]')),
    );
    assert.ok(saved.some((value, i) => i % 4 === 0 && value > saved[i + 2] + 60));
    await v.page.waitForFunction(() => /^#photo=jaguars&class=\d+-\d+$/.test(location.hash));
    const report = await boxReport();
    assert.deepEqual(
      [report.class.label, report.against.label].map((label) => label.split(',')[0]),
      [name, second],
    );

    await v.page.selectOption('#against', '');
    await v.threeCardsShow(name);
    await v.stopModel();
    await v.page.waitForFunction(() => /&class=\d+$/.test(location.hash));
    assert.equal(await v.page.isDisabled('#colour-map'), false);
  });

  test('every card shows something soon after the click, and the page never stalls', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const [name] = await v.classes();
    await v.page.evaluate(() => {
      let last = performance.now();
      globalThis.longestPause = 0;
      (function tick() {
        const now = performance.now();
        globalThis.longestPause = Math.max(globalThis.longestPause, now - last);
        last = now;
        setTimeout(tick, 5);
      })();
    });
    const started = Date.now();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    console.log(`  all three cards after ${Date.now() - started} ms`);
    await v.finished();
    const pause = await v.page.evaluate(() => globalThis.longestPause);
    console.log(`  longest pause of the page ${pause.toFixed(0)} ms`);
    assert.ok(pause < 1000, `the page stood still for ${pause} ms`);
  });

  test('any class by keyboard alone', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    await v.page.focus('#class-search');
    await v.page.keyboard.type('felis');
    assert.equal(await v.page.getAttribute('#class-search', 'aria-expanded'), 'true');
    await v.page.keyboard.type(' ');
    await v.page.keyboard.press('Backspace');
    await v.page.keyboard.press('ArrowDown');
    const active = await v.page.getAttribute('#class-search', 'aria-activedescendant');
    const label = await v.page.textContent(`#${active} .option-name`);
    await v.page.keyboard.press('Enter');
    await v.threeCardsShow(label.split(',')[0]);

    await v.page.focus('#class-search');
    await v.page.keyboard.press('ArrowDown');
    assert.equal(await v.page.locator('#class-list [role=option]').count(), 50);
    await v.page.keyboard.type('zzz');
    assert.equal(await v.page.locator('#class-list [role=option]').count(), 0);
    await v.page.keyboard.press('Escape');
    assert.equal(await v.page.getAttribute('#class-search', 'aria-expanded'), 'false');
  });

  test('another class in the middle of the work: the last one wins', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    await v.page.waitForTimeout(300);
    await v.chooseClass(1);
    await v.chooseClass(2);
    await v.threeCardsShow(names[2]);
    await v.finished();
    assert.match(
      (await v.page.getAttribute('#cut .stage canvas', 'aria-label')) ?? names[2],
      new RegExp(names[2]),
    );
  });

  test('any neuron: map, model and cut-out as for a class', async () => {
    const v = await explained();
    await v.page.click('text=Or any neuron');
    await v.page.selectOption('#neuron-layer', 'features.12');
    await v.page.fill('#neuron-channel', '512'); // one too many: the browser says so
    await v.page.click('.neuron button');
    assert.equal(await v.page.locator('#neuron-channel:invalid').count(), 1);
    await v.page.fill('#neuron-channel', '3');
    await v.page.click('.neuron button');
    await v.threeCardsShow('features.12, channel 3');
    await v.finished();
    await v.page.waitForFunction(() => location.hash.includes('neuron=features.12%3A3'));
    assert.equal(await v.page.textContent('#model-probability'), '–');
    const report = await boxReport();
    assert.deepEqual(report.neuron, { layer: 'features.12', channel: 3 });
  });

  test('Escape pauses the model and stops all else; a click on the class goes on, on another begins', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(names[0]);
    await v.finished();
    const state = () => v.page.textContent('#model .card-state');
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('#model .card-state:text("paused at")');
    const [, paused] = /paused at (\d+) of 200/.exec(await state());
    await v.chooseClass(0);
    await v.page.waitForFunction(
      (step) =>
        Number(/^step (\d+)/.exec(document.querySelector('#model .card-state').textContent)?.[1]) >
        Number(step),
      paused,
    );

    await v.chooseClass(1);
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('#saliency .card-state:text("cancelled")');
    await v.chooseClass(1);
    await v.threeCardsShow(names[1]);
    await v.finished();
  });

  test('every result as a file in the size of the photo', async () => {
    const v = await explained();
    const [name] = await v.classes();
    const save = (label) => v.saved(() => v.page.click(`[aria-label="${label}"]`));
    const photo = { width: 451, height: 300 };
    assert.deepEqual(pngSize(await save('Save the overlay as PNG')), photo);
    assert.deepEqual(pngSize(await save('Save the class model’s picture as PNG')), {
      width: 227,
      height: 227,
    });

    const report = await boxReport();
    const { x, y, width, height } = report.object.box;
    assert.equal(report.class.label.split(',')[0], name);
    assert.deepEqual(report.photo, photo);

    const mask = await save('Save the mask as PNG');
    const cutout = await save('Save the cut-out as PNG with a transparent background');
    assert.deepEqual(pngSize(mask), photo);
    assert.deepEqual(pngSize(cutout), photo);
    const masked = await rgbaOf(mask);
    const cut = await rgbaOf(cutout);
    let soft = 0;
    for (let i = 0; i < photo.width * photo.height; i++) {
      const [px, py] = [i % photo.width, Math.floor(i / photo.width)];
      const level = masked[4 * i];
      const alpha = cut[4 * i + 3];
      const object = level === 255;
      assert.ok(object || level === 0);
      assert.equal(alpha >= 128, object, `cut-out and mask disagree at ${px}, ${py}`);
      const inBox = px >= x && px < x + width && py >= y && py < y + height;
      assert.ok(inBox || !object, `the object reaches out of its box at ${px}, ${py}`);
      if (alpha > 0 && alpha < 255) soft++;
    }
    assert.ok(soft > 100, 'the edge is soft');
  });
});
