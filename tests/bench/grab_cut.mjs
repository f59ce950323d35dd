// The cut beside OpenCV.js's grabCut in one headless Chromium: the same photo, the same rectangle, at most the same number of cuts. Prints
// times, the overlap of both masks, and the energies of both labellings by one function that belongs to neither (grab_cut_energy.js).
// usage: node tests/bench/grab_cut.mjs

import { join } from 'node:path';
import { launch } from '../e2e/browser.mjs';
import { serve } from '../e2e/server.mjs';

const ROOT = join(import.meta.dirname, '../..');
const ITERATIONS = 5;
/** Columns, rows, and how many pairs of runs: OpenCV's take up to half a minute. */
const SIZES = [[224, 224, 9], [451, 300, 9], [1024, 681, 3]];

const server = await serve(join(ROOT, 'dist'));
const browser = await launch();
// OpenCV.js comes as an inline script, which the page's policy forbids.
const page = await (await browser.newContext({ bypassCSP: true })).newPage();
page.setDefaultTimeout(0);
await page.goto(`${server.address}nothing-here`); // a document of this origin in which nothing else computes
await page.addScriptTag({ path: join(ROOT, 'node_modules/@techstark/opencv-js/dist/opencv.js') });
await page.addScriptTag({ path: join(import.meta.dirname, 'grab_cut_energy.js') });
await page.evaluate(async () => {
  const module = await globalThis.cv;
  if (!module.Mat) await new Promise((ready) => (module.onRuntimeInitialized = ready));
  globalThis.cv = module;
  const { default: init, Engine } = await import('/pkg/deep_inside.js');
  await init();
  globalThis.engine = await Engine.open('cpu');
  globalThis.photo = await createImageBitmap(await (await fetch('/samples/chelsea.jpg')).blob());
});

console.log(`rectangle of 80 % of the sides, ${ITERATIONS} cuts, medians [least]; "whole": cut at the photo's size; "page": as on the page, at most 512 pixels, then refined`);
console.log('pixels        runs   OpenCV.js ms      whole ms (ratio)         page ms (ratio)      IoU whole, page   energy / OpenCV\'s: whole, page');
for (const [width, height, runs] of SIZES) {
  const found = await page.evaluate(async ({ width, height, runs, iterations }) => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(photo, 0, 0, width, height);
    const image = context.getImageData(0, 0, width, height);
    engine.setPicturePixels(image.data, width, height);
    const rectangle = { x: Math.round(width / 10), y: Math.round(height / 10), width: Math.round(width * 0.8), height: Math.round(height * 0.8) };
    const ours = (options) => async () => {
      const cut = await engine.segment({ rectangle, iterations, ...options });
      const mask = cut.mask;
      cut.free();
      return mask;
    };
    const contestants = {
      opencv() {
        const source = cv.matFromImageData(image), rgb = new cv.Mat(), mask = new cv.Mat(), background = new cv.Mat(), object = new cv.Mat();
        cv.cvtColor(source, rgb, cv.COLOR_RGBA2RGB);
        cv.grabCut(rgb, mask, new cv.Rect(rectangle.x, rectangle.y, rectangle.width, rectangle.height), background, object, iterations, cv.GC_INIT_WITH_RECT);
        const labels = Uint8Array.from(mask.data, (value) => (value & 1 ? 255 : 0)); // 1 and 3: object, certain or likely
        for (const each of [source, rgb, mask, background, object]) each.delete();
        return labels;
      },
      whole: ours({ workingSide: Math.max(width, height) }),
      page: ours({}),
    };
    const times = { opencv: [], whole: [], page: [] };
    const masks = {};
    for (let run = -1; run < runs; run++) {
      const order = Object.keys(contestants);
      for (const name of run % 2 ? order.reverse() : order) {
        const start = performance.now();
        masks[name] = await contestants[name]();
        if (run >= 0) times[name].push(performance.now() - start);
      }
    }
    const overlap = (a, b) => {
      let both = 0, either = 0;
      for (let i = 0; i < a.length; i++) {
        both += a[i] & b[i] & 1;
        either += (a[i] | b[i]) & 1;
      }
      return both / either;
    };
    const energies = Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, grabCutEnergy(image, mask)]));
    return { times, overlaps: [overlap(masks.whole, masks.opencv), overlap(masks.page, masks.opencv)], energies };
  }, { width, height, runs, iterations: ITERATIONS });
  const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const least = (values) => Math.min(...values);
  const time = (name) => `${middle(found.times[name]).toFixed(0)} [${least(found.times[name]).toFixed(0)}]`;
  const ratio = (name) => (middle(found.times[name].map((value, i) => value / found.times.opencv[i]))).toFixed(3);
  const energy = (name) => (found.energies[name] / found.energies.opencv).toFixed(4);
  console.log(
    `${`${width} x ${height}`.padEnd(14)}${String(runs).padStart(4)}${time('opencv').padStart(17)}${`${time('whole')} (${ratio('whole')})`.padStart(24)}` +
    `${`${time('page')} (${ratio('page')})`.padStart(24)}${found.overlaps.map((value) => value.toFixed(3)).join(', ').padStart(18)}${`${energy('whole')}, ${energy('page')}`.padStart(20)}`,
  );
}

console.log('\nstrokes at 451 x 300, each with its re-cut, refinement and the cover for the display: median of 20 [least to most]');
const strokes = await page.evaluate(async () => {
  const [width, height] = [451, 300];
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(photo, 0, 0, width, height);
  engine.setPicturePixels(context.getImageData(0, 0, width, height).data, width, height);
  const cut = await engine.objectCut({ rectangle: { x: 45, y: 30, width: 361, height: 240 } });
  const times = [];
  for (let k = 0; k < 20; k++) {
    const [x, y] = [40 + ((k * 97) % 370), 30 + ((k * 61) % 240)];
    const start = performance.now();
    const now = await cut.stroke({ points: Float32Array.of(x, y, x + 25, y + 12), radius: 8, object: k % 2 === 0 });
    now.cover(width, height);
    times.push(performance.now() - start);
    now.free();
  }
  cut.free();
  return times.sort((a, b) => a - b);
});
console.log(`${strokes[10].toFixed(1)} ms [${strokes[0].toFixed(1)} to ${strokes[19].toFixed(1)}]`);

console.log('\nthe cut alone by pixels, rectangle, cut at the size of the photo: median of 5');
for (const [width, height] of [[128, 128], [256, 256], [512, 512], [1024, 1024]]) {
  const milliseconds = await page.evaluate(async ({ width, height }) => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(photo, 0, 0, width, height);
    engine.setPicturePixels(context.getImageData(0, 0, width, height).data, width, height);
    const times = [];
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      (await engine.segment({ rectangle: { x: width / 8, y: height / 8, width: width * 0.75, height: height * 0.75 }, iterations: 1, workingSide: width })).free();
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[2];
  }, { width, height });
  console.log(`${`${width} x ${height}`.padEnd(14)}${milliseconds.toFixed(0).padStart(8)} ms ${((milliseconds * 1e6) / (width * height)).toFixed(0).padStart(8)} ns a pixel`);
}
await browser.close();
await server.close();
