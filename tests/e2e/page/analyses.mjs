// The analyses below the cards.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agreement } from '../../../www/app/box_agreement.js';
import { addEngine, arrive, explained } from './site.mjs';

describe('maps side by side', () => {
  test('every method on one class, and the five classes by one method: figures, table, and a click takes it', async () => {
    const v = await explained({ file: 'jaguars.jpg' });
    const started = Date.now();
    await v.page.click('#board button:text-is("All methods")');
    await v.page.waitForSelector('#board .finding:text("Least is left by")');
    console.log(`  all methods after ${Date.now() - started} ms`);
    const methods = await v.page.locator('#method option').allTextContents();
    const names = v.page.locator('#board .strip button');
    assert.deepEqual(await names.allTextContents(), methods);
    const figures = await v.page.locator('#board .strip-layer').allTextContents();
    const left = figures.map((text) => {
      assert.match(text, /^84% → .*\d%$/);
      return Number(/[\d.]+(?=%$)/.exec(text)[0]);
    });
    const least = methods[left.indexOf(Math.min(...left))];
    assert.ok(
      (await v.page.textContent('#board .finding')).startsWith(`Least is left by ${least}: `),
    );

    await v.page.click('#board button:text-is("Copy as table")');
    await v.page.waitForSelector('#board button:text-is("Copied")');
    const table = (await v.page.evaluate(() => navigator.clipboard.readText())).split('\n');
    assert.equal(table.length, 1 + methods.length);
    assert.deepEqual(
      table.slice(1).map((line) => line.split('\t')[0]),
      methods,
    );
    assert.ok(
      table.slice(1).every((line) =>
        line
          .split('\t')
          .slice(1)
          .every((x) => x >= 0 && x <= 1),
      ),
    );

    await v.page.click('#board .strip button:text-is("Grad-CAM")');
    assert.equal(await v.page.inputValue('#method'), 'grad_cam');

    await v.page.click('#board button:text-is("Five classes")');
    await v.page.waitForFunction(() => document.querySelectorAll('#board .strip li').length === 5);
    const classes = await v.classes();
    assert.deepEqual(await names.allTextContents(), classes);
    await v.page.click(`#board .strip button:text-is("${classes[1]}")`);
    await v.threeCardsShow(classes[1]);
    assert.equal(await v.page.isVisible('#board .strip'), false);
  });
});

describe('the rules', () => {
  test('gradient or DeconvNet: both maps, and the layers at which they differ', async () => {
    const v = await explained();
    await v.page.click('text=Compare them');
    await v.page.waitForSelector('#relation .pair canvas[aria-label^="DeconvNet map for"]');
    assert.equal(await v.page.locator('#relation .pair canvas[aria-label]').count(), 2);
    assert.match(
      await v.page.textContent('#relation .finding'),
      /identical results at .*convolutions.*max-pools.*differ only at 25 ReLUs/,
    );
    assert.equal(await v.page.locator('#relation .chart rect').count(), 25);
    assert.equal(await v.page.locator('#relation .rules tbody tr').count(), 3);
    await v.page.click('text=The numbers, layer by layer');
    assert.ok((await v.page.locator('#relation .figures tbody tr').count()) > 60);
    await v.chooseClass(1); // another class: nothing of the old one is left
    assert.equal(await v.page.isVisible('#relation .pair'), false);
  });
});

describe('the sanity check', () => {
  test('guided back-propagation fails; a check that is stopped keeps what it has', async () => {
    const v = await explained({ hash: '#method=guided_backprop' });
    await v.page.click('#sanity button');
    await v.page.waitForSelector('#sanity .finding:text("with all layers random")');
    assert.match(await v.page.textContent('#sanity .finding'), /fails/);
    assert.equal(await v.page.locator('#sanity .strip li').count(), 27);
    await v.page.click('#sanity button');
    await v.page.waitForSelector('#sanity .strip li:nth-child(3)');
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('#sanity .card-state:text("cancelled")');
    const kept = await v.page.locator('#sanity .strip li').count();
    assert.ok(kept >= 3 && kept < 27, `${kept} maps`);
    await v.chooseClass(1);
    await v.finished();
  });

  test('the gradient: its signs change and its magnitudes do not; each picture has its own correlation', async () => {
    const v = await explained();
    await v.page.click('#sanity button');
    await v.page.waitForSelector('#sanity .finding:text("with all layers random")');
    const finding = await v.page.textContent('#sanity .finding');
    assert.match(
      finding,
      /^Gradient passes in part: its signs no longer correlate .*, but its magnitudes do/,
    );
    const steps = await v.page.locator('#sanity .strip li').evaluateAll((items) =>
      items.map((item) => ({
        layer: item.querySelector('.strip-layer').textContent,
        figures: [...item.querySelectorAll('.figure')].map(({ textContent }) => textContent),
        alts: [...item.querySelectorAll('canvas')].map((canvas) =>
          canvas.getAttribute('aria-label'),
        ),
        pictures: [...item.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()),
      })),
    );
    assert.equal(steps.length, 27);
    for (const { layer, figures, alts, pictures } of steps) {
      assert.match(figures[0], /^magnitudes −?[01]\.\d\d$/);
      assert.match(figures[1], /^signs −?[01]\.\d\d$/);
      assert.deepEqual(alts, [
        `Map after ${layer}, magnitudes: rank correlation ${figures[0].slice(11)}`,
        `Map after ${layer}, signs: rank correlation ${figures[1].slice(6)}`,
      ]);
      assert.notEqual(pictures[0], pictures[1]);
    }
    // The figures are the engine's, and those of the finding are the last ones.
    await v.page.evaluate(addEngine);
    const engines = await v.page.evaluate(async () => {
      const engine = await engineOnChelsea();
      const classIndex = Number(new URLSearchParams(location.hash.slice(1)).get('class'));
      const check = await engine.sanityCheck({ classIndex, views: 1 });
      const found = [];
      for (let step; (step = await check.step());)
        found.push([step.magnitudeCorrelation, step.correlation]);
      return found;
    });
    const number = (text) => Number(text.replace(/^\D*? /, '').replace('−', '-'));
    steps.slice(1).forEach(({ figures }, i) => {
      figures.forEach((figure, of) =>
        assert.ok(
          Math.abs(number(figure) - engines[i][of]) < 0.03,
          `${figure} and ${engines[i][of]}`,
        ),
      );
    });
    for (const figure of steps.at(-1).figures)
      assert.ok(finding.includes(figure.replace(/^\w+ /, '')), finding);
    assert.equal(
      await v.page
        .locator('#sanity .chart .dashed')
        .evaluate((line) => line.getAttribute('points').split(' ').length),
      27,
    );
  });
});

describe('the five likeliest', () => {
  test('the five likeliest: a box for each in the photo’s pixels, and as JSON', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('macaw.jpg');
    const names = await v.classes();
    await v.page.click('text=Find all five');
    await v.page.waitForSelector('#top-five .strip li:nth-child(5)');
    assert.deepEqual(await v.page.locator('#top-five .strip button').allTextContents(), names);
    const report = JSON.parse(
      await v.saved(() =>
        v.page.click('[aria-label="Save the five boxes and the settings as JSON"]'),
      ),
    );
    assert.equal(report.objects.length, 5);
    assert.equal(report.objects[0].class.label.split(',')[0], names[0]);
    const { photo } = report;
    const boxes = report.objects.flatMap(({ object }) => (object ? [object.box] : []));
    const { same } = agreement(boxes);
    const conclusion = await v.page.textContent('#top-five [role=status].pictures-about');
    const expected = new Map([
      [boxes.length, `^All ${boxes.length} point at the same object`],
      [1, '^No other class|^Only'],
    ]);
    assert.match(conclusion, new RegExp(expected.get(same) ?? `^${same} of ${boxes.length} point`));
    for (const { object } of report.objects) {
      if (!object) continue;
      const { x, y, width, height } = object.box;
      assert.ok(
        x >= 0 &&
          y >= 0 &&
          width > 0 &&
          height > 0 &&
          x + width <= photo.width &&
          y + height <= photo.height,
      );
    }
    assert.ok(report.objects[0].object);
    await v.page.click('text=Find all five');
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('#top-five .card-state:text("cancelled")');
    await v.takeSample('coffee.jpg'); // another photo: nothing of the old one is left
    assert.equal(await v.page.locator('#top-five .strip li').count(), 0);
  });
});
