// Opens the engine: program, device, network and its weights.

import { mismatch, parts } from '../builds.js';
import { CodedError, problemOf } from '../messages.js';
import { transfer } from '../strings/en.js';
import { countPasses } from './handlers.js';
import { fetchWeights } from './weights_store.js';

/** @typedef {typeof import('../../pkg/deep_inside.js').Engine} Program */
/** @typedef {import('../../pkg/deep_inside.js').Engine} Engine */

const NETWORK = 'squeezenet1_1';

/** The worker's only one, replaced by `open`. @type {Engine} */
export let engine;

/** @satisfies {Partial<import('./handlers.js').Handlers>} */
export const openingCalls = {
  async open({ device, parts: pageParts }, { signal, progress }) {
    const { Engine } = await loadProgram();
    const odd = mismatch([...pageParts, ...parts()], ['pkg/deep_inside.js']);
    if (odd) throw new CodedError('program-mismatch', odd);
    const info = Engine.networks().find(({ id }) => id === NETWORK);
    if (!info) throw new CodedError('internal', NETWORK);
    let [opened, weights] = await Promise.all([
      Engine.open(device),
      fetchWeights(info.weights, false, progress),
    ]);
    engine = opened;
    progress({ phase: 'prepare', done: 0, total: 1 });
    try {
      await engine.loadNetwork(NETWORK, weights.bytes);
    } catch (error) {
      if (problemOf(error).code !== 'weights-corrupt' || !weights.cached) throw error;
      // The cached copy is damaged. Download another.
      weights = await fetchWeights(info.weights, true, progress);
      await engine.loadNetwork(NETWORK, weights.bytes);
    }
    let failure = '';
    if (engine.device.kind === 'webgpu') {
      try {
        await engine.warmUp({ signal, onProgress: countPasses(progress, 'warm-up') });
      } catch (error) {
        const { code, detail } = problemOf(error);
        if (code !== 'gpu-lost' || device !== 'auto') throw error;
        failure = `WebGPU failed: ${detail}`;
        engine = await Engine.open('cpu');
        await engine.loadNetwork(NETWORK, weights.bytes);
      }
    }
    const { kind, adapter, software, reason } = engine.device;
    return {
      device: { kind, adapter, software, reason: failure || reason },
      parts: parts(),
      used: performance.getEntriesByType('resource').map(({ name }) => name),
      storable: weights.storable,
      network: {
        id: info.id,
        title: info.title,
        classes: info.classes,
        licence: info.weights.licence,
      },
      layers: engine.layers(),
      ...menusOf(Engine),
    };
  },
};

/** What the engine offers, on every device. @param {Program} Engine */
function menusOf(Engine) {
  return {
    methods: Engine.saliencyMethods(),
    colourMaps: Engine.colourMaps(),
    signedColours: Engine.signedColours(),
    signedColoursOverPhoto: Engine.signedColoursOverPhoto(),
    dimmedWhite: Engine.dimmedWhite,
    recipes: Engine.classModelRecipes().map(({ id, title, defaults, reading, reference }) => ({
      id,
      title,
      steps: defaults.steps,
      side: defaults.side,
      reading,
      reference,
    })),
  };
}

/** The package, started. */
export async function loadProgram() {
  try {
    const program = await import('../../pkg/deep_inside.js');
    await program.default();
    return program;
  } catch (error) {
    const { code, detail } = problemOf(error);
    if (code === 'program-mismatch') throw error;
    // Files that do not fit together are from two builds; a missing file is another case.
    if (error instanceof SyntaxError || error instanceof WebAssembly.LinkError)
      throw new CodedError('program-mismatch', detail);
    throw new CodedError(
      'program-load-failed',
      error instanceof TypeError ? transfer.noProgram : detail,
    );
  }
}
