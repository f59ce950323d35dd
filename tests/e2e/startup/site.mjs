// One server and one browser for all tests of the start, and what several of them do.

import { afterEach } from 'node:test';
import { DIST, openSite } from '../site.mjs';
import { visit } from '../visit.mjs';

// A name that is not this computer's own: no secure context, as in a local network.
export const site = openSite({ flags: ['--host-resolver-rules=MAP lan.test 127.0.0.1'] });
/** @type {Awaited<ReturnType<typeof visit>>} */
export let v;

afterEach(() => {
  site.server.cacheBy(() => 'no-store');
  site.server.publish(DIST);
});

/** @param {Parameters<typeof site.arrive>[0]} [options] */
export async function arrive(options) {
  v = await site.arrive(options);
  v.page.setDefaultTimeout(40_000);
}

/** A visit to another address. @param {string} address */
export const visitAt = async (address) => (v = site.visitor = await visit(site.browser, address));

/** Has the worker run `script` before anything else of its own. @param {string} script */
export const inWorker = (script) =>
  site.server.put('app/engine_worker.js', (body) => ({ body: `${script}\n${body}` }));

/** The sentence that is shown until the page has started. */
export const sentence = () => v.page.waitForSelector('.not-started', { timeout: 10_000 });
