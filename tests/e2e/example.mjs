// Makes the example that the page shows until there is a photo: a sample, all its answers finished.
// Run with `make example`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';
import { visit } from './visit.mjs';

const SAMPLE = 'jaguars.jpg';
/** The longer side of the pictures, in pixels: those of a large phone. */
const SIDE = 480;

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'www/samples/example');
const server = await serve(process.env.DIST || join(root, 'dist'));
const browser = await launch();
try {
  const { page, ...visitor } = await visit(browser, server.address, { colorScheme: 'light' });
  await visitor.ready();
  await visitor.takeSample(SAMPLE);
  await visitor.chooseClass(0);
  await visitor.finished();
  await page.click('#cover');
  await page.waitForFunction(
    () =>
      document.querySelector('#model .card-state')?.textContent === '200 steps' &&
      /^With/.test(document.querySelector('.reading-tried')?.textContent ?? ''),
    null,
    { timeout: 600_000 },
  );
  const text = (selector) => page.textContent(selector);
  const example = {
    className: await text('#saliency .card-class'),
    found: await text('.reading-found strong'),
    standing: await text('.reading-found strong + span'),
    place: await text('.reading-place'),
    tried: await text('.reading-tried'),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'example.json'), `${JSON.stringify(example, null, 2)}\n`);

  /** The canvas of a card as a JPEG file. */
  const picture = async (card, place) => {
    const base64 = await page.evaluate(
      ([selector, at, side]) => {
        const canvas = document.querySelectorAll(selector)[at];
        const scale = Math.min(1, side / Math.max(canvas.width, canvas.height));
        const small = document.createElement('canvas');
        small.width = Math.round(canvas.width * scale);
        small.height = Math.round(canvas.height * scale);
        const context = small.getContext('2d');
        context.imageSmoothingQuality = 'high';
        context.drawImage(canvas, 0, 0, small.width, small.height);
        return small.toDataURL('image/jpeg', 0.8).split(',')[1];
      },
      [`#${card} .stage canvas`, place, SIDE],
    );
    return Buffer.from(base64, 'base64');
  };
  writeFileSync(join(folder, 'saliency.jpg'), await picture('saliency', 1));
  writeFileSync(join(folder, 'model.jpg'), await picture('model', 0));
  writeFileSync(join(folder, 'cut.jpg'), await picture('cut', 0));
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForTimeout(1000); // the card is drawn anew
  writeFileSync(join(folder, 'cut-dark.jpg'), await picture('cut', 0));
  await visitor.leave();
} finally {
  await browser.close();
  await server.close();
}
