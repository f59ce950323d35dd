// The cut-out: what seeds it, and how the visitor corrects it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addEngine, arrive, boxReport, explained, site } from './site.mjs';

const caption = () => site.visitor.page.textContent('#cut .caption');

/** @param {RegExp} pattern */
const captionSays = (pattern) =>
  site.visitor.page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('#cut .caption').textContent),
    pattern.source,
  );

/** Until the cut is up to date. */
const settled = () =>
  site.visitor.page.waitForFunction(() =>
    ['', 'no object'].includes(document.querySelector('#cut .card-state').textContent),
  );

/** The box of the cut, once that is up to date. */
async function box() {
  await settled();
  return site.visitor.page.textContent('#cut-box');
}

/** @param {'object' | 'background' | 'rectangle'} name */
const tool = (name) => site.visitor.page.click(`#cut .tool[data-tool="${name}"]`);

/** From the photo's upper left corner. @type {[number, number][]} */
const CORNER = [
  [0.02, 0.03],
  [0.2, 0.05],
];

/** The size of chelsea.jpg. */
const CHELSEA = { width: 451, height: 300 };

/**
 * A position in the photo as one on the screen.
 * @param {number} across   0..1
 * @param {number} down   0..1
 * @param {{width: number, height: number}} [photo]
 */
async function at(across, down, photo = CHELSEA) {
  const tools = site.visitor.page.locator('#cut .tool-layer');
  await tools.scrollIntoViewIfNeeded();
  const layer = await tools.boundingBox();
  const scale = Math.min(layer.width / photo.width, layer.height / photo.height);
  return [
    layer.x + layer.width / 2 + (across - 0.5) * photo.width * scale,
    layer.y + layer.height / 2 + (down - 0.5) * photo.height * scale,
  ];
}

/**
 * A stroke of the present tool.
 * @param {[number, number][]} points   in the photo, 0..1
 * @param {{width: number, height: number}} [photo]
 */
async function stroke(points, photo) {
  const { mouse } = site.visitor.page;
  const [first, ...others] = points;
  await mouse.move(...(await at(...first, photo)));
  await mouse.down();
  for (const point of others) await mouse.move(...(await at(...point, photo)), { steps: 5 });
  await mouse.up();
}

/** @returns {Promise<boolean[]>} whether Undo and Clear can be pressed */
const enabled = async () => [
  await site.visitor.page.isEnabled('#cut button:text-is("Undo")'),
  await site.visitor.page.isEnabled('#cut button:text-is("Clear")'),
];

/**
 * A picture file of one colour.
 * @param {number} width
 * @param {number} height
 * @param {[number, number, number]} rgb
 */
function plainPicture(width, height, [red, green, blue]) {
  const pitch = Math.ceil((3 * width) / 4) * 4;
  const bmp = Buffer.alloc(54 + pitch * height);
  bmp.write('BM');
  bmp.writeUInt32LE(bmp.length, 2);
  bmp.writeUInt32LE(54, 10);
  bmp.writeUInt32LE(40, 14);
  bmp.writeInt32LE(width, 18);
  bmp.writeInt32LE(height, 22);
  bmp.writeUInt16LE(1, 26);
  bmp.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) bmp.set([blue, green, red], 54 + y * pitch + 3 * x);
  return bmp;
}

describe('the cut says what seeded it', () => {
  const BEST = /Seeded by (Guided Grad-CAM|Gradient), 10 crops: .*\d% quantile.*\d% quantile/;

  test('the best on photos, the map that is shown, and the paper’s own', async () => {
    const v = await explained({ hash: '#method=grad_cam' });
    assert.match(await caption(), BEST);
    const best = await boxReport();
    const { foregroundQuantile: above, backgroundQuantile: below } = best.object;
    assert.deepEqual([best.object.seeds, best.object.views], ['best', 10]);
    const title = { guided_grad_cam: 'Guided Grad-CAM', gradient: 'Gradient' }[best.object.method];
    assert.match(
      await caption(),
      new RegExp(`${title}, .*above its ${100 * above}% .*below its ${100 * below}% `),
    );

    await v.page.selectOption('#seeds', 'map');
    await captionSays(/Seeded by Grad-CAM, 10 crops/);
    await v.finished();
    const map = await boxReport();
    assert.deepEqual([map.object.seeds, map.object.method], ['map', 'grad_cam']);
    assert.notDeepEqual(map.object.box, best.object.box);
    await v.page.selectOption('#method', 'guided_grad_cam'); // another map, another cut
    await captionSays(/Seeded by Guided Grad-CAM, 10 crops/);
    await v.finished();
    assert.notDeepEqual((await boxReport()).object.box, map.object.box);

    await v.page.selectOption('#seeds', 'paper');
    await captionSays(/Seeded by Gradient, 10 crops: .*95% quantile.*30% quantile/);
    await v.finished();
    const paper = await boxReport();
    assert.deepEqual(
      [
        paper.object.seeds,
        paper.object.method,
        paper.object.foregroundQuantile,
        paper.object.backgroundQuantile,
      ],
      ['paper', 'gradient', 0.95, 0.3],
    );
    await v.page.waitForFunction(() => /seeds=paper/.test(location.hash));
    await v.page.evaluate(addEngine);
    const engines = await v.page.evaluate(async (classIndex) => {
      const engine = await engineOnChelsea();
      const cuts = [];
      for (const mode of ['paper', 'best'])
        cuts.push({ ...(await engine.locate({ classIndex, mode })).box });
      return cuts;
    }, paper.class.index);
    assert.deepEqual([paper.object.box, best.object.box], engines);
  });

  test('from the address, and for the five likeliest', async () => {
    const v = await explained({ hash: '#seeds=paper' });
    assert.equal(await v.page.inputValue('#seeds'), 'paper');
    assert.match(await caption(), /Seeded by Gradient, 10 crops/);
    await v.page.click('text=Find all five');
    await v.page.waitForSelector('#top-five .strip li:nth-child(5)');
    assert.match(
      await v.page.textContent('#top-five .pictures-about'),
      /Seeded by Gradient, 10 crops.*95%/,
    );
    const { objects } = JSON.parse(
      await v.saved(() =>
        v.page.click('[aria-label="Save the five boxes and the settings as JSON"]'),
      ),
    );
    const made = objects.find(({ object }) => object).object;
    assert.deepEqual(
      [made.seeds, made.method, made.foregroundQuantile],
      ['paper', 'gradient', 0.95],
    );
  });

  test('the seeds can be seen: as many as the quantiles say, and other ones for other seeds', async () => {
    const v = await explained();
    /** The parts of the picture that are yellow and blue, and of what is both. */
    const shares = () =>
      v.page.locator('#cut .stage canvas >> nth=0').evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let object = 0;
        let background = 0;
        for (let i = 0; i < data.length; i += 4) {
          if (data[i] > data[i + 2] + 40) object++;
          if (data[i + 2] > data[i] + 40) background++;
        }
        return [object, background].map((count) => (4 * count) / data.length);
      });
    await v.page.click('label[for=cut-view-seeds]');
    await captionSays(/Yellow: object seeds\. Blue: background seeds/);
    const best = await shares();
    const { foregroundQuantile: above, backgroundQuantile: below } = (await boxReport()).object;
    assert.ok(
      Math.abs(best[0] - (1 - above)) < 0.01 && Math.abs(best[1] - below) < 0.01,
      best.join(),
    );
    await v.page.selectOption('#seeds', 'paper');
    await captionSays(/Seeded by Gradient/);
    await v.finished();
    const paper = await shares();
    assert.ok(Math.abs(paper[0] - 0.05) < 0.01 && Math.abs(paper[1] - 0.3) < 0.01, paper.join());
  });

  test('a neuron’s cut has its own seeds, named like a class’s', async () => {
    const v = await explained();
    await v.page.click('text=Or any neuron');
    await v.page.selectOption('#neuron-layer', 'features.12');
    await v.page.fill('#neuron-channel', '3');
    await v.page.click('.neuron button');
    await v.threeCardsShow('features.12, channel 3');
    await v.finished();
    if ((await v.page.textContent('#cut .card-state')) === '') assert.match(await caption(), BEST);
    await v.page.selectOption('#seeds', 'map');
    await v.finished();
    if ((await v.page.textContent('#cut .card-state')) === '')
      assert.match(await caption(), /Seeded by Gradient, 10 crops/);
  });
});

describe('strokes', () => {
  /** A zigzag over the whole photo. @type {[number, number][]} */
  const ALL_OVER = Array.from({ length: 11 }, (_, row) =>
    row % 2
      ? [
          [0.99, row / 10],
          [0.01, row / 10],
        ]
      : [
          [0.01, row / 10],
          [0.99, row / 10],
        ],
  )
    .flat()
    .map(([x, y]) => [x, Math.min(0.99, Math.max(0.01, y))]);

  test('all painted as object is an answer; nothing left says so; Undo and Clear only where they do something', async () => {
    const v = await explained();
    const first = await box();
    assert.deepEqual(await enabled(), [false, false]);
    await v.page.fill('#brush', '20');
    await tool('object');
    await stroke(ALL_OVER);
    assert.equal(await box(), '451 × 300 at 0, 0');
    assert.equal(await v.page.textContent('#cut-share'), '100%');
    assert.deepEqual(await enabled(), [true, true]);
    await tool('background');
    await stroke(ALL_OVER);
    await settled();
    assert.equal(await v.page.textContent('#cut .card-state'), 'no object');
    assert.match(await caption(), /^Nothing is left: all of the photo counts as background now/);
    assert.deepEqual(await enabled(), [true, true]);
    await v.page.keyboard.press('Escape');
    assert.match(await v.page.textContent('#cut .stage-note'), /^Nothing is left/);
    await v.page.click('#cut button:text-is("Undo")');
    assert.equal(await box(), '451 × 300 at 0, 0');
    await v.page.click('#cut button:text-is("Undo")');
    assert.equal(await box(), first);
    assert.deepEqual(await enabled(), [false, false]);

    // Strokes stay where the seeds change, and a click on Clear is one.
    await tool('object');
    await stroke(CORNER);
    const cornered = await box();
    await v.page.selectOption('#seeds', 'paper');
    await captionSays(/Seeded by Gradient/);
    await settled();
    assert.deepEqual(await enabled(), [true, true]);
    assert.equal((await boxReport()).object.strokes.length, 1);
    await v.page.selectOption('#seeds', 'best');
    await v.finished();
    assert.equal(await box(), cornered);
    await v.page.click('#cut button:text-is("Clear")');
    assert.deepEqual(await enabled(), [false, false]); // at once, while it is still being cut
    assert.equal(await box(), first);
    assert.deepEqual(await enabled(), [false, false]);
  });

  test('a class that is chosen again has its strokes', async () => {
    const v = await explained();
    await tool('object');
    await stroke(CORNER);
    const cornered = await box();
    for (const rank of [1, 0]) {
      await v.chooseClass(rank);
      await v.stopModel();
      await v.finished();
      assert.deepEqual(await enabled(), rank === 0 ? [true, true] : [false, false]);
    }
    assert.equal(await box(), cornered);
  });

  test('a photo without any object: nothing to undo, until it is painted on', async () => {
    const v = await arrive();
    await v.ready();
    await v.upload(plainPicture(90, 60, [120, 130, 140]));
    await v.classified();
    await v.chooseClass(0);
    await v.page.waitForSelector('#cut .card-state:text-is("no object")');
    assert.deepEqual(await enabled(), [false, false]);
    await tool('object');
    const across = [
      [0.3, 0.5],
      [0.7, 0.5],
    ];
    await stroke(across, { width: 90, height: 60 });
    await settled();
    assert.deepEqual(await enabled(), [true, true]);
  });
});

describe('the size of the object', () => {
  const slider = () => site.visitor.page.locator('#cut-size');
  const size = async () => Number(await slider().inputValue());

  test('smaller and larger cut again from the same map, with the strokes; a box has no sizes', async () => {
    const v = await explained();
    const found = await size();
    const most = Number(await slider().getAttribute('max'));
    assert.ok(most > 1 && found <= most);
    const share = () => v.page.textContent('#cut-share').then((text) => parseFloat(text));
    const first = [await box(), await share()];
    await slider().fill('0');
    await settled();
    const smallest = await share();
    await slider().fill(String(most));
    await settled();
    assert.ok(smallest < (await share()), `${smallest}`);
    assert.equal(await size(), most);
    await slider().press('ArrowLeft');
    await settled();
    assert.equal(await size(), most - 1);

    await tool('object');
    await stroke(CORNER);
    await v.page.keyboard.press('Escape');
    await settled();
    await slider().fill(String(found));
    await settled();
    assert.equal((await boxReport()).object.strokes.length, 1);
    assert.match(await box(), / at \d, \d$/); // it reaches into the corner
    await v.page.click('#cut button:text-is("Clear")');
    assert.deepEqual([await box(), await share()], first);

    await v.page.selectOption('#seeds', 'paper');
    await captionSays(/Seeded by Gradient.*95%/);
    await v.finished();
    assert.equal(await slider().isDisabled(), true);
  });
});

describe('the cut, corrected', () => {
  test('strokes change it, each counts, and undo brings back the very cut from before', async () => {
    const v = await explained();
    const boxes = [await box()];
    await tool('object');
    await stroke(CORNER);
    boxes.push(await box());
    assert.match(boxes[1], / at \d, \d$/); // it reaches into the corner now
    await tool('background');
    await stroke(CORNER);
    await stroke([
      [0.5, 0.5],
      [0.55, 0.6],
    ]); // while the one before is still being cut
    await stroke([
      [0.4, 0.2],
      [0.45, 0.3],
    ]);
    assert.notEqual(await box(), boxes[1]);
    const report = await boxReport();
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

  test('a box instead of the saliency map', async () => {
    const v = await explained();
    const before = await box();
    await tool('rectangle');
    await stroke([
      [0.25, 0.1],
      [0.75, 0.9],
    ]);
    const [, width, height, x, y] = (await box())
      .match(/(\d+) × (\d+) at (\d+), (\d+)/)
      .map(Number);
    assert.notEqual(await box(), before);
    assert.ok(
      x >= 110 && y >= 28 && x + width <= 342 && y + height <= 272,
      `${width} x ${height} at ${x}, ${y}`,
    );
    const report = await boxReport();
    assert.ok(
      Math.abs(report.object.rectangle.x - 113) <= 3 &&
        Math.abs(report.object.rectangle.width - 225) <= 5,
      JSON.stringify(report.object),
    );
  });

  test('by keyboard alone', async () => {
    const v = await explained();
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
    const v = await explained();
    await box();
    await tool('object');
    const session = await v.page.context().newCDPSession(v.page);
    const points = [await at(0.02, 0.03), await at(0.08, 0.04), await at(0.15, 0.04)];
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
    const v = await explained();
    await tool('object');
    await v.page.click('.sample[data-file="coffee.jpg"]');
    await v.page.waitForFunction(() => !document.querySelector('#cut .tool:enabled'));
    assert.equal(await v.page.locator('#cut .tool-layer').isVisible(), false);
  });
});
