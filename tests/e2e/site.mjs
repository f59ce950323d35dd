// The built page, served, and a browser to visit it with, for all tests of a file.

import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { launch } from './browser.mjs';
import { serve } from './server.mjs';
import { visit } from './visit.mjs';

/** The folder with the built page. */
export const DIST = process.env.DIST || join(import.meta.dirname, '../../dist');

/**
 * Serves the page and starts a browser before the first test of a file, and ends both after the
 * last. The faults of a test, and its visit, end with it.
 * @param {Parameters<typeof launch>[0]} [options]   the browser's
 * @param {() => Promise<void>} [first]   once both are there; a `before` of the file's own would
 *   not wait for them
 */
export function openSite(options, first) {
  const site = {
    /** @type {Awaited<ReturnType<typeof serve>>} */
    server: null,
    /** @type {import('playwright-core').Browser} */
    browser: null,
    /** The newest visit. @type {Awaited<ReturnType<typeof visit>> | null} */
    visitor: null,

    /** @param {Parameters<typeof visit>[2] & {hash?: string}} [options] */
    async arrive({ hash = '', ...options } = {}) {
      site.visitor = await visit(site.browser, site.server.address + hash, options);
      return site.visitor;
    },
  };
  before(async () => {
    site.server = await serve(DIST);
    site.browser = await launch(options);
    await first?.();
  });
  after(async () => {
    await site.browser?.close();
    await site.server?.close();
  });
  afterEach(async () => {
    site.server.clear();
    await site.visitor?.leave();
    site.visitor = null;
  });
  return site;
}
