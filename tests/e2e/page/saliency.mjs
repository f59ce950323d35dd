// The saliency card: methods, colours, and what its pixels show.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, explained, site } from './site.mjs';

describe('the saliency map', () => {
  test('opacity, colours, views, comparing: each changes what is seen', async () => {
    const v = await explained();
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

  test('a finger that scrolls leaves the map; one that rests on it shows the photo', async () => {
    const v = await explained({ hasTouch: true });
    const stage = v.page.locator('#saliency .stage');
    await stage.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await stage.boundingBox();
    const session = await v.page.context().newCDPSession(v.page);
    const finger = { x: x + width / 2, y: y + height / 2 };
    const touch = (type, touchPoints) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints });
    const lifted = () =>
      v.page.evaluate(() => document.querySelectorAll('#saliency .lifted').length);
    await v.page.evaluate(() => {
      globalThis.liftings = 0;
      new MutationObserver(() => {
        globalThis.liftings += document.querySelectorAll('#saliency .lifted').length;
      }).observe(document.querySelector('#saliency'), {
        subtree: true,
        attributeFilter: ['class'],
      });
    });
    await touch('touchStart', [finger]);
    for (const moved of [20, 40, 60])
      await touch('touchMove', [{ ...finger, y: finger.y - moved }]);
    await v.page.waitForTimeout(300);
    await touch('touchEnd', []);
    assert.equal(await v.page.evaluate(() => globalThis.liftings), 0);

    await stage.scrollIntoViewIfNeeded();
    const box = await stage.boundingBox();
    await touch('touchStart', [{ x: box.x + width / 2, y: box.y + height / 2 }]);
    await v.page.waitForFunction(() => document.querySelector('#saliency .lifted'));
    await touch('touchEnd', []);
    assert.equal(await lifted(), 0);
  });

  test('a method in the address is the one that is used; an unknown one is not', async () => {
    await explained({ hash: '#method=deconvnet' });
    assert.equal(await site.visitor.page.inputValue('#method'), 'deconvnet');
    await site.visitor.leave();
    const v = await arrive({ hash: '#method=tea_leaves' });
    await v.ready();
    assert.equal(await v.page.inputValue('#method'), 'gradient');
  });
});

describe('the map’s colours over a photo', () => {
  test('more is never darker than less: over white, grey, black and a photo, in all colours, on every ground, at any opacity', async () => {
    const v = await arrive();
    await v.ready();
    const { falls, distances, contrasts } = await v.page.evaluate(async () => {
      const { default: init, Engine } = await import('/pkg/deep_inside.js');
      await init();
      const { drawOverlay } = await import('/app/canvas/maps.js');
      const { GROUNDS } = await import('/app/colour_maps.js');
      const linear = Float64Array.from({ length: 256 }, (_, level) =>
        level / 255 <= 0.04045 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4,
      );
      const lightness = (r, g, b) => {
        const luminance = 0.2126 * linear[r] + 0.7152 * linear[g] + 0.0722 * linear[b];
        return luminance <= 216 / 24389
          ? (luminance * 24389) / 27
          : 116 * Math.cbrt(luminance) - 16;
      };
      const [width, height] = [48, 32];
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext('2d');
      const photos = {};
      for (const level of [255, 128, 0]) {
        context.fillStyle = `rgb(${level} ${level} ${level})`;
        context.fillRect(0, 0, width, height);
        photos[`level ${level}`] = await createImageBitmap(canvas);
      }
      for (const name of ['espresso', 'macaw']) {
        const file = name === 'macaw' ? 'macaw.jpg' : 'coffee.jpg';
        context.drawImage(
          await createImageBitmap(await (await fetch(`/samples/${file}`)).blob()),
          0,
          0,
          width,
          height,
        );
        photos[name] = await createImageBitmap(canvas);
      }
      const seen = new OffscreenCanvas(1, 1);
      // Where a stronger value is darker, beyond what rounding to whole levels does
      const falls = [];
      const distances = []; // from the formula of src/render/overlay.rs
      const contrasts = [];
      for (const [name, photo] of Object.entries(photos)) {
        context.drawImage(photo, 0, 0);
        const below = context.getImageData(0, 0, width, height).data;
        for (const { id, table } of Engine.colourMaps()) {
          for (const ground of GROUNDS) {
            for (const opacity of ground === 'none' ? [1] : [0.25, 0.8, 1]) {
              const lightest = new Float64Array(width * height).fill(-1);
              const first = new Float64Array(width * height);
              for (let level = 0; level < 256; level += 5) {
                drawOverlay(
                  seen,
                  photo,
                  { intensity: new Uint8Array(4).fill(level), width: 2, height: 2 },
                  { table, ground, opacity, dimmedWhite: Engine.dimmedWhite },
                );
                const { data } = seen.getContext('2d').getImageData(0, 0, width, height);
                for (let i = 0; i < lightest.length; i++) {
                  const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
                  const now = lightness(r, g, b);
                  if (now < lightest[i] - 0.8)
                    falls.push(
                      `${name}, ${id} on ${ground} at ${opacity}: ${now} after ${lightest[i]} at ${level}`,
                    );
                  lightest[i] = Math.max(lightest[i], now);
                  if (level === 0) first[i] = now;
                  const grey =
                    0.3 * below[4 * i] + 0.59 * below[4 * i + 1] + 0.11 * below[4 * i + 2];
                  const share = opacity * Math.min(1, level / 255 / 0.25);
                  for (let c = 0; c < 3; c++) {
                    const colour = table[4 * level + c];
                    const dimmed =
                      ((ground === 'grey' ? grey : below[4 * i + c]) * Engine.dimmedWhite) / 255;
                    const expected =
                      ground === 'none' ? colour : dimmed + share * colour * (1 - dimmed / 255);
                    distances.push(Math.abs([r, g, b][c] - expected));
                  }
                }
              }
              if (opacity === 1)
                contrasts.push(Math.min(...lightest.map((last, i) => last - first[i])));
            }
          }
        }
      }
      return {
        falls: falls.slice(0, 5),
        distances: distances.reduce((a, b) => Math.max(a, b), 0),
        contrasts: Math.min(...contrasts),
      };
    });
    assert.deepEqual(falls, []);
    assert.ok(distances <= 4, `the page draws up to ${distances} levels beside the formula`);
    assert.ok(contrasts > 35, `the strongest value is only ${contrasts} lighter than none`);
  });

  test('the engine’s own overlay is what the page shows, to rounding, and saves, to the byte', async () => {
    const v = await explained();
    const png = await v.saved(() => v.page.click('[aria-label="Save the overlay as PNG"]'));
    const { size, shown, saved, moved } = await v.page.evaluate(async (base64) => {
      const { default: init, Engine } = await import('/pkg/deep_inside.js');
      await init();
      const engine = await Engine.open('cpu');
      await engine.loadNetwork(Engine.networks()[0].id);
      const photo = await (await fetch('/samples/chelsea.jpg')).blob();
      const { width, height } = await engine.openPicture(photo);
      const classIndex = Number(new URLSearchParams(location.hash.slice(1)).get('class'));
      const map = await engine.saliency({ classIndex });
      const intensity = map.intensity(width, height);
      const { rgba } = engine.overlay({ intensity, width, height });
      const differences = (/** @type {Uint8ClampedArray} */ data) => {
        const distances = data.map((value, i) => Math.abs(value - rgba[i]));
        return distances.reduce((a, b) => Math.max(a, b), 0);
      };
      const heat = document.querySelectorAll('#saliency .stage canvas')[1];
      const bitmap = await createImageBitmap(
        new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]),
      );
      const file = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      file.drawImage(bitmap, 0, 0);
      // The same with a map that differs: this comparison must notice.
      const other = engine.overlay({ intensity: intensity.map((v) => v / 2), width, height });
      return {
        size: [width, height, heat.width, heat.height, bitmap.width, bitmap.height],
        shown: differences(heat.getContext('2d').getImageData(0, 0, width, height).data),
        saved: differences(file.getImageData(0, 0, width, height).data),
        moved: differences(other.rgba),
      };
    }, png.toString('base64'));
    assert.deepEqual(size, [451, 300, 451, 300, 451, 300]);
    assert.ok(moved > 50, `half the intensity is only ${moved} levels away`);
    assert.equal(saved, 0);
    assert.ok(shown <= 4, `the page shows up to ${shown} levels beside the engine's overlay`);
  });

  test('the page draws, and saves, the grey photo, the coloured one or the map alone; holding shows the photo', async () => {
    const v = await explained({ file: 'macaw.jpg' });
    /**
     * How colourful the picture is where the map is weakest: the mean difference of its channels,
     * of the photo's corner.
     * @param {Buffer} png
     */
    const corner = (png) =>
      v.page.evaluate(async (base64) => {
        const bitmap = await createImageBitmap(
          new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]),
        );
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, 8, 8);
        return [0, 1, 2].map(
          (c) => data.filter((_, i) => i % 4 === c).reduce((a, b) => a + b, 0) / 64,
        );
      }, png.toString('base64'));
    const seen = new Map();
    for (const ground of ['grey', 'colour', 'none']) {
      await v.page.selectOption('#ground', ground);
      await v.page.waitForTimeout(100);
      assert.equal(await v.page.isEnabled('#opacity'), ground !== 'none');
      assert.match(
        await v.page.getAttribute('#saliency .scale', 'aria-label'),
        ground === 'none' ? /^Colour scale: / : /on a white and on a black part/,
      );
      const shown = await v.page.locator('#saliency .stage canvas >> nth=1').evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return [0, 1, 2].map(
          (c) => data.filter((_, i) => i % 4 === c).reduce((a, b) => a + b, 0) / (data.length / 4),
        );
      });
      const saved = await v.saved(() => v.page.click('[aria-label="Save the overlay as PNG"]'));
      seen.set(ground, { shown, saved: await corner(saved) });
    }
    assert.equal(new Set([...seen.values()].map(({ shown }) => shown.join())).size, 3);
    assert.equal(new Set([...seen.values()].map(({ saved }) => saved.join())).size, 3);
    await v.page.waitForFunction(() => /ground=none/.test(location.hash));
    await v.page.focus('text=Hold to compare');
    await v.page.keyboard.down('Space');
    assert.equal(await v.page.isVisible('#saliency .stage canvas >> nth=1'), false);
    assert.equal(await v.page.isVisible('#saliency .stage canvas >> nth=0'), true);
    await v.page.keyboard.up('Space');
  });
});
