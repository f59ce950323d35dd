// Saliency maps, and the two rules beside each other.

import { frameOf } from '../messages.js';
import { countPasses, Transferred } from './handlers.js';
import { centreOf } from './map_centre.js';
import { engine, loadProgram } from './opening.js';

/** @typedef {import('../../pkg/deep_inside.js').SaliencyMap} SaliencyMap */

/**
 * The newest map of `saliency`, which can seed a cut; null in a new worker.
 * @type {{map: SaliencyMap, method: string, views: number} | null}
 */
export let newestMap = null;

export function freeMap() {
  newestMap?.map.free();
  newestMap = null;
}

/** @satisfies {Partial<import('./handlers.js').Handlers>} */
export const mapCalls = {
  async saliency({ target, method, views }, { signal, progress }) {
    const onProgress = countPasses(progress);
    const map = await engine.saliency({ ...target, method, views, signal, onProgress });
    freeMap();
    newestMap = { map, method, views };
    const result = describeMap(map, target, method, views);
    return new Transferred(result, buffersOf(result));
  },

  async overlayPng({ map, colourMap, ground, opacity }, { signal }) {
    const { intensity, signs, width, height } = map;
    const levels = signs ? { intensity: signs, signed: true } : { intensity, colourMap };
    return engine.overlayPng({ ...levels, width, height, ground, opacity, signal });
  },

  async coverTest({ target, method, views }, { signal }) {
    return coverTest({ ...target, method, views, signal });
  },

  async boardTile({ target, method }, { signal }) {
    const options = { ...target, method, views: /** @type {const} */ (1), signal };
    const map = await engine.saliency(options);
    const described = describeMap(map, target, method, 1);
    map.free();
    const result = { map: described, test: await coverTest(options) };
    return new Transferred(result, buffersOf(described));
  },

  async relation({ target }, { signal }) {
    const maps = [];
    for (const method of ['gradient', 'deconvnet']) {
      const map = await engine.saliency({ ...target, method, views: 1, signal });
      maps.push(describeMap(map, target, method, 1));
      map.free();
    }
    const [gradient, deconvnet] = maps;
    const layers = await engine.relation({ ...target, signal });
    return new Transferred({ gradient, deconvnet, layers }, maps.flatMap(buffersOf));
  },
};

/** @param {Parameters<import('../../pkg/deep_inside.js').Engine['coverTest']>[0]} options */
async function coverTest(options) {
  const { Engine } = await loadProgram();
  const { before, after, random, scoresAfter } = await engine.coverTest(options);
  const probabilitiesAfter =
    scoresAfter.length > 0
      ? Engine.probabilities(Float32Array.from(scoresAfter))
      : new Float32Array();
  return { before, after, random, probabilitiesAfter };
}

/**
 * @param {SaliencyMap} map
 * @param {import('../messages.js').EngineTarget} target
 * @param {string} method
 * @param {number} views
 * @returns {import('../messages.js').IntensityMap}
 */
function describeMap(map, target, method, views) {
  // Plain numbers: each access to a property of the map is a call into wasm, and a loop of them
  // stalls Chromium for minutes.
  const { width, height, completenessGap } = map;
  const frame = frameOf(width, height);
  const intensity = map.intensity(frame.width, frame.height);
  const signs = 'against' in target ? map.signedIntensity(frame.width, frame.height) : undefined;
  const centre = centreOf(intensity, frame.width);
  return { intensity, signs, ...frame, method, completenessGap, views, centre };
}

/** What moves to the page. @param {import('../messages.js').IntensityMap} map */
const buffersOf = ({ intensity, signs }) => [intensity.buffer, ...(signs ? [signs.buffer] : [])];
