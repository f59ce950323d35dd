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

/** @type {Promise<Sample[]> | undefined} */
let samples;

/** All of them. @returns {Promise<Sample[]>} */
export function loadSamples() {
  samples ??= fetch(new URL('samples.json', FOLDER)).then(
    (response) => (response.ok ? response.json() : []),
    (error) => {
      samples = undefined;
      throw error;
    },
  );
  return samples;
}

/** A sample's name in the address. @param {Sample} sample */
export const sampleId = ({ file }) => file.replace(/\.\w+$/, '');

/** @param {Sample} sample */
export function thumbOf(sample) {
  return new URL(`thumbs/${sampleId(sample)}.jpg`, FOLDER).href;
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
