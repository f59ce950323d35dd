// The resident memory of a browser's renderer processes, from the operating system; and pictures
// that are large enough to matter.

import { readFileSync } from 'node:fs';

const MIB = 2 ** 20;
const PAGE = 4096;

/**
 * Watches the renderer that has the most memory.
 * @param {import('playwright-core').Browser} browser   with a single page
 */
export async function watchRenderer(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const pids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  /**
   * In MiB: the resident memory of the process, and with shared pages counted in parts; of one that
   * has gone, nothing.
   * @param {number} pid
   */
  const memoryOf = (pid) => {
    try {
      const rss = (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE) / MIB;
      return {
        rss,
        pss:
          Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)?.[1]) /
          1024,
      };
    } catch {
      return { rss: 0, pss: 0 };
    }
  };
  const pid = pids.reduce((a, b) => (memoryOf(a).rss >= memoryOf(b).rss ? a : b));
  const now = () => memoryOf(pid);
  let peak = now();
  const timer = setInterval(() => {
    const memory = now();
    if (memory.rss > peak.rss) peak = memory;
  }, 50);
  return {
    now,
    /** The most since it was asked last. */
    peak() {
      const most = peak;
      peak = now();
      return most;
    },
    stop: () => clearInterval(timer),
  };
}

/**
 * A picture with an object on a ground, as a file.
 * @param {import('playwright-core').Browser} browser   where it is drawn; not the one that is
 *   watched
 * @param {number} width @param {number} height @param {'image/png' | 'image/jpeg'} type
 */
export async function largePicture(browser, width, height, type) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(
    async ([columns, rows, format]) => {
      const canvas = new OffscreenCanvas(columns, rows);
      const context = canvas.getContext('2d', { alpha: false });
      const ground = context.createLinearGradient(0, 0, columns, rows);
      ground.addColorStop(0, '#245');
      ground.addColorStop(1, '#8a6');
      context.fillStyle = ground;
      context.fillRect(0, 0, columns, rows);
      context.fillStyle = '#e72';
      context.beginPath();
      context.ellipse(columns / 2, rows / 2, columns / 5, rows / 4, 0.4, 0, 2 * Math.PI);
      context.fill();
      const blob = await canvas.convertToBlob({ type: format, quality: 0.9 });
      const reader = new FileReader();
      return new Promise((resolve) => {
        reader.onload = () => resolve(reader.result.split(',')[1]);
        reader.readAsDataURL(blob);
      });
    },
    [width, height, type],
  );
  await page.close();
  return Buffer.from(base64, 'base64');
}
