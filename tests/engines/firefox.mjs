// Stock Firefox, driven over WebDriver BiDi.

import puppeteer from 'puppeteer-core';

/** What makes Firefox offer WebGPU on an adapter that computes on the CPU. */
const WEBGPU = { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true };

/**
 * @param {{webgpu?: boolean}} [options]
 * @returns {Promise<import('./page.test.mjs').Driver>}
 */
export async function openFirefox({ webgpu = false } = {}) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX || '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: webgpu ? WEBGPU : {},
  });
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });

  return {
    open: (address) => page.goto(address),
    reload: () => page.reload(),
    // `goBack` waits for a load, and a kept page does not load
    back: () => page.evaluate(() => history.back()),
    evaluate: (run, ...args) => page.evaluate(run, ...args),
    click: (selector) => page.click(selector),
    async upload(selector, file) {
      const input = await page.$(selector);
      await input.uploadFile(file);
    },
    async drag([x, y], ...others) {
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (const place of others) await page.mouse.move(...place);
      await page.mouse.up();
    },
    screenshot: async () => Buffer.from(await page.screenshot()),
    close: () => browser.close(),
  };
}
