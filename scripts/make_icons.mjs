// The installed page's icons, from style/icon.svg: `node scripts/make_icons.mjs`. The maskable one
// fills its square, as systems cut it to shapes of their own; its rings lie within the middle four
// fifths, which no shape cuts.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '../tests/e2e/browser.mjs';

const style = join(import.meta.dirname, '../www/style');
const svg = readFileSync(join(style, 'icon.svg'), 'utf8');
const square = svg.replace(/ rx="\d+"/, '');

const browser = await launch({ webgpu: false });
for (const [name, drawing, side] of [
  ['icon-192', svg, 192],
  ['icon-512', svg, 512],
  ['icon-maskable-512', square, 512],
]) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  await page.setContent(
    `<style>body { margin: 0 } svg { display: block; width: 100vw }</style>${drawing}`,
  );
  writeFileSync(join(style, `${name}.png`), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
