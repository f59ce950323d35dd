// A visit to the page, in the words of a visitor; what the page must never do is checked at the end
// of every one.

import assert from 'node:assert/strict';

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 * @param {import('playwright-core').BrowserContextOptions & {before?: () => void, wait?: 'load' |
 *   'commit'}} [options]   `before` runs in the page, first of all; `wait`: how far the page has
 *   to load, `load` if left out
 */
export async function visit(browser, address, { before, wait, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 900 },
    permissions: ['camera', 'clipboard-read', 'clipboard-write'],
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  const faults = [];
  /** @type {RegExp | null} */
  let expected = null;
  page.on('pageerror', (error) => faults.push(String(error)));
  // The browser reports what a policy has stopped on the console, for the page and for its workers.
  page.on(
    'console',
    (message) =>
      /Content Security Policy|Refused to/i.test(message.text()) && faults.push(message.text()),
  );
  if (before) await page.addInitScript(before);
  await page.goto(address, { waitUntil: wait });

  return {
    page,

    ready: () =>
      page.waitForFunction(() =>
        /^Ready|: (done|class model)/.test(
          document.querySelector('.status-text')?.textContent ?? '',
        ),
      ),

    /** @param {string} file */
    async takeSample(file) {
      await page.click(`.sample[data-file="${file}"]`);
      await this.classified();
    },

    /** @param {Buffer} bytes @param {string} [name] */
    upload: (bytes, name = 'picture.jpg') =>
      page.setInputFiles('#file-input', { name, mimeType: 'image/jpeg', buffer: bytes }),

    classified: () => page.waitForSelector('.class-button:visible'),

    /** The names of the likeliest classes. */
    classes: () => page.locator('.class-button .class-name').allTextContents(),

    /** The names of those that are explained. */
    pressed: () => page.locator('.class-button[aria-pressed=true] .class-name').allTextContents(),

    /** @param {number} rank   0: the likeliest */
    chooseClass: (rank) => page.click(`.class-button >> nth=${rank}`),

    /** Until the three cards have something of the class to show. @param {string} name */
    async threeCardsShow(name) {
      for (const card of ['saliency', 'model', 'cut']) {
        await page.waitForFunction(
          ([id, wanted]) => {
            const card = document.querySelector(`#${id}`);
            const picture = card.querySelector('.stage canvas');
            return (
              card.querySelector('.card-class')?.textContent === wanted &&
              (picture?.getAttribute('aria-label')?.includes(wanted) ||
                card.textContent.includes('No object stands out'))
            );
          },
          [card, name],
        );
      }
    },

    /** Until saliency and cut are at their best. */
    finished: () =>
      page.waitForFunction(() => {
        const state = (/** @type {string} */ id) =>
          document.querySelector(`#${id} .card-state`)?.textContent;
        return state('saliency') === '10 crops' && ['', 'no object'].includes(state('cut') ?? '?');
      }),

    modelStep: async () =>
      Number((await page.textContent('#model .card-state')).match(/\d+/)?.[0] ?? 0),

    /** The class model takes no more steps. */
    stopModel: () => page.click('#model button:text-is("Cancel")'),

    /**
     * Drops something on the page, or pastes it, as from another window.
     * @param {'drop' | 'paste'} how
     * @param {object} what
     * @param {Record<string, string>} [what.texts]   by media type
     * @param {Buffer} [what.file]
     * @param {number} [what.zeros]   the length of a file of zeros
     */
    transfer: (how, { texts = {}, file, zeros }) =>
      page.evaluate(
        ([kind, parts, base64, length]) => {
          const data = new DataTransfer();
          for (const [type, text] of Object.entries(parts)) data.setData(type, text);
          const bytes = base64
            ? Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
            : length && new Uint8Array(length);
          if (bytes) data.items.add(new File([bytes], 'x', { type: 'image/jpeg' }));
          const options = { bubbles: true, cancelable: true };
          document.body.dispatchEvent(
            kind === 'drop'
              ? new DragEvent('drop', { ...options, dataTransfer: data })
              : new ClipboardEvent('paste', { ...options, clipboardData: data }),
          );
        },
        [how, texts, file?.toString('base64'), zeros],
      ),

    /** Until an error card with this code is there. @param {string} code */
    problem: (code) => page.waitForSelector(`.problem[data-code="${code}"]`),

    /** Asks for WebGPU by name, where there is none, and takes the error's way out: the CPU. */
    async askInVainForWebGpu() {
      await page.evaluate(() => {
        location.hash = '#device=webgpu';
      });
      const card = await this.problem('gpu-unavailable');
      await (await card.$('button:text-is("Use the CPU")')).click();
      await page.waitForFunction(
        () =>
          document.querySelector('#device')?.textContent === 'CPU' &&
          !document.querySelector('.problem'),
      );
    },

    dismissProblems: async () => {
      for (const button of await page.locator('.problem footer button:last-child').all())
        await button.click();
    },

    /** @param {() => Promise<void>} act @returns {Promise<Buffer>} the file that it saves */
    async saved(act) {
      const [download] = await Promise.all([page.waitForEvent('download'), act()]);
      const chunks = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk);
      return Buffer.concat(chunks);
    },

    /** Faults that have to be there. @param {RegExp} kind */
    expectFaults: (kind) => {
      expected = kind;
    },

    async leave() {
      await context.close();
      assert.deepEqual(expected ? faults.filter((fault) => !expected.test(fault)) : faults, []);
    },
  };
}
