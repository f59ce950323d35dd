// What the page says is so: its figures are of what it shows, its captions of what was computed,
// its buttons do something, and its colours rise with the values. Run with `npm run e2e`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSite } from './site.mjs';

const site = openSite();
const { arrive } = site;

/**
 * A sample, its likeliest class, and everything about it there.
 * @param {Parameters<typeof arrive>[0]} [options]
 * @param {string} [file]
 */
async function explained(options, file = 'chelsea.jpg') {
  const v = await arrive(options);
  await v.ready();
  await v.takeSample(file);
  await v.chooseClass(0);
  await v.finished();
  return v;
}

/** Runs in the page: an engine beside the page's own, on the same sample. */
function addEngine() {
  globalThis.engineOnChelsea = async () => {
    const { default: init, Engine } = await import('/pkg/deep_inside.js');
    await init();
    const engine = await Engine.open('cpu');
    const [network] = Engine.networks();
    await engine.loadNetwork(network.id); // the package's own weights
    // By the decoder that the page uses
    await engine.openPicture(await (await fetch('/samples/chelsea.jpg')).blob());
    return engine;
  };
}

const caption = () => site.visitor.page.textContent('#cut .caption');
const captionSays = (pattern) =>
  site.visitor.page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('#cut .caption').textContent),
    pattern.source,
  );
const report = async () =>
  JSON.parse(
    await site.visitor.saved(() =>
      site.visitor.page.click('[aria-label="Save the box and the settings as JSON"]'),
    ),
  );

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

describe('the randomisation check judges what it shows', () => {
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

describe('the cut says what seeded it', () => {
  const BEST = /Seeded by Guided Grad-CAM, 10 crops: .*90% quantile.*70% quantile/;

  test('the best on photos, the map that is shown, and the paper’s own', async () => {
    const v = await explained({ hash: '#method=grad_cam' });
    assert.match(await caption(), BEST);
    const best = await report();
    assert.deepEqual(
      [
        best.object.seeds,
        best.object.method,
        best.object.views,
        best.object.foregroundQuantile,
        best.object.backgroundQuantile,
      ],
      ['best', 'guided_grad_cam', 10, 0.9, 0.7],
    );

    await v.page.selectOption('#seeds', 'map');
    await captionSays(/Seeded by Grad-CAM, 10 crops/);
    await v.finished();
    const map = await report();
    assert.deepEqual([map.object.seeds, map.object.method], ['map', 'grad_cam']);
    assert.notDeepEqual(map.object.box, best.object.box);
    await v.page.selectOption('#method', 'guided_grad_cam'); // another map, another cut: the best one's, as that has the same seeds
    await captionSays(/Seeded by Guided Grad-CAM, 10 crops/);
    await v.finished();
    assert.deepEqual((await report()).object.box, best.object.box);

    await v.page.selectOption('#seeds', 'paper');
    await captionSays(/Seeded by Gradient, 10 crops: .*95% quantile.*30% quantile/);
    await v.finished();
    const paper = await report();
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
    assert.ok(Math.abs(best[0] - 0.1) < 0.01 && Math.abs(best[1] - 0.7) < 0.01, best.join());
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
  /**
   * A finished cut, and a brush that can paint over all of the photo in one stroke.
   * @param {Awaited<ReturnType<typeof explained>>} v
   * @param {{width: number, height: number}} photo
   */
  async function brushes(v, photo) {
    const at = async (across, down) => {
      const { x, y, width, height } = await v.page.locator('#cut .tool-layer').boundingBox();
      const scale = Math.min(width / photo.width, height / photo.height);
      return [
        x + width / 2 + (across - 0.5) * photo.width * scale,
        y + height / 2 + (down - 0.5) * photo.height * scale,
      ];
    };
    const settled = () =>
      v.page.waitForFunction(() =>
        ['', 'no object'].includes(document.querySelector('#cut .card-state').textContent),
      );
    return {
      settled,
      box: async () => (await settled(), v.page.textContent('#cut-box')),
      /** @param {string} name @param {[number, number][]} places */
      async stroke(name, places) {
        if (
          (await v.page.getAttribute(`#cut .tool[data-tool="${name}"]`, 'aria-pressed')) !== 'true'
        )
          await v.page.click(`#cut .tool[data-tool="${name}"]`);
        await v.page.mouse.move(...(await at(...places[0])));
        await v.page.mouse.down();
        for (const place of places.slice(1))
          await v.page.mouse.move(...(await at(...place)), { steps: 3 });
        await v.page.mouse.up();
        await settled();
      },
      /** @returns {Promise<boolean[]>} whether Undo and Clear can be pressed */
      enabled: async () => [
        await v.page.isEnabled('#cut button:text-is("Undo")'),
        await v.page.isEnabled('#cut button:text-is("Clear")'),
      ],
    };
  }
  /** There and back from top to bottom, a tenth of the height apart. @type {[number, number][]} */
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
    await v.page.click('text=Pause');
    const { stroke, box, enabled, settled } = await brushes(v, { width: 451, height: 300 });
    const first = await box();
    assert.deepEqual(await enabled(), [false, false]);
    await v.page.fill('#brush', '20');
    await stroke('object', ALL_OVER);
    assert.equal(await box(), '451 × 300 at 0, 0');
    assert.equal(await v.page.textContent('#cut-share'), '100%');
    assert.deepEqual(await enabled(), [true, true]);
    await stroke('background', ALL_OVER);
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
    await stroke('object', [
      [0.02, 0.03],
      [0.2, 0.05],
    ]);
    const cornered = await box();
    await v.page.selectOption('#seeds', 'paper');
    await captionSays(/Seeded by Gradient/);
    await settled();
    assert.deepEqual(await enabled(), [true, true]);
    assert.equal((await report()).object.strokes.length, 1);
    await v.page.selectOption('#seeds', 'best');
    await captionSays(/Seeded by Guided Grad-CAM/);
    assert.equal(await box(), cornered);
    await v.page.click('#cut button:text-is("Clear")');
    assert.deepEqual(await enabled(), [false, false]); // at once, while it is still being cut
    assert.equal(await box(), first);
    assert.deepEqual(await enabled(), [false, false]);
  });

  test('a photo without any object: nothing to undo, until it is painted on', async () => {
    const v = await arrive();
    await v.ready();
    await v.upload(plainPicture(90, 60, [120, 130, 140]));
    await v.classified();
    await v.chooseClass(0);
    await v.page.waitForSelector('#cut .card-state:text-is("no object")');
    const { stroke, enabled } = await brushes(v, { width: 90, height: 60 });
    assert.deepEqual(await enabled(), [false, false]);
    await stroke('object', [
      [0.3, 0.5],
      [0.7, 0.5],
    ]);
    assert.deepEqual(await enabled(), [true, true]);
  });
});

describe('a class from the link', () => {
  test('is shown as such, with what the network gives it, and is dropped with the next photo', async () => {
    const v = await arrive({ hash: '#class=387' });
    await v.ready();
    await v.takeSample('coffee.jpg');
    await v.threeCardsShow('red panda');
    assert.match(
      await v.page.textContent('.link-notice p'),
      /^From the link: red panda\. For this photo the network gives it (<\u00a00\.1|0\.\d+)%\.$/,
    );
    const rows = v.page.locator('.class-button:visible');
    assert.equal(await rows.count(), 6);
    assert.deepEqual(
      await rows.evaluateAll((all) => all.map((row) => row.getAttribute('aria-pressed'))),
      ['false', 'false', 'false', 'false', 'false', 'true'],
    );
    assert.match(await rows.nth(5).textContent(), /red panda/);
    await v.page.click('.link-notice button:text-is("Explain espresso instead")');
    assert.match(await v.page.evaluate(() => document.activeElement.textContent), /espresso/);
    await v.threeCardsShow('espresso');
    assert.equal(await v.page.isVisible('.link-notice'), false);
    assert.equal(await rows.count(), 5);

    await v.page.evaluate(() => {
      location.hash = '#class=387';
    }); // a link that is opened where the page is open
    await v.threeCardsShow('red panda');
    assert.equal(await v.page.isVisible('.link-notice'), true);
    await v.takeSample('macaw.jpg');
    await v.page.waitForFunction(() =>
      /macaw/.test(document.querySelector('#classes .top-classes').textContent),
    );
    assert.equal(await v.page.isVisible('.link-notice'), false);
    assert.equal(await v.page.locator('.class-button[aria-pressed=true]').count(), 0);
    await v.page.waitForFunction(() => location.hash === '');
  });

  test('that is the likeliest has nothing to take instead; a neuron has no probability', async () => {
    const v = await arrive({ hash: '#class=387' });
    await v.ready();
    await v.takeSample('red-panda.jpg');
    await v.threeCardsShow('red panda');
    assert.match(
      await v.page.textContent('.link-notice'),
      /^From the link: red panda\. For this photo the network gives it (>\u00a099|\d+)%\.$/,
    );
    assert.equal(await v.page.locator('.link-notice button').count(), 0);
    await v.leave();

    const w = await arrive({ hash: '#neuron=features.12:3' });
    await w.ready();
    await w.takeSample('coffee.jpg');
    await w.threeCardsShow('features.12, channel 3');
    assert.equal(
      await w.page.textContent('.link-notice p'),
      'From the link: features.12, channel 3.',
    );
    assert.equal(
      await w.page.locator('.link-notice button').textContent(),
      'Explain espresso instead',
    );
  });

  test('a class chosen here is no wish for another photo after a reload, one of the link is', async () => {
    const v = await explained(undefined, 'red-panda.jpg');
    await v.page.waitForFunction(() => location.hash === '#class=387');
    await v.page.reload();
    await v.ready();
    await v.takeSample('coffee.jpg');
    assert.equal(await v.page.locator('.class-button[aria-pressed=true]').count(), 0);
    assert.equal(await v.page.textContent('#saliency .card-class'), '');
    await v.leave();

    const w = await arrive({ hash: '#class=387' });
    await w.ready();
    await w.page.reload();
    await w.ready();
    await w.takeSample('coffee.jpg');
    await w.threeCardsShow('red panda');
  });
});

describe('a link with settings that don’t exist says so, and the page goes on without them', () => {
  for (const [hash, sentences] of Object.entries({
    '#class=99999': [/It asks for class 99999; this network has 0 to 999\./],
    '#class=<script>': [/It asks for class <script>; /],
    '#neuron=features.99:1': [
      /It asks for the neuron features\.99:1, which this network does not have\./,
    ],
    '#method=bogus&map=jet': [/It asks for the method “bogus”/, /It asks for the colours “jet”/],
    '#seed=lots&opacity=7&seeds=none&ground=sky': [
      /the seed lots; seeds are whole numbers from 0 to 4294967295/,
      /an opacity of 7; opacity goes from 0 to 1/,
      /the seeds “none”/,
      /the background “sky”/,
    ],
    '#recipe=soup&side=7&start=end&device=toaster': [
      /the recipe “soup”/,
      /the size “7”/,
      /the start “end”/,
      /the device “toaster”/,
    ],
    '#clas=285&constructor=1': [
      /It says “clas=285”, which this page has no setting for\./,
      /“constructor=1”/,
    ],
  })) {
    test(hash, async () => {
      const v = await arrive({ hash });
      await v.ready();
      const card = await v.problem('link-not-understood');
      const text = await card.textContent();
      for (const sentence of sentences) assert.match(text, sentence);
      assert.equal(await v.page.locator('.problem').count(), 1);
      assert.deepEqual(
        await v.page.evaluate(() =>
          [
            'method',
            'colour-map',
            'ground',
            'opacity',
            'seeds',
            'recipe',
            'model-side',
            'model-start',
          ].map((id) => document.getElementById(id).value),
        ),
        ['gradient', 'inferno', 'grey', '1', 'best', 'robust', '', ''],
      );
      await v.dismissProblems();
      await v.takeSample('chelsea.jpg');
      assert.equal(await v.page.locator('.class-button[aria-pressed=true]').count(), 0);
    });
  }

  test('one that is opened where the page is open, too; a good one says nothing', async () => {
    const v = await arrive({
      hash: '#method=deconvnet&map=viridis&ground=none&opacity=0.5&seeds=paper&recipe=sharp&seed=3&side=320&start=photo&device=cpu',
    });
    await v.ready();
    assert.equal(await v.page.locator('.problem').count(), 0);
    await v.page.evaluate(() => {
      location.hash = '#class=1000&method=tea_leaves';
    });
    assert.match(
      await (await v.problem('link-not-understood')).textContent(),
      /the method “tea_leaves”.*class 1000/,
    );
  });
});

describe('the map’s colours over a photo', () => {
  test('more is never darker than less: over white, grey, black and a photo, in all colours, on every ground, at any opacity', async () => {
    const v = await arrive();
    await v.ready();
    const { falls, distances, contrasts } = await v.page.evaluate(async () => {
      const { default: init, Engine } = await import('/pkg/deep_inside.js');
      await init();
      const { drawOverlay } = await import('/app/canvas_layers.js');
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
    await v.finished();
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
    const v = await explained({}, 'macaw.jpg');
    await v.page.click('text=Pause');
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

describe('a picture that is dropped from another web page', () => {
  for (const [type, text] of Object.entries({
    'text/uri-list': '# a comment\r\nhttps://example.org/cat.jpg\r\n',
    'text/html': '<meta charset="utf-8"><img src="https://example.org/cat.jpg" alt="A cat">',
    'text/x-moz-url': 'https://example.org/cat.jpg\nA cat',
    'text/plain': 'https://example.org/cat.jpg',
  })) {
    test(`as ${type}: what to do instead`, async () => {
      const v = await arrive();
      await v.ready();
      await v.drop({ [type]: text });
      const said = await (await v.problem('drop-web-address')).textContent();
      assert.match(said, /Copy the picture there and paste it here, or save it and drop/);
      assert.equal(await v.page.locator('.problem').count(), 1);
      await v.takeSample('coffee.jpg');
      assert.equal(await v.page.locator('.problem').count(), 0);
    });
  }

  test('words with an address among them are no picture', async () => {
    const v = await arrive();
    await v.ready();
    await v.drop({ 'text/plain': 'see https://example.org/cat.jpg, a cat' });
    await v.problem('drop-without-picture');
  });
});
