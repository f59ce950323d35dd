// One picture: the engine computes on the very pixels that the browser shows and the page draws.
// Run with `npm run e2e`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { largePicture } from './renderer_memory.mjs';
import { openSite } from './site.mjs';

const picture = (file) => readFileSync(join(import.meta.dirname, 'pictures', file));

/**
 * What of Chromium's decoders opens each kind of file. Of those that have halved colours inside,
 * ImageDecoder may give just these.
 */
const KINDS = {
  'profile-p3.png': /^image-decoder$/,
  'profile-prophoto.png': /^image-decoder$/,
  'profile-swapped.png': /^image-decoder$/,
  'profile-p3.jpg': /^image-/,
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [`exif-${orientation}.jpg`, /^image-/]),
  ),
  'exif-3.webp': /^image-/,
  'exif-6.webp': /^image-/,
  'exif-8.png': /^image-decoder$/,
  'exif-5.avif': /^image-/,
  'photo.avif': /^image-/,
  'icon.ico': /^image-bitmap$/,
  '32-bit-v4.bmp': /^image-decoder$/,
  '32-bit-plain.bmp': /^image-decoder$/,
  'transparent.png': /^image-decoder$/,
  'animation.gif': /^image-decoder$/,
  'no-end-marker.jpg': /^crate$/,
};
const isOwn = (file) => String(KINDS[file]).includes('crate');
/**
 * Of 255. Profiles and opacity are rounded at other steps; two decoders round a JPEG's colours
 * differently.
 */
const ROUNDING = { mean: 0.3, most: 1 };
const OTHER_DECODER = { mean: 1, most: 12 };

const site = openSite();

/** Runs in the page, before anything else. */
function addHelpers() {
  globalThis.blobOf = (base64) => new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
  /**
   * What `<img>` shows, on white; of a JPEG without its end marker with that put back, as Chromium
   * leaves out the last rows otherwise.
   */
  globalThis.shown = async (blob) => {
    const image = new Image();
    const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
    const isJpeg = first === 0xff && second === 0xd8;
    image.src = URL.createObjectURL(isJpeg ? new Blob([blob, Uint8Array.of(0xff, 0xd9)]) : blob);
    await image.decode();
    const context = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d', {
      willReadFrequently: true,
    });
    context.fillStyle = '#fff';
    context.fillRect(0, 0, image.naturalWidth, image.naturalHeight);
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
  };
  globalThis.apart = (a, b) => {
    const differences = Array.from(a, (value, i) => Math.abs(value - b[i]));
    return {
      mean: differences.reduce((x, y) => x + y, 0) / a.length,
      most: Math.max(...differences),
    };
  };
}

/**
 * An engine without its network, in a page of its own.
 * @param {() => void} [first] runs before anything else
 */
async function enginePage(first) {
  const page = await (await site.browser.newContext()).newPage();
  if (first) await page.addInitScript(first);
  await page.addInitScript(addHelpers);
  await page.goto(`${site.server.address}nothing-here`);
  await page.evaluate(async () => {
    const { default: init, Engine } = await import('/pkg/deep_inside.js');
    await init();
    globalThis.engine = await Engine.open('cpu');
    /** What a call ends with. */
    globalThis.errorOf = (call) =>
      call().then(
        () => 'no error',
        ({ name, code, detail }) => ({ name, code, detail }),
      );
  });
  return page;
}

/** @param {import('playwright-core').Page} page @param {string} file */
const openedAndShown = (page, file) =>
  page.evaluate(async (base64) => {
    const blob = blobOf(base64);
    const { width, height, fileWidth, fileHeight, decoder, reason } =
      await engine.openPicture(blob);
    const pixels = engine.picturePixels();
    const truth = await shown(blob);
    return {
      decoder,
      reason,
      sizes: [
        [width, height],
        [fileWidth, fileHeight],
        [pixels.width, pixels.height],
      ],
      size: [truth.width, truth.height],
      opaque: pixels.rgba.every((value, i) => i % 4 < 3 || value === 255),
      ...apart(pixels.rgba, truth.data),
    };
  }, picture(file).toString('base64'));

/**
 * @param {Awaited<ReturnType<typeof openedAndShown>>} found
 * @param {string} file
 * @param {{mean: number, most: number}} bound
 */
function isWhatIsShown(found, file, bound) {
  for (const size of found.sizes) assert.deepEqual(size, found.size, file);
  assert.ok(found.opaque, file);
  assert.ok(
    found.mean <= bound.mean && found.most <= bound.most,
    `${file}, ${found.decoder}: ${found.mean} on average, ${found.most} at most`,
  );
}

describe('the engine has the pixels that the browser shows', () => {
  test('of every kind of file', async () => {
    const page = await enginePage();
    for (const [file, decoder] of Object.entries(KINDS)) {
      const found = await openedAndShown(page, file);
      assert.match(found.decoder, decoder, `${file}: ${found.reason}`);
      assert.equal(found.reason === '', found.decoder === 'image-decoder', found.reason);
      isWhatIsShown(found, file, isOwn(file) ? OTHER_DECODER : ROUNDING);
    }
    await page.context().close();
  });

  test('without ImageDecoder, and without options of createImageBitmap', async () => {
    const page = await enginePage(() => {
      delete globalThis.ImageDecoder;
      const create = globalThis.createImageBitmap;
      globalThis.createImageBitmap = (source, ...options) =>
        options.length > 0 ? Promise.reject(new TypeError('options')) : create(source);
    });
    for (const file of Object.keys(KINDS)) {
      const found = await openedAndShown(page, file);
      assert.equal(found.decoder, isOwn(file) ? 'crate' : 'image-bitmap', file);
      isWhatIsShown(found, file, isOwn(file) ? OTHER_DECODER : ROUNDING);
    }
    await page.context().close();
  });

  test('where what canvases give back is altered: by ImageDecoder, else by the own decoder', async () => {
    const alter = () => {
      const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
      OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...area) {
        const image = read.apply(this, area);
        for (let i = 0; i < image.data.length; i += 7) image.data[i] ^= 1;
        return image;
      };
    };
    const page = await enginePage(alter);
    const decoders = (files) =>
      page.evaluate(
        async (all) => {
          const found = [];
          for (const base64 of all)
            found.push(
              await engine.openPicture(blobOf(base64)).then(
                ({ decoder }) => decoder,
                ({ code }) => code,
              ),
            );
          return found;
        },
        files.map((file) => picture(file).toString('base64')),
      );
    assert.deepEqual(
      await decoders(['exif-6.jpg', 'photo.avif', 'no-end-marker.jpg', 'icon.ico']),
      ['image-decoder', 'image-decoder', 'crate', 'picture-unsupported'],
    );
    await page.evaluate(() => {
      delete globalThis.ImageDecoder;
    });
    assert.deepEqual(await decoders(['exif-6.jpg', 'photo.avif', 'profile-p3.png']), [
      'crate',
      'picture-unsupported',
      'crate',
    ]);
    const { decoder, reason } = await page.evaluate(
      (base64) => engine.openPicture(blobOf(base64)),
      picture('exif-6.jpg').toString('base64'),
    );
    assert.match(`${decoder}: ${reason}`, /^crate: this browser alters/);
    await page.context().close();
  });

  test('of a frame: an ImageBitmap and a VideoFrame', async () => {
    const page = await enginePage();
    const found = await page.evaluate(async (base64) => {
      const blob = blobOf(base64);
      const truth = await shown(blob);
      const bitmap = await createImageBitmap(blob);
      const results = [];
      for (const source of [bitmap, new VideoFrame(bitmap, { timestamp: 0 })]) {
        const { width, height, decoder } = await engine.openPicture(source);
        results.push({
          size: [width, height],
          decoder,
          ...apart(engine.picturePixels().rgba, truth.data),
        });
      }
      return results;
    }, picture('exif-1.jpg').toString('base64'));
    assert.deepEqual(
      found,
      ['image-bitmap', 'video-frame'].map((decoder) => ({
        size: [61, 41],
        decoder,
        mean: 0,
        most: 0,
      })),
    );
    await page.context().close();
  });

  test('by the own decoder and as pixels, it says so', async () => {
    const page = await enginePage();
    const found = await page.evaluate(async (base64) => {
      const bytes = new Uint8Array(await blobOf(base64).arrayBuffer());
      const file = engine.setPictureFile(bytes);
      const pixels = engine.setPicturePixels(new Uint8ClampedArray(24), 3, 2);
      return [file, pixels].map(({ width, height, fileWidth, fileHeight, decoder }) => [
        width,
        height,
        fileWidth,
        fileHeight,
        decoder,
      ]);
    }, picture('exif-6.jpg').toString('base64'));
    assert.deepEqual(found, [
      [41, 61, 41, 61, 'crate'],
      [3, 2, 3, 2, 'pixels'],
    ]);
    await page.context().close();
  });
});

describe('what cannot be opened', () => {
  test('has a code and a sentence of ours, and the picture that there was stays', async () => {
    const page = await enginePage();
    const found = await page.evaluate(
      async (files) => {
        await engine.openPicture(blobOf(files[0]));
        const [, png, jpeg, avif] = files.map((base64) =>
          Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)),
        );
        const aborted = AbortSignal.abort();
        const sources = {
          empty: [new Blob([])],
          words: [new Blob(['<svg xmlns="http://www.w3.org/2000/svg"/>'])],
          png: [png.slice(0, 900)],
          jpeg: [jpeg.slice(0, 700).buffer],
          avif: [avif.slice(0, 600)],
          number: [7],
          nothing: [undefined],
          cancelled: [png, { signal: aborted }],
          'an image element': [new Image()],
        };
        const errors = {};
        for (const [name, source] of Object.entries(sources))
          errors[name] = await errorOf(() => engine.openPicture(...source));
        const { width, height } = engine.picturePixels();
        return { errors, size: [width, height] };
      },
      ['exif-6.jpg', 'profile-p3.png', 'exif-1.jpg', 'photo.avif'].map((file) =>
        picture(file).toString('base64'),
      ),
    );
    const codes = Object.fromEntries(
      Object.entries(found.errors).map(([name, { code }]) => [name, code]),
    );
    assert.deepEqual(codes, {
      empty: 'picture-empty',
      words: 'picture-unsupported',
      png: 'picture-corrupt',
      jpeg: 'picture-corrupt',
      avif: 'picture-unsupported',
      number: 'setting-out-of-range',
      nothing: 'setting-out-of-range',
      cancelled: 'cancelled',
      'an image element': 'setting-out-of-range',
    });
    for (const { name, detail } of Object.values(found.errors)) {
      assert.equal(name, 'EngineError');
      assert.doesNotMatch(detail, /DOMException|Error:|InvalidState|could not be decoded|::|[{}]/);
    }
    assert.deepEqual(found.size, [41, 61]);
    await page.context().close();
  });

  test('a header that promises more than can be opened is believed before anything is decoded', async () => {
    const page = await enginePage();
    const { code, detail } = await page.evaluate(async (base64) => {
      const png = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      new DataView(png.buffer).setUint32(16, 40_000);
      new DataView(png.buffer).setUint32(20, 40_000);
      const table = Uint32Array.from({ length: 256 }, (_, n) => {
        for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
        return n;
      });
      const sum =
        png
          .subarray(12, 29)
          .reduce((crc, byte) => table[(crc ^ byte) & 255] ^ (crc >>> 8), 0xffffffff) ^ 0xffffffff;
      new DataView(png.buffer).setUint32(29, sum >>> 0);
      return errorOf(() => engine.openPicture(png));
    }, picture('transparent.png').toString('base64'));
    assert.equal(code, 'picture-too-large');
    assert.match(detail, /40000 x 40000.*150 million/);
    await page.context().close();
  });
});

describe('the page', () => {
  /** The photo on the page, beside what `<img>` shows of the same file. @param {string} file */
  const drawnAndShown = async (file) => {
    await site.visitor.page.evaluate(() => {
      document.querySelector('#photo .credit').textContent = '';
    }); // nothing of the last one
    await site.visitor.upload(picture(file), file);
    const { width, height } = await site.visitor.page.evaluate(async (base64) => {
      const { width, height } = await shown(blobOf(base64));
      return { width, height };
    }, picture(file).toString('base64'));
    await site.visitor.page.waitForFunction(
      ([wanted]) =>
        document.querySelector('#photo .credit').textContent === wanted &&
        !document.querySelector('#photo.opening'),
      [`${width} × ${height} pixels`],
    );
    await site.visitor.classified();
    return site.visitor.page.evaluate(async (base64) => {
      const canvas = document.querySelector('#photo canvas');
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {
        willReadFrequently: true,
      });
      copy.drawImage(canvas, 0, 0);
      const { data } = await shown(blobOf(base64));
      return apart(copy.getImageData(0, 0, canvas.width, canvas.height).data, data);
    }, picture(file).toString('base64'));
  };

  test('draws what the engine has, which is what the browser shows', async () => {
    const visitor = await site.arrive({ before: addHelpers });
    await visitor.ready();
    for (const file of [
      'profile-swapped.png',
      'exif-6.jpg',
      'exif-6.webp',
      'photo.avif',
      'icon.ico',
      '32-bit-v4.bmp',
      'no-end-marker.jpg',
    ]) {
      const { mean, most } = await drawnAndShown(file);
      const bound = isOwn(file) ? OTHER_DECODER : ROUNDING;
      assert.ok(
        mean <= bound.mean && most <= bound.most,
        `${file}: ${mean} on average, ${most} at most`,
      );
    }
    assert.equal(await visitor.page.locator('.problem').count(), 0);
  });

  test('says so when a photo was reduced on opening', async () => {
    const visitor = await site.arrive();
    await visitor.ready();
    await visitor.upload(await largePicture(site.browser, 20_000, 30, 'image/png'));
    await visitor.page.waitForSelector(
      '#photo .credit:text-is("Opened at 16384 × 24 of 20000 × 30 pixels")',
    );
    await visitor.classified();
  });

  test('a photo that is given up too late: the engine goes on with the one that the page shows', async () => {
    // The second photo is opened only when the visitor has given it up.
    site.server.put('pkg/deep_inside.js', (program) => ({
      body: `${program}
      const open = Engine.prototype.openPicture;
      const channel = new BroadcastChannel('photos');
      let opened = 0;
      Engine.prototype.openPicture = async function (source) {
        const info = await open.call(this, source);
        if (++opened === 2) {
          channel.postMessage('opened');
          await new Promise((go) => { channel.onmessage = go; });
        }
        return info;
      };`,
    }));
    const visitor = await site.arrive({
      before: () => {
        globalThis.channel = new BroadcastChannel('photos');
        globalThis.secondOpened = new Promise((go) => {
          channel.onmessage = () => go(true);
        });
      },
    });
    await visitor.ready();
    site.server.clear();
    await visitor.takeSample('chelsea.jpg');
    await visitor.page.click('.sample[data-file="coffee.jpg"]');
    await visitor.page.evaluate(() => secondOpened);
    await visitor.page.keyboard.press('Escape');
    await visitor.page.evaluate(() => channel.postMessage('given up'));
    const [name] = await visitor.classes();
    await visitor.chooseClass(0);
    await visitor.threeCardsShow(name);
    await visitor.finished();
    const png = await visitor.saved(() =>
      visitor.page.click('[aria-label="Save the overlay as PNG"]'),
    );
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [451, 300]);
    const cutout = await visitor.saved(() =>
      visitor.page.click('[aria-label="Save the cut-out as PNG with a transparent background"]'),
    );
    assert.deepEqual([cutout.readUInt32BE(16), cutout.readUInt32BE(20)], [451, 300]);
  });
});
