// The maps of a network that is randomised layer by layer.

import { CodedError } from '../messages.js';
import { engine } from './opening.js';

/** @type {import('../../pkg/deep_inside.js').SanityCheck | null} */
let check = null;

export function endSanityCheck() {
  check?.free();
  check = null;
}

/** @satisfies {Partial<import('./handlers.js').Handlers>} */
export const sanityCalls = {
  async startSanityCheck({ target, method }, { signal }) {
    endSanityCheck();
    check = await engine.sanityCheck({ ...target, method, views: 1, signal });
    return { layers: check.layers, original: describeGrid(await check.original()) };
  },

  async stepSanityCheck(_, { signal }) {
    if (!check) throw new CodedError('cancelled');
    const randomised = await check.step({ signal });
    if (!randomised) {
      endSanityCheck();
      return null;
    }
    const { layer, correlation, magnitudeCorrelation, map } = randomised;
    return {
      layer,
      correlations: { signs: correlation, magnitudes: magnitudeCorrelation },
      maps: describeGrid(map),
    };
  },
};

/**
 * @param {import('../../pkg/deep_inside.js').SaliencyGrid} grid
 * @returns {import('../messages.js').BothMaps}
 */
function describeGrid({ intensity, signedIntensity, width, height }) {
  return {
    magnitudes: { intensity, width, height },
    signs: { intensity: signedIntensity, width, height },
  };
}
