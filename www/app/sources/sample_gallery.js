// The sample pictures that come with the page.

import { CodedError } from '../messages.js';
import { transfer } from '../strings/en.js';

/**
 * @typedef {object} Sample
 * @property {string} file
 * @property {string} title
 * @property {string} alt
 * @property {number} width
 * @property {number} height
 * @property {string} credit
 * @property {string} licence
 * @property {string} source   address of the original
 */

const FOLDER = new URL('../../samples/', import.meta.url);

/** @returns {Promise<Sample[]>} */
export async function loadSamples() {
  const response = await fetch(new URL('samples.json', FOLDER));
  return response.ok ? response.json() : [];
}

/** @param {Sample} sample */
export function thumbOf(sample) {
  return new URL(`thumbs/${sample.file.replace(/\.\w+$/, '.jpg')}`, FOLDER).href;
}

/**
 * @param {Sample} sample @param {AbortSignal} signal
 * @returns {Promise<import('../photo_pixels.js').PictureSource>}
 */
export async function fetchSample(sample, signal) {
  try {
    const response = await fetch(new URL(sample.file, FOLDER), { signal });
    if (!response.ok)
      throw new CodedError('sample-download-failed', transfer.status(response.status));
    return { kind: 'file', blob: await response.blob() };
  } catch (error) {
    if (signal.aborted) throw new CodedError('cancelled');
    throw error instanceof CodedError
      ? error
      : new CodedError('sample-download-failed', transfer.unreachable);
  }
}
