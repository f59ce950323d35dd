// Class models: the card's, and the gallery.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, pngSize } from './site.mjs';

describe('class models', () => {
  test('the class model: pause, resume, cancel, start again', async () => {
    const v = await arrive({ hash: '#recipe=sharp' }); // the longest
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const [name] = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    await v.finished();

    await v.page.click('#model button:text-is("Pause")');
    await v.page.waitForSelector('#model .card-state:text("paused")');
    await v.page.waitForTimeout(500); // steps that were under way may still arrive
    const paused = await v.modelStep();
    await v.page.waitForTimeout(800);
    assert.equal(await v.modelStep(), paused);

    await v.page.click('#model button:text-is("Resume")');
    await v.page.waitForFunction(
      (step) =>
        Number(document.querySelector('#model .card-state').textContent.match(/\d+/)?.[0]) > step,
      paused,
    );

    await v.page.click('#model button:text-is("Cancel")');
    await v.page.waitForSelector('#model .card-state:text-is("cancelled")');
    await v.page.click('#model button:text-is("Start again")');
    await v.page.waitForFunction(() =>
      /step [1-9]/.test(document.querySelector('#model .card-state').textContent),
    );

    await v.page.selectOption('#recipe', 'paper');
    await v.page.waitForFunction(() =>
      /step [1-9]/.test(document.querySelector('#model .card-state').textContent),
    );
  });

  test('the class model from the photo, at another size, by another seed; its growth as a video', async () => {
    const v = await arrive({ hash: '#recipe=sharp' }); // the longest
    await v.ready();
    await v.takeSample('chelsea.jpg');
    await v.chooseClass(0);
    await v.finished();
    const stepping = () =>
      v.page.waitForFunction(() =>
        /step [1-9]/.test(document.querySelector('#model .card-state').textContent),
      );
    await v.page.selectOption('#model-side', '128');
    await stepping();
    await v.page.selectOption('#model-start', 'photo');
    await stepping();
    await v.page.click('#model button:text-is("Reroll")');
    await v.page.waitForFunction(() =>
      /step ([2-9]|1\d)/.test(document.querySelector('#model .card-state').textContent),
    );
    assert.match(await v.page.textContent('#model .card-state'), /steps\/s$/);
    await v.page.waitForFunction(
      () => /side=128&start=photo/.test(location.hash) && /seed=\d/.test(location.hash),
    );
    assert.equal(
      await v.page.locator('#model .stage canvas').evaluate((canvas) => canvas.width),
      128,
    );
    await v.page.click('#model button:text-is("Cancel")');
    const video = await v.saved(() =>
      v.page.click('[aria-label="Save the growth as a short video"]'),
    );
    assert.deepEqual([...video.subarray(0, 4)], [0x1a, 0x45, 0xdf, 0xa3]); // EBML: WebM
    const size = await v.page.evaluate(
      async (bytes) => {
        const element = document.createElement('video');
        element.src = URL.createObjectURL(
          new Blob([new Uint8Array(bytes)], { type: 'video/webm' }),
        );
        await new Promise(
          (resolve, reject) => (
            (element.onloadeddata = resolve),
            (element.onerror = () => reject(new Error('no video')))
          ),
        );
        return [element.videoWidth, element.videoHeight];
      },
      [...video],
    );
    assert.deepEqual(size, [128, 128]);
  });

  test('the gallery: ten grow in turn without a photo, one at full size, ten others, stop', async () => {
    const v = await arrive();
    await v.ready();
    await v.page.click('#gallery .main');
    await v.page.waitForFunction(
      () => document.querySelectorAll('#gallery .gallery-place:enabled').length === 10,
    );
    const alts = () =>
      v.page
        .locator('#gallery .gallery-place canvas')
        .evaluateAll((all) => all.map((canvas) => canvas.getAttribute('aria-label')));
    assert.match((await alts())[0], /picture of goldfish after [48] steps/);
    await v.page.click('#gallery .gallery-place >> nth=4');
    await v.page.waitForSelector('.gallery-dialog[open] h3:text-is("zebra")');
    assert.deepEqual(
      pngSize(await v.saved(() => v.page.click('.gallery-dialog button:text-is("Save as PNG")'))),
      { width: 160, height: 160 },
    );
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('.gallery-dialog', { state: 'hidden' });
    // That has closed the dialog and stopped nothing
    assert.match(await v.page.textContent('#gallery .card-state'), /^step/);
    await v.page.click('#gallery button:text-is("Surprise me")');
    await v.page.waitForFunction(
      () => document.querySelectorAll('#gallery .gallery-place:enabled').length === 10,
    );
    await v.page.click('#gallery button:text-is("Stop")');
    await v.page.waitForSelector('#gallery .card-state:text-is("cancelled")');
    const stopped = await alts();
    assert.equal(new Set(stopped).size, 10);
    await v.page.waitForTimeout(1000);
    assert.deepEqual(await alts(), stopped);
  });

  test('every recipe says how it works, in plain text', async () => {
    const v = await arrive();
    await v.ready();
    const options = await v.page
      .locator('#recipe option')
      .evaluateAll((all) => all.map(({ value, text }) => [value, text]));
    assert.ok(options.length >= 5);
    for (const [id, title] of options) {
      await v.page.selectOption('#recipe', id);
      const text = await v.page.textContent('#model .formula p');
      assert.ok(text.includes(`“${title}”: `), text);
      assert.doesNotMatch(text, /[`*_]/);
    }
  });
});
