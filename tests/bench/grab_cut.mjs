// The cut in one headless Chromium, on dist/: from a rectangle beside OpenCV.js's grabCut, its time
// by the picture's size, and a stroke.
// usage: node tests/bench/grab_cut.mjs

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openBench, quietPage, row } from './quiet_page.mjs';

const ITERATIONS = 5;
// At the largest, OpenCV.js takes a quarter of a minute a run.
const CONTESTS = [
  { width: 224, height: 224, rounds: 9 },
  { width: 451, height: 300, rounds: 9 },
  { width: 1024, height: 681, rounds: 3 },
];
const SIZES = [
  [224, 224],
  [451, 300],
  [512, 512],
  [1024, 681],
  [1024, 1024],
];

const { server, browser, close } = await openBench({ webgpu: false });
server.put('neutral_energy.mjs', () => ({
  status: 200,
  type: 'text/javascript',
  body: readFileSync(join(import.meta.dirname, 'neutral_energy.mjs')),
}));
// OpenCV.js builds its bindings as text, which the page's policy forbids.
const page = await quietPage(await browser.newContext({ bypassCSP: true }), server);
await page.addScriptTag({
  path: join(import.meta.dirname, 'peers/node_modules/@techstark/opencv-js/dist/opencv.js'),
});
await page.evaluate(prepare, ITERATIONS);

console.log(
  `\nThe whole cut by a rectangle on chelsea.jpg, ${ITERATIONS} iterations, RGBA in and mask out; in alternation, medians`,
);
for (const { width, height, rounds } of CONTESTS) {
  const result = await page.evaluate(
    ({ width, height, rounds }) => globalThis.contest(width, height, rounds),
    { width, height, rounds },
  );
  const [ours, theirs] = [result.ours, result.theirs].map(summary);
  console.log(`${width} x ${height}`);
  row('ours', ours.median.toFixed(1), `ms (${ours.range}), ${ours.runs} runs`);
  row('OpenCV.js grabCut', theirs.median.toFixed(0), `ms (${theirs.range}), ${theirs.runs} runs`);
  row(
    'ours / OpenCV.js',
    (ours.median / theirs.median).toFixed(4),
    'of the time, at most 0.1 wanted',
  );
  const asPage = summary(result.page);
  row(
    'ours as the page cuts',
    asPage.median.toFixed(1),
    `ms (${asPage.range}), ${(asPage.median / theirs.median).toFixed(4)} of OpenCV.js's time: at 512 pixels at most, then refined`,
  );
  row(
    'masks in common',
    result.overlaps[0].toFixed(4),
    `IoU; as the page cuts ${result.overlaps[1].toFixed(4)}`,
  );
  const [energy, pageEnergy, reference] = result.energies;
  row(
    'neutral energy, ours / OpenCV.js',
    (energy / reference).toFixed(5),
    `${energy.toFixed(0)} / ${reference.toFixed(0)}, at most 1.01 wanted; as the page cuts ${(pageEnergy / reference).toFixed(5)}`,
  );
}

console.log('\nOurs by the size of the picture, medians of 9');
for (const [width, height] of SIZES) {
  const { median, range } = summary(
    await page.evaluate(([width, height]) => globalThis.times(width, height), [width, height]),
  );
  row(
    `${width} x ${height}`,
    median.toFixed(1),
    `ms (${range}), ${((median / (width * height)) * 1e6).toFixed(0)} ms a megapixel`,
  );
}

console.log('\nCorrecting the cut of 451 x 300');
const { strokes, undos } = await page.evaluate(() => globalThis.correct());
for (const [name, values] of [
  ['a stroke, mask out', strokes],
  ['taking it back, mask out', undos],
]) {
  const { median, range, runs } = summary(values);
  row(name, median.toFixed(1), `ms (${range}), median of ${runs}`);
}
await close();

/** Runs in the page: both contestants, and what they are asked to do. */
async function prepare(iterations) {
  const { default: init, Engine } = await import('/pkg/deep_inside.js');
  const { neutralEnergy } = await import('/neutral_energy.mjs');
  await init();
  const engine = await Engine.open('cpu');
  const cv = await globalThis.cv;
  if (!cv.Mat)
    await new Promise((resolve) => {
      cv.onRuntimeInitialized = resolve;
    });
  const photo = await createImageBitmap(await (await fetch('/samples/chelsea.jpg')).blob());
  const picture = (width, height) => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(photo, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  };
  const rectangle = ({ width, height }) => {
    const [x, y, w, h] = [0.13 * width, 0.02 * height, 0.74 * width, 0.95 * height].map(Math.round);
    return { x, y, width: w, height: h };
  };
  const page = async (image, options = {}) => {
    engine.setPicturePixels(image.data, image.width, image.height);
    const cut = await engine.segment({ rectangle: rectangle(image), iterations, ...options });
    const { mask } = cut;
    cut.free();
    return mask;
  };
  const ours = (image) => page(image, { workingSide: Math.max(image.width, image.height) });
  const theirs = (image) => {
    const { x, y, width, height } = rectangle(image);
    const rgba = cv.matFromImageData(image);
    const [rgb, labels, background, object] = [
      new cv.Mat(),
      new cv.Mat(),
      new cv.Mat(),
      new cv.Mat(),
    ];
    cv.cvtColor(rgba, rgb, cv.COLOR_RGBA2RGB);
    cv.grabCut(
      rgb,
      labels,
      new cv.Rect(x, y, width, height),
      background,
      object,
      iterations,
      cv.GC_INIT_WITH_RECT,
    );
    // Object and probable object are odd
    const mask = Uint8Array.from(labels.data, (label) => (label & 1) * 255);
    for (const matrix of [rgba, rgb, labels, background, object]) matrix.delete();
    return mask;
  };
  const timed = async (times, work, image) => {
    const start = performance.now();
    const mask = await work(image);
    times.push(performance.now() - start);
    return mask;
  };

  globalThis.contest = async (width, height, rounds) => {
    const image = picture(width, height);
    const repeats = Math.ceil(9 / rounds);
    for (let k = 0; k < 3; k++) await ours(image);
    theirs(image);
    const times = [[], [], []];
    const masks = [];
    for (let round = 0; round < rounds; round++) {
      const turns = [
        [ours, repeats],
        [page, repeats],
        [theirs, 1],
      ].map(([work, repeats], k) => async () => {
        for (let turn = 0; turn < repeats; turn++) masks[k] = await timed(times[k], work, image);
      });
      for (const turn of round % 2 ? turns.reverse() : turns) await turn();
    }
    const count = (mask, inside) =>
      mask.reduce((sum, value, p) => sum + Number(inside(value > 0, masks[2][p] > 0)), 0);
    return {
      ours: times[0],
      page: times[1],
      theirs: times[2],
      overlaps: masks
        .slice(0, 2)
        .map((mask) => count(mask, (a, b) => a && b) / count(mask, (a, b) => a || b)),
      energies: masks.map((mask) => neutralEnergy(image.data, width, mask)),
    };
  };

  globalThis.times = async (width, height) => {
    const [image, times] = [picture(width, height), []];
    for (let k = 0; k < 12; k++) await timed(times, ours, image);
    return times.slice(3);
  };

  globalThis.correct = async () => {
    const image = picture(451, 300);
    engine.setPicturePixels(image.data, image.width, image.height);
    const cut = await engine.objectCut({ rectangle: rectangle(image) });
    const [strokes, undos] = [[], []];
    const read = (segmentation) => {
      const { alpha } = segmentation;
      segmentation.free();
      return alpha;
    };
    // Places by the golden ratio, spread over the picture; every other stroke says that it is no
    // object.
    for (let k = 0; k < 20; k++) {
      const [x, y] = [0.618034, 0.754878].map((step) => 0.1 + 0.8 * ((0.5 + step * k) % 1));
      const points = Float32Array.of(
        x * 451,
        y * 300,
        x * 451 + 25,
        y * 300 + 10,
        x * 451 + 40,
        y * 300 - 10,
      );
      await timed(strokes, async () =>
        read(await cut.stroke({ points, radius: 6, object: k % 2 === 0 })),
      );
    }
    for (let k = 0; k < 20; k++) await timed(undos, async () => read(await cut.undo()));
    cut.free();
    return { strokes, undos };
  };
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1],
    range: `${sorted[0].toFixed(1)} to ${sorted.at(-1).toFixed(1)}`,
    runs: sorted.length,
  };
}
