// Object cuts and what is drawn with them, in the frame of the photo.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { page, showChelsea } from './site.mjs';

describe('segmentation', () => {
  before(showChelsea);

  test('saliency, segment and locate come back in the frame of the photo', async () => {
    const found = await page.evaluate(async () => {
      const photo = engine.setPictureFile(await read('/samples/coffee.jpg'));
      const classIndex = 504;
      const progress = [];
      const map = await engine.saliency({
        classIndex,
        onProgress: (done, total) => progress.push([done, total]),
      });
      const { width, height, values } = map;
      const cuts = {
        segment: await engine.segment({ saliency: map, foregroundQuantile: 0.9 }),
        grid: await engine.segment({ saliency: map.grid, foregroundQuantile: 0.9 }),
        plain: await engine.segment({
          saliency: { width, height, values },
          foregroundQuantile: 0.9,
        }),
        coarse: await engine.segment({ saliency: map, mode: 'best', workingSide: 100 }),
        paper: await engine.locate({ classIndex, mode: 'paper' }),
        best: await engine.locate({ classIndex }),
      };
      const describe = (cut) => {
        const levels = [...new Set(cut.mask)].sort((a, b) => a - b);
        const columns = [],
          rows = [];
        cut.mask.forEach(
          (value, i) =>
            value && (columns.push(i % cut.width), rows.push(Math.floor(i / cut.width))),
        );
        const least = (a) => a.reduce((x, y) => Math.min(x, y)),
          most = (a) => a.reduce((x, y) => Math.max(x, y));
        const tight = {
          x: least(columns),
          y: least(rows),
          width: most(columns) - least(columns) + 1,
          height: most(rows) - least(rows) + 1,
        };
        return {
          size: [cut.width, cut.height, cut.mask.length],
          kind: cut.mask.constructor.name,
          levels,
          box: cut.box,
          tight,
          energy: cut.energy,
          flow: cut.flow,
        };
      };
      return {
        photo,
        progress,
        map: {
          width,
          height,
          length: values.length,
          kind: values.constructor.name,
          least: values.reduce((a, b) => Math.min(a, b)),
        },
        cuts: Object.fromEntries(Object.entries(cuts).map(([name, cut]) => [name, describe(cut)])),
      };
    });
    const { width, height } = found.photo;
    assert.deepEqual(found.map, {
      width,
      height,
      length: width * height,
      kind: 'Float32Array',
      least: found.map.least,
    });
    assert.ok(found.map.least >= 0);
    assert.deepEqual(found.progress.at(-1), [10, 10]);
    for (const [name, cut] of Object.entries(found.cuts)) {
      assert.deepEqual(cut.size, [width, height, width * height], name);
      assert.equal(cut.kind, 'Uint8Array', name);
      assert.deepEqual(cut.levels, [0, 255], name);
      assert.deepEqual(cut.box, cut.tight, name);
      assert.ok(
        Math.abs(cut.energy - cut.flow) <= 1e-6 * Math.abs(cut.flow),
        `${name}: energy ${cut.energy}, flow ${cut.flow}`,
      );
    }
    assert.deepEqual(found.cuts.grid, found.cuts.segment);
    // Of the values in the photo's frame, which are the grid's, interpolated, much the same.
    for (const [key, value] of Object.entries(found.cuts.plain.box))
      assert.ok(Math.abs(value - found.cuts.segment.box[key]) < 10, key);
  });

  test('a cut is corrected by strokes, and taken back', async () => {
    const found = await page.evaluate(async () => {
      const { width, height } = engine.setPictureFile(await read('/samples/chelsea.jpg'));
      const cut = await engine.objectCut({ rectangle: { x: 40, y: 20, width: 380, height: 270 } });
      const of = (object) => ({
        mask: [...object.mask].join(''),
        sums: [object.mask, object.alpha].map((a) => a.reduce((x, y) => x + y, 0)),
        share: object.share,
      });
      const first = await cut.segmentation();
      const cover = first.cover(90, 60);
      const states = [of(first)];
      const stroke = { points: Float32Array.of(200, 150, 240, 160), radius: 20, object: false };
      const stroked = await cut.stroke(stroke);
      const inside = stroked.mask[155 * width + 220];
      states.push(of(stroked));
      const two =
        (await cut.stroke({ points: Float32Array.of(10, 10), radius: 9, object: true }),
        cut.strokes);
      states.push(of(await cut.undo()), of(await cut.clear()));
      const refused = await codeOf(() => cut.stroke({ ...stroke, radius: NaN }));
      const left = cut.strokes;
      cut.free();
      const iterated = await engine.segment({
        rectangle: { x: 40, y: 20, width: 380, height: 270 },
        iterations: 2,
        workingSide: 200,
      });
      return {
        width,
        height,
        states,
        inside,
        two,
        refused,
        left,
        cover: [cover.length, Math.max(...cover)],
        iterated: iterated.mask.length,
      };
    });
    const [first, stroked, undone, cleared] = found.states;
    assert.equal(first.mask.length > 0 && found.iterated, found.width * found.height);
    assert.equal(found.inside, 0);
    assert.notDeepEqual(stroked, first);
    assert.deepEqual(undone, stroked);
    assert.deepEqual(cleared, first);
    assert.ok(first.sums[0] !== first.sums[1] && first.share > 0 && first.share < 1);
    assert.deepEqual(
      [found.two, found.left, found.refused, found.cover],
      [2, 0, 'setting-out-of-range', [5400, 255]],
    );
  });

  test('a cut tells what it started from', async () => {
    const found = await page.evaluate(async () => {
      const map = await engine.saliency({ classIndex: 285, views: 1 });
      const { width, height } = map;
      const cuts = [
        await engine.objectCut({ saliency: map, mode: 'paper' }),
        await engine.objectCut({ saliency: map }),
        await engine.objectCut({ rectangle: { x: 40, y: 20, width: 380, height: 270 } }),
      ];
      const told = cuts.map((cut) => {
        const seeds = cut.seeds(width, height);
        const share = (code) => seeds.filter((seed) => seed === code).length / (width * height);
        return {
          kind: seeds.constructor.name,
          length: seeds.length,
          background: share(1),
          object: share(2),
          quantiles: [cut.foregroundQuantile, cut.backgroundQuantile],
        };
      });
      const small = cuts[0].seeds(90, 60).length;
      const refused = await codeOf(() => cuts[0].seeds(width + 1, height));
      for (const each of [map, ...cuts]) each.free();
      return { told, small, refused, pixels: width * height };
    });
    const [paper, best, boxed] = found.told;
    assert.deepEqual(
      [found.small, found.refused, paper.kind, paper.length],
      [5400, 'setting-out-of-range', 'Uint8Array', found.pixels],
    );
    assert.deepEqual(
      [paper.quantiles, boxed.quantiles],
      [
        [0.95, 0.3],
        [undefined, undefined],
      ],
    );
    for (const {
      object,
      background,
      quantiles: [above, below],
    } of [paper, best]) {
      assert.ok(
        Math.abs(object - (1 - above)) < 0.01 && Math.abs(background - below) < 0.01,
        `${object}, ${background}`,
      );
    }
    assert.ok(
      Math.abs(boxed.object - (380 * 270) / found.pixels) < 1e-9 &&
        Math.abs(boxed.object + boxed.background - 1) < 1e-9,
    );
  });

  test('a cut of a target finds its size, can be cut at others, and is that of locate', async () => {
    const found = await page.evaluate(async () => {
      const about = (segmentation) => {
        const { x, y, width, height } = segmentation.box;
        return [segmentation.share, x, y, width, height];
      };
      const progress = [];
      const onProgress = (done, total) => progress.push([done, total]);
      const cut = await engine.objectCut({ classIndex: 285, onProgress });
      const first = about(await cut.segmentation());
      const { sizes, size, method } = cut;
      const all = [];
      for (let index = 0; index < sizes.length; index++)
        all.push(about(await cut.resize(index))[0], cut.size);
      const again = about(await cut.resize(size));
      const refusals = [];
      for (const index of [sizes.length, -1, 0.5, '1', undefined])
        refusals.push(await codeOf(() => cut.resize(index)));
      const paper = await engine.objectCut({ classIndex: 285, mode: 'paper' });
      const neuron = await engine.objectCut({ layer: 'features.12', channel: 3, mode: 'paper' });
      const map = await engine.saliency({ classIndex: 285 });
      const fixed = await engine.objectCut({ saliency: map, foregroundQuantile: 0.8 });
      const rectangle = { x: 40, y: 20, width: 380, height: 270 };
      for (const options of [
        { classIndex: 285, rectangle },
        { saliency: map, classIndex: 285 },
        { saliency: map, rectangle },
        { classIndex: 285, foregroundQuantile: 0.9 },
      ])
        refusals.push(await codeOf(() => engine.objectCut(options)));
      return {
        sizes: [...sizes],
        size,
        method,
        progress,
        all,
        first,
        again,
        located: about(await engine.locate({ classIndex: 285 })),
        refusals,
        nothing: await codeOf(() => engine.objectCut({})),
        others: [paper, neuron, fixed].map((one) => [one.sizes.length, one.size, one.method]),
        quantiles: [fixed.foregroundQuantile, fixed.backgroundQuantile],
      };
    });
    assert.ok(found.sizes.length > 1);
    assert.deepEqual(
      found.sizes,
      found.sizes.toSorted((a, b) => a - b),
    );
    assert.ok(['guided_grad_cam', 'gradient'].includes(found.method));
    assert.deepEqual(found.first, found.located);
    assert.deepEqual(found.again, found.first);
    assert.deepEqual(
      found.all.filter((_, i) => i % 2),
      found.sizes.map((_, i) => i),
    );
    assert.ok(found.all.at(0) < found.all.at(-2), found.all.join());
    assert.deepEqual(found.refusals, Array(9).fill('setting-out-of-range'));
    assert.equal(found.nothing, 'setting-out-of-range');
    assert.deepEqual(found.others, [
      [0, undefined, 'gradient'],
      [0, undefined, 'gradient'],
      [0, undefined, undefined],
    ]);
    assert.deepEqual(found.quantiles, [0.8, 0.7]);
    const totals = new Set(found.progress.map(([, total]) => total));
    assert.equal(totals.size, 1);
    assert.ok(found.progress.every(([done], i) => !i || done >= found.progress[i - 1][0]));
  });

  test('an overlay, a mask and a cut-out as PNG files are the pixels that the engine has', async () => {
    const found = await page.evaluate(async () => {
      const decoded = async (file) => {
        const bitmap = await createImageBitmap(file, {
          premultiplyAlpha: 'none',
          colorSpaceConversion: 'none',
        });
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
      };
      const cut = await engine.segment({ rectangle: { x: 40, y: 20, width: 380, height: 270 } });
      const photo = engine.picturePixels();
      const count = photo.width * photo.height;
      const style = { intensity: Uint8Array.of(0, 90, 180, 255), width: 2, height: 2 };
      const shown = engine.overlay(style);
      const [overlay, mask, cutout] = await Promise.all(
        [engine.overlayPng(style), cut.maskPng(), cut.cutoutPng()].map(async (file) =>
          decoded(await file),
        ),
      );
      const pixels = Array.from({ length: count }, (_, i) => i);
      const rgb = [0, 1, 2];
      const controller = new AbortController();
      controller.abort();
      const { signal } = controller;
      return {
        overlay: overlay.every((value, i) => value === shown.rgba[i]),
        mask: pixels.every(
          (i) => rgb.every((c) => mask[4 * i + c] === cut.mask[i]) && mask[4 * i + 3] === 255,
        ),
        alpha: pixels.every((i) => cutout[4 * i + 3] === cut.alpha[i]),
        colours: pixels.every(
          (i) =>
            cut.alpha[i] < 255 || rgb.every((c) => cutout[4 * i + c] === photo.rgba[4 * i + c]),
        ),
        refused: await Promise.all(
          [{ intensity: 3 }, { width: 3 }, { drawn: 1 }].map((options) =>
            codeOf(() => engine.overlayPng({ ...style, ...options })),
          ),
        ),
        cancelled: await Promise.all(
          [engine, cut, cut].map((of, i) =>
            codeOf(() =>
              of[['overlayPng', 'maskPng', 'cutoutPng'][i]](i ? { signal } : { ...style, signal }),
            ),
          ),
        ),
      };
    });
    assert.deepEqual(found, {
      overlay: true,
      mask: true,
      alpha: true,
      colours: true,
      refused: Array(3).fill('setting-out-of-range'),
      cancelled: Array(3).fill('cancelled'),
    });
  });
});
