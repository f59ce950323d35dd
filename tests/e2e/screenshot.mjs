// Takes the README's picture of the page: a sample, its likeliest class, all three answers
// finished. Run with `npm run screenshot`.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';
import { visit } from './visit.mjs';

const root = join(import.meta.dirname, '../..');
const server = await serve(process.env.DIST || join(root, 'dist'));
const browser = await launch();
try {
  const visitor = await visit(browser, server.address, {
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  await visitor.ready();
  await visitor.takeSample('red-panda.jpg');
  await visitor.chooseClass(0);
  await visitor.finished();
  await visitor.page.waitForFunction(
    () => document.querySelector('.status-text')?.textContent?.endsWith('done'),
    null,
    { timeout: 600_000 },
  );
  await visitor.page.mouse.move(0, 0);
  mkdirSync(join(root, 'docs'), { recursive: true });
  await visitor.page.screenshot({ path: join(root, 'docs/screenshot.png') });
  await visitor.leave();
} finally {
  await browser.close();
  await server.close();
}
