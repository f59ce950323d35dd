// The page in a real browser, on what `trunk build` has left in dist/. Run with `npm run e2e`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { DIST, openSite } from './site.mjs';
import { visit } from './visit.mjs';

const AXE = readFileSync(
  join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'),
  'utf8',
);
const sample = (file) => readFileSync(join(DIST, 'samples', file));

// A page that does not even start fails here, once, instead of in every test for as long as each
// one waits.
const site = openSite({}, async () => {
  const v = await site.arrive();
  await v.ready();
  await v.leave();
  site.visitor = null;
});
const { arrive } = site;

/** Width and height that a PNG file states. @param {Buffer} png */
function pngSize(png) {
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/**
 * What a file looks like to the browser: RGBA at a few points.
 * @param {Buffer} png
 * @param {[number, number][]} points
 */
async function pixelsOf(png, points) {
  return site.visitor.page.evaluate(
    async ([base64, places]) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      return places.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data]);
    },
    [png.toString('base64'), points],
  );
}

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
    await v.page.waitForFunction(() => /^#class=\d+$/.test(location.hash));
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

  test('an uploaded file', async () => {
    const v = await arrive();
    await v.upload(sample('coffee.jpg')); // while the network is still on its way
    await v.classified();
    const names = await v.classes();
    assert.match(names.join(), /espresso|cup/);
    await v.chooseClass(0);
    await v.threeCardsShow(names[0]);
  });

  test('a dropped file, and a pasted one', async () => {
    const v = await arrive();
    await v.ready();
    for (const kind of ['drop', 'paste']) {
      await v.page.evaluate(
        ([type, base64]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(
            new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'x', {
              type: 'image/jpeg',
            }),
          );
          const event =
            type === 'drop'
              ? new DragEvent('drop', {
                  bubbles: true,
                  cancelable: true,
                  dataTransfer: dataTransfer,
                })
              : new ClipboardEvent('paste', {
                  bubbles: true,
                  cancelable: true,
                  clipboardData: dataTransfer,
                });
          document.body.dispatchEvent(event);
        },
        [kind, sample(kind === 'drop' ? 'macaw.jpg' : 'coffee.jpg').toString('base64')],
      );
      await v.page.waitForFunction(
        (wanted) => document.querySelector('#classes')?.textContent.includes(wanted),
        kind === 'drop' ? 'macaw' : 'espresso',
      );
    }
  });

  test('the webcam: a preview, a picture, and the camera is off again', async () => {
    const v = await arrive({
      before: () => {
        globalThis.tracks = [];
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          const stream = await ask(wanted);
          globalThis.tracks.push(...stream.getTracks());
          return stream;
        };
      },
    });
    await v.ready();
    await v.page.click('text=Webcam');
    await v.page.click('text=Take the picture');
    await v.classified();
    const [name] = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    assert.deepEqual(
      await v.page.evaluate(() => globalThis.tracks.map((track) => track.readyState)),
      ['ended'],
    );

    await v.page.click('text=Webcam');
    await v.page.waitForSelector('text=Take the picture');
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('text=Webcam');
    assert.deepEqual(
      await v.page.evaluate(() => globalThis.tracks.map((track) => track.readyState)),
      ['ended', 'ended'],
    );
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
});

describe('looking and keeping', () => {
  test('opacity, colours, views, comparing: each changes what is seen', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const [name] = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    await v.finished();
    await v.page.click('text=Pause');
    const heat = v.page.locator('#saliency .stage canvas >> nth=1');
    const look = () => v.page.locator('#saliency .stage').screenshot();

    const inferno = await look();
    await v.page.selectOption('#colour-map', 'viridis');
    assert.notDeepEqual(await look(), inferno);
    const strong = await look();
    await v.page.fill('#opacity', '0.3');
    assert.notDeepEqual(await look(), strong);
    await v.page.focus('text=Hold to compare');
    await v.page.keyboard.down('Space');
    assert.equal(await heat.isVisible(), false);
    await v.page.keyboard.up('Space');
    assert.equal(await heat.isVisible(), true);
    await v.page.waitForFunction(
      () => /map=viridis/.test(location.hash) && /opacity=0.3/.test(location.hash),
    );

    const cut = () => v.page.locator('#cut .stage').screenshot();
    const outline = await cut();
    await v.page.click('label[for=cut-view-cutout]');
    const cutout = await cut();
    await v.page.click('label[for=cut-view-box]');
    assert.notDeepEqual(cutout, outline);
    assert.notDeepEqual(await cut(), cutout);
  });

  test('every result as a file in the size of the photo', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const [name] = await v.classes();
    await v.chooseClass(0);
    await v.threeCardsShow(name);
    await v.finished();
    const save = (label) => v.saved(() => v.page.click(`[aria-label="${label}"]`));
    const photo = { width: 451, height: 300 };
    assert.deepEqual(pngSize(await save('Save the overlay as PNG')), photo);
    assert.deepEqual(pngSize(await save('Save the class model’s picture as PNG')), {
      width: 227,
      height: 227,
    });

    const report = JSON.parse(await save('Save the box and the settings as JSON'));
    const { x, y, width, height } = report.object.box;
    assert.equal(report.class.label.split(',')[0], name);
    assert.deepEqual(report.photo, photo);

    const mask = await save('Save the mask as PNG');
    const cutout = await save('Save the cut-out as PNG with a transparent background');
    assert.deepEqual(pngSize(mask), photo);
    assert.deepEqual(pngSize(cutout), photo);
    const grid = Array.from({ length: 300 }, (_, i) => [
      (i * 37) % photo.width,
      (i * 53) % photo.height,
    ]);
    const masked = await pixelsOf(mask, grid);
    const cut = await pixelsOf(cutout, grid);
    const everywhere = Array.from({ length: photo.width * photo.height }, (_, i) => [
      i % photo.width,
      Math.floor(i / photo.width),
    ]);
    const alphas = (await pixelsOf(cutout, everywhere)).map(([, , , alpha]) => alpha);
    assert.ok(alphas.filter((alpha) => alpha > 0 && alpha < 255).length > 100, 'the edge is soft');
    grid.forEach(([px, py], i) => {
      const object = masked[i][0] === 255;
      assert.ok(object || masked[i][0] === 0);
      assert.equal(cut[i][3] >= 128, object, `cut-out and mask disagree at ${px}, ${py}`);
      const inBox = px >= x && px < x + width && py >= y && py < y + height;
      assert.ok(inBox || !object, `the object reaches out of its box at ${px}, ${py}`);
    });
  });

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

  test('Escape stops everything, and the next click works', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('.status-text:text("cancelled")');
    await v.chooseClass(1);
    await v.threeCardsShow(names[1]);
    await v.finished();
  });

  test('settings in the address are checked and clamped; a class waits for its photo', async () => {
    const v = await arrive({
      hash: '#class=285&map=jet&opacity=1e99&recipe=<script>&seed=-5&device=toaster',
    });
    await v.ready();
    assert.equal(await v.page.inputValue('#colour-map'), 'inferno');
    assert.equal(await v.page.inputValue('#opacity'), '1');
    assert.equal(await v.page.inputValue('#recipe'), 'robust');
    await v.takeSample('chelsea.jpg');
    await v.threeCardsShow('Egyptian cat');
  });
});

describe('closer looks', () => {
  /**
   * A sample, its likeliest class, and everything about it there.
   * @param {Parameters<typeof arrive>[0]} [options]
   */
  async function explained(options) {
    const v = await arrive(options);
    await v.ready();
    await v.takeSample('chelsea.jpg');
    await v.chooseClass(0);
    await v.threeCardsShow((await v.classes())[0]);
    await v.finished();
    return v;
  }

  test('every method of the engine is in the menu, makes its own map and says how to read it', async () => {
    const v = await explained();
    const ids = await v.page
      .locator('#method option')
      .evaluateAll((options) => options.map(({ value }) => value));
    assert.ok(ids.length >= 8 && ids[0] === 'gradient', ids.join());
    const maps = new Set();
    const captions = new Set();
    for (const id of ids) {
      await v.page.selectOption('#method', id);
      await v.page.waitForSelector(`#saliency[data-method="${id}"]:not(.working)`);
      maps.add(String(await v.page.locator('#saliency .stage canvas >> nth=1').screenshot()));
      captions.add(await v.page.textContent('#saliency .caption'));
      if (id === 'integrated_gradients')
        assert.match(await v.page.textContent('#saliency .card-state'), /^sum is off by [<\d]/);
      if (id !== 'gradient')
        await v.page.waitForFunction((method) => location.hash.includes(`method=${method}`), id);
    }
    assert.equal(maps.size, ids.length);
    assert.equal(captions.size, ids.length);
    assert.equal(await v.page.textContent('#cut .card-state'), ''); // the cut stayed as it was
  });

  test('a method in the address is the one that is used; an unknown one is not', async () => {
    await explained({ hash: '#method=deconvnet' });
    assert.equal(await site.visitor.page.inputValue('#method'), 'deconvnet');
    await site.visitor.leave();
    const v = await arrive({ hash: '#method=tea_leaves' });
    await v.ready();
    assert.equal(await v.page.inputValue('#method'), 'gradient');
  });

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

  test('the sanity check: the gradient passes in part, guided back-propagation fails', async () => {
    const v = await explained();
    for (const [method, verdict] of [
      ['gradient', /passes in part/],
      ['guided_backprop', /fails/],
    ]) {
      await v.page.selectOption('#method', method);
      await v.page.waitForSelector(`#saliency[data-method="${method}"]:not(.working)`);
      await v.page.click('#sanity button');
      await v.page.waitForSelector('#sanity .finding:text("with all layers random")');
      assert.match(await v.page.textContent('#sanity .finding'), verdict);
      assert.equal(await v.page.locator('#sanity .strip li').count(), 27);
    }
    await v.page.click('#sanity button');
    await v.page.waitForSelector('#sanity .strip li:nth-child(3)');
    await v.page.keyboard.press('Escape');
    await v.page.waitForSelector('#sanity .card-state:text("cancelled")');
    assert.ok((await v.page.locator('#sanity .strip li').count()) < 27);
    await v.chooseClass(1);
    await v.finished();
  });

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
    await v.page.click('#top-five .strip button >> nth=0').catch(() => {});
    await v.takeSample('coffee.jpg'); // another photo: nothing of the old one is left
    assert.equal(await v.page.locator('#top-five .strip li').count(), 0);
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
    const report = JSON.parse(
      await v.saved(() => v.page.click('[aria-label="Save the box and the settings as JSON"]')),
    );
    assert.deepEqual(report.neuron, { layer: 'features.12', channel: 3 });
  });

  describe('the cut, corrected', () => {
    /** A finished cut, and the place of a part of the photo on the screen. */
    async function located() {
      const v = await explained();
      await v.finished();
      const at = async (across, down) => {
        const { x, y, width, height } = await v.page.locator('#cut .tool-layer').boundingBox();
        const scale = Math.min(width / 451, height / 300);
        return [
          x + width / 2 + (across - 0.5) * 451 * scale,
          y + height / 2 + (down - 0.5) * 300 * scale,
        ];
      };
      const stroke = async (...places) => {
        await v.page.mouse.move(...(await at(...places[0])));
        await v.page.mouse.down();
        for (const place of places.slice(1))
          await v.page.mouse.move(...(await at(...place)), { steps: 5 });
        await v.page.mouse.up();
      };
      const settled = () =>
        v.page.waitForFunction(() =>
          ['', 'no object'].includes(document.querySelector('#cut .card-state').textContent),
        );
      const box = async () => (await settled(), v.page.textContent('#cut-box'));
      return {
        v,
        at,
        stroke,
        box,
        tool: (name) => v.page.click(`#cut .tool[data-tool="${name}"]`),
      };
    }

    test('strokes change it, each counts, and undo brings back the very cut from before', async () => {
      const { v, stroke, box, tool } = await located();
      const boxes = [await box()];
      await tool('object');
      await stroke([0.02, 0.03], [0.2, 0.05]);
      boxes.push(await box());
      assert.match(boxes[1], / at \d, \d$/); // it reaches into the corner now
      await tool('background');
      await stroke([0.02, 0.03], [0.2, 0.05]);
      await stroke([0.5, 0.5], [0.55, 0.6]); // while the one before is still being cut
      await stroke([0.4, 0.2], [0.45, 0.3]);
      assert.notEqual(await box(), boxes[1]);
      const report = JSON.parse(
        await v.saved(() => v.page.click('[aria-label="Save the box and the settings as JSON"]')),
      );
      assert.equal(report.object.strokes.length, 4);
      for (const { points, radius, object } of report.object.strokes) {
        assert.ok(
          points.length >= 2 &&
            points.length % 2 === 0 &&
            points.every(Number.isFinite) &&
            radius > 0 &&
            typeof object === 'boolean',
        );
      }
      for (let left = 3; left > 0; left--) await v.page.click('#cut button:text("Undo")');
      assert.equal(await box(), boxes[1]);
      await v.page.keyboard.press('Escape');
      await v.page.click('#cut button:text("Clear")');
      assert.equal(await box(), boxes[0]);
      assert.equal(await v.page.locator('#cut button:text("Undo")').isDisabled(), true);
    });

    test('a box in place of the saliency', async () => {
      const { v, stroke, box, tool } = await located();
      const before = await box();
      await tool('rectangle');
      await stroke([0.25, 0.1], [0.75, 0.9]);
      const [, width, height, x, y] = (await box())
        .match(/(\d+) × (\d+) at (\d+), (\d+)/)
        .map(Number);
      assert.notEqual(await box(), before);
      assert.ok(
        x >= 110 && y >= 28 && x + width <= 342 && y + height <= 272,
        `${width} x ${height} at ${x}, ${y}`,
      );
      const report = JSON.parse(
        await v.saved(() => v.page.click('[aria-label="Save the box and the settings as JSON"]')),
      );
      assert.ok(
        Math.abs(report.object.rectangle.x - 113) <= 3 &&
          Math.abs(report.object.rectangle.width - 225) <= 5,
        JSON.stringify(report.object),
      );
    });

    test('by keyboard alone', async () => {
      const { v, box } = await located();
      const before = await box();
      await v.page.focus('#cut .tool[data-tool="object"]');
      await v.page.keyboard.press('Enter'); // takes the brush; the picture has the focus now
      // From the middle to the edge
      for (let step = 0; step < 25; step++) await v.page.keyboard.press('ArrowLeft');
      await v.page.keyboard.press('Shift+ArrowUp');
      await v.page.keyboard.press('Space');
      assert.match(await box(), / at 0, /);
      await v.page.keyboard.press('Control+z');
      assert.equal(await box(), before);
      await v.page.keyboard.press('Escape');
      assert.equal(await v.page.locator('#cut .tool-layer').isVisible(), false);
      assert.equal(await v.page.evaluate(() => document.activeElement.dataset.tool), 'object');
    });

    test('by touch, without moving the page', async () => {
      const { v, at, box, tool } = await located();
      await box();
      await tool('object');
      const session = await v.page.context().newCDPSession(v.page);
      const points = [];
      for (const place of [
        [0.02, 0.03],
        [0.08, 0.04],
        [0.15, 0.04],
      ])
        points.push(await at(...place));
      const top = await v.page.evaluate(() => scrollY);
      const touch = (type, touchPoints) =>
        session.send('Input.dispatchTouchEvent', { type, touchPoints });
      await touch('touchStart', [{ x: points[0][0], y: points[0][1] }]);
      for (const [x, y] of points.slice(1)) await touch('touchMove', [{ x, y }]);
      await touch('touchEnd', []);
      assert.match(await box(), / at \d, \d$/);
      assert.equal(await v.page.evaluate(() => scrollY), top);
    });

    test('another photo ends it', async () => {
      const { v, tool } = await located();
      await tool('object');
      await v.page.click('.sample[data-file="coffee.jpg"]');
      await v.page.waitForFunction(() => !document.querySelector('#cut .tool:enabled'));
      assert.equal(await v.page.locator('#cut .tool-layer').isVisible(), false);
    });
  });
});

describe('where it computes', () => {
  test('a software adapter: the CPU is taken, and the page says why', async () => {
    const v = await arrive();
    await v.ready();
    assert.equal(await v.page.textContent('#device'), 'CPU');
    assert.match(await v.page.textContent('#device-notice'), /slower/);
  });

  test('no WebGPU: the CPU, with its notice', async () => {
    const plain = await launch({ webgpu: false });
    try {
      const v = (site.visitor = await visit(plain, site.server.address, {
        before: () => delete Navigator.prototype.gpu,
      }));
      await v.ready();
      assert.equal(await v.page.textContent('#device'), 'CPU');
      assert.match(await v.page.textContent('#device-notice'), /no WebGPU/);
      await v.takeSample('chelsea.jpg');
      const [name] = await v.classes();
      await v.chooseClass(0);
      await v.threeCardsShow(name);

      // The same browser, asked for WebGPU by name: an error that leads to the CPU.
      await v.page.evaluate(() => {
        location.hash = '#device=webgpu';
      });
      const card = await v.problem('gpu-unavailable');
      await (await card.$('button:text-is("Use the CPU")')).click();
      await v.page.waitForFunction(
        () =>
          document.querySelector('#device')?.textContent === 'CPU' &&
          !document.querySelector('.problem'),
      );
    } finally {
      await site.visitor.page.context().close();
      await plain.close();
    }
  });
});

describe('what goes wrong has a card, and the next action works', () => {
  const BAD = {
    'picture-empty': Buffer.alloc(0),
    'picture-unsupported': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    'picture-corrupt': () => sample('chelsea.jpg').subarray(0, 3000),
  };

  test('pictures', async () => {
    const v = await arrive();
    await v.ready();
    await v.takeSample('coffee.jpg');
    for (const [code, bytes] of Object.entries(BAD)) {
      await v.upload(typeof bytes === 'function' ? bytes() : bytes);
      await v.problem(code);
      assert.match((await v.classes()).join(), /espresso/, 'the photo that was there stays');
    }
    await v.page.evaluate((bytes) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(bytes)], 'large.png', { type: 'image/png' }));
      document.body.dispatchEvent(
        new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: dataTransfer }),
      );
    }, 201_000_000);
    await v.problem('picture-too-large');

    await v.upload(sample('macaw.jpg'));
    await v.page.waitForFunction(() =>
      document.querySelector('#classes')?.textContent.includes('macaw'),
    );
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('drops and pastes without a picture', async () => {
    const v = await arrive();
    await v.ready();
    await v.drop({ 'text/plain': 'words' });
    await v.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/plain', 'words');
      document.body.dispatchEvent(
        new ClipboardEvent('paste', {
          bubbles: true,
          cancelable: true,
          clipboardData: dataTransfer,
        }),
      );
    });
    await v.problem('drop-without-picture');
    await v.problem('paste-without-picture');
    await v.takeSample('coffee.jpg');
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  const WEIGHTS = {
    'weights-corrupt': (body) => ({
      body: Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1) ^ 1])]),
    }),
    'weights-download-failed': () => ({ status: 404, body: 'not found' }),
  };
  const HTML = () => ({ type: 'text/html', body: '<!doctype html>' });

  for (const [code, fault] of [...Object.entries(WEIGHTS), ['weights-download-failed', HTML]]) {
    test(`weights: ${code}, ${fault.name || 'a web page instead'}`, async () => {
      site.server.put('.safetensors', fault);
      const v = await arrive();
      const card = await v.problem(code);
      site.server.clear();
      await (await card.$('button:text-is("Try again")')).click();
      await v.ready();
      await v.takeSample('chelsea.jpg');
      await v.chooseClass(0);
      await v.threeCardsShow((await v.classes())[0]);
    });
  }

  test('a damaged copy of the weights in the cache is thrown away', async () => {
    const v = await arrive();
    await v.ready();
    const damaged = await v.page.evaluate(async () => {
      const cache = await caches.open((await caches.keys())[0]);
      const [key] = await cache.keys();
      const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
      bytes[bytes.length - 1] ^= 1;
      await cache.put(key, new Response(bytes));
      return bytes.length;
    });
    assert.ok(damaged > 1e6);
    await v.page.reload();
    await v.ready();
    assert.equal(await v.page.locator('.problem').count(), 0);
  });

  test('no storage: everything works uncached', async () => {
    const v = await arrive({
      before: () => {
        if (globalThis.CacheStorage)
          CacheStorage.prototype.open = () => Promise.reject(new Error('refused'));
      },
    });
    await v.ready();
    await v.takeSample('chelsea.jpg');
  });

  test('the program is missing', async () => {
    site.server.put('_bg.wasm', () => ({ status: 404, type: 'text/plain', body: 'not found' }));
    const v = await arrive();
    const card = await v.problem('program-load-failed');
    site.server.clear();
    await (await card.$('button:text-is("Try again")')).click();
    await v.ready();
  });

  /**
   * Makes the engine fail in the worker, once: the next worker gets a sound one.
   * @param {string} method
   * @param {string} body
   */
  function breakOnce(method, body) {
    let done = false;
    site.server.put('pkg/deep_inside.js', (program) => {
      if (done) return { body: program };
      done = true;
      return { body: `${program}\nEngine.prototype.${method} = function () { ${body} };` };
    });
  }

  test('a GPU that cannot run what it is given: the CPU goes on, and the page says why', async () => {
    site.server.put('pkg/deep_inside.js', (program) => ({
      body: `${program}
      const open = Engine.open;
      // As if the adapter were a GPU
      Engine.open = (device) => open(device === 'auto' ? 'webgpu' : device);
      const create = GPUDevice.prototype.createShaderModule;
      GPUDevice.prototype.createShaderModule = function (shader) { return create.call(this, { ...shader, code: 'fn broken(' }); };`,
    }));
    const v = await arrive();
    await v.ready();
    site.server.clear();
    await v.page.waitForSelector('text=WebGPU failed');
    await v.takeSample('chelsea.jpg');
    await v.chooseClass(0);
    await v.page.waitForSelector('#saliency .stage canvas[aria-label]:visible');
  });

  test('a crash in the worker: a new one takes over', async () => {
    breakOnce('objectCut', 'throw new WebAssembly.RuntimeError("unreachable");');
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    await v.problem('internal');
    await v.dismissProblems();
    await v.page
      .waitForSelector(
        '.status-text:text("failed"), .status-text:text("done"), .status-text:text("cancelled")',
      )
      .catch(() => {});
    await v.chooseClass(1);
    await v.threeCardsShow(names[1]);
    await v.finished();
  });

  test('a worker that no longer answers is replaced two seconds after the cancel', async () => {
    breakOnce('saliency', 'return new Promise(() => {});');
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    await v.page.waitForTimeout(1000); // the model's first steps come before the map, which never comes
    assert.equal(await v.page.textContent('#saliency .card-state'), '');
    await v.chooseClass(1);
    await v.threeCardsShow(names[1]);
    await v.finished();
  });

  for (const [error, code] of Object.entries({
    NotAllowedError: 'camera-not-allowed',
    NotFoundError: 'camera-not-found',
    NotReadableError: 'camera-not-readable',
    OverconstrainedError: 'camera-overconstrained',
  })) {
    test(`camera: ${error}`, async () => {
      const v = await arrive();
      await v.page.evaluate((name) => {
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('no', name);
        };
      }, error);
      await v.page.click('text=Webcam');
      await v.problem(code);
      await v.takeSample('coffee.jpg');
      assert.equal(await v.page.locator('.problem').count(), 0);
    });
  }
});

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
    const places = () =>
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
    const empty = await places();
    await v.takeSample('coffee.jpg');
    assert.deepEqual(await places(), empty);
    await v.chooseClass(0);
    await v.threeCardsShow((await v.classes())[0]);
    await v.finished();
    assert.deepEqual(await places(), empty);
  });
});
