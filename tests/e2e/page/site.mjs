// One server and one browser for all tests of the page, and what several of them do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, openSite } from '../site.mjs';

// A page that does not even start fails here, once, instead of in every test for as long as each
// one waits.
export const site = openSite({}, async () => {
  const v = await site.arrive();
  await v.ready();
  await v.leave();
  site.visitor = null;
});
export const { arrive } = site;

/** @param {string} file */
export const photoSample = (file) => readFileSync(join(DIST, 'samples', file));

/**
 * A sample and its likeliest class, with map and cut finished. The class model is stopped after its
 * first steps, as the rest would wait for the others.
 * @param {Parameters<typeof arrive>[0] & {file?: string}} [options]
 */
export async function explained({ file = 'chelsea.jpg', ...options } = {}) {
  const v = await arrive(options);
  await v.ready();
  await v.takeSample(file);
  await v.chooseClass(0);
  await v.threeCardsShow((await v.classes())[0]);
  await v.stopModel();
  await v.finished();
  return v;
}

/** The visit's file of box and settings. */
export const boxReport = async () => {
  const { page, saved } = site.visitor;
  const button = page.locator('[aria-label="Save the box and the settings as JSON"]');
  return JSON.parse(await saved(() => button.click()));
};

/** Width and height that a PNG file states. @param {Buffer} png */
export function pngSize(png) {
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/**
 * The pixels of a picture file, by the browser: R, G, B and A of each, row by row.
 * @param {Buffer} file
 * @returns {Promise<Buffer>}
 */
export async function rgbaOf(file) {
  const base64 = await site.visitor.page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const reader = new FileReader();
    return new Promise((resolve) => {
      reader.onload = () => resolve(reader.result.split(',')[1]);
      reader.readAsDataURL(new Blob([data]));
    });
  }, file.toString('base64'));
  return Buffer.from(base64, 'base64');
}

/** Runs in the page: an engine beside the page's own, on the same sample. */
export function addEngine() {
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
