// The worker's side: the only importer of the engine, one call at a time. See messages.js for the
// protocol.

import { mismatch, parts } from './builds.js';
import { CodedError, frameOf, problemOf } from './messages.js';
import { centreOf } from './map_range.js';
import { bitmapOf } from './photo_pixels.js';
import { transfer } from './strings/en.js';
import { fetchWeights } from './weights_store.js';

const NETWORK = 'squeezenet1_1';

/** The maps that the engine's two modes of locating seed their cuts with. */
const SEEDS = {
  best: { method: 'guided_grad_cam', views: 10 },
  paper: { method: 'gradient', views: 10 },
};

/** The preview of the cut is to be there at once; the final one has sharper edges. */
const PREVIEW_SIDE = 160;

/** @typedef {import('../pkg/deep_inside.js').Engine} Engine */
/** @typedef {import('../pkg/deep_inside.js').SaliencyMap} SaliencyMap */
/** @typedef {import('../pkg/deep_inside.js').ObjectCut} ObjectCut */
/** @typedef {import('../pkg/deep_inside.js').Segmentation} Segmentation */
/** @typedef {Parameters<Engine['objectCut']>[0]} CutOptions */
/** @typedef {import('./messages.js').Calls} Calls */
/** @typedef {import('./messages.js').Seeds} Seeds */

/**
 * What seeds a cut, without the quantiles, which the cut itself knows.
 * @typedef {{rectangle: import('./messages.js').Box} | {seeds: Seeds, method: string, views:
 *   number}} Seeding
 */

/** Opened by the first call. @type {Engine} */
let engine;
/**
 * The newest saliency map, for the cut that it gives.
 * @type {{map: SaliencyMap, method: string, views: number} | null}
 */
let newestMap = null;
/** The cut that strokes correct, and what seeded it. @type {ObjectCut | null} */
let objectCut = null;
/** @type {Seeding | null} */
let cutSeeding = null;
/** What the page shows of it: its pixels can be saved. @type {Segmentation | null} */
let shownCut = null;
/** Class models that grow, by name. @type {Map<string, GrowingModel>} */
const models = new Map();
/** @type {import('../pkg/deep_inside.js').SanityCheck | null} */
let sanityCheck = null;

/**
 * @typedef {{signal: AbortSignal, progress: (progress: import('./messages.js').Progress) => void}}
 *   Context
 */

/**
 * @template {keyof Calls} Name
 * @typedef {(args: Parameters<Calls[Name]>[0], context: Context) => Promise<ReturnType<Calls[Name]>
 *   | Transferred<ReturnType<Calls[Name]>>>} Call
 */

/** @type {{[Name in keyof Calls]: Call<Name>}} */
const calls = {
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
      // A damaged copy in the cache: it has been thrown away; the network's own copy decides.
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
      methods: Engine.saliencyMethods(),
      layers: engine.layers(),
      colourMaps: Engine.colourMaps(),
      signedColours: Engine.signedColours(),
      dimmedWhite: Engine.dimmedWhite,
      recipes: Engine.classModelRecipes().map((recipe) => ({
        id: recipe.id,
        title: recipe.title,
        steps: recipe.defaults.steps,
        side: recipe.defaults.side,
        reading: recipe.reading,
        reference: recipe.reference,
      })),
    };
  },

  async setPicture({ source }, { signal }) {
    // Where this fails or is cancelled, the engine keeps the picture that it has, as the page does.
    const { width, height, fileWidth, fileHeight, decoder, reason } = await engine.openPicture(
      source.kind === 'file' ? source.blob : source.image,
      { signal },
    );
    endSanityCheck(); // these were about the old one
    endCut();
    newestMap?.map.free();
    newestMap = null;
    const frame = frameOf(width, height);
    const bitmap = await bitmapOf(engine.picturePixels(frame.width, frame.height)).catch(() => {
      // The page keeps the old picture, and a new worker gets it
      throw new CodedError('out-of-memory');
    });
    return new Transferred({ width, height, fileWidth, fileHeight, decoder, reason, bitmap }, [
      bitmap,
    ]);
  },

  async classify() {
    const { Engine } = await loadProgram();
    const scores = await engine.classify();
    return { scores, probabilities: Engine.probabilities(scores) };
  },

  async saliency({ target, method, views }, { signal, progress }) {
    const map = await engine.saliency({
      ...target,
      method,
      views,
      signal,
      onProgress: countPasses(progress),
    });
    newestMap?.map.free();
    newestMap = { map, method, views };
    const result = describeMap(map, method, views);
    return new Transferred(result, [result.intensity.buffer]);
  },

  async cutObject({ target, seeds, strokes }, { signal, progress }) {
    const { map, free, ...origin } = await seedingMap(seeds, { target, signal, progress });
    try {
      return await startCut(
        { saliency: map, mode: modeOf(seeds), signal },
        { seeds, ...origin },
        strokes,
      );
    } finally {
      free();
    }
  },

  async previewCut({ seeds }) {
    endCut(); // the one before was another map's
    const { map, free, ...origin } = await seedingMap('map', {});
    try {
      return await onceCut(
        { saliency: map, mode: modeOf(seeds), workingSide: PREVIEW_SIDE },
        { seeds, ...origin },
      );
    } finally {
      free();
    }
  },

  async locate({ classIndex, seeds, method, views }, { signal, progress }) {
    const used =
      seeds === 'map' ? { method, views } : SEEDS[/** @type {keyof typeof SEEDS} */ (seeds)];
    const map = await engine.saliency({
      classIndex,
      ...used,
      signal,
      onProgress: countPasses(progress),
    });
    try {
      return await onceCut({ saliency: map, mode: modeOf(seeds), signal }, { seeds, ...used });
    } finally {
      map.free();
    }
  },

  async cutRectangle({ rectangle }, { signal, progress }) {
    return startCut({ rectangle, signal, onProgress: countPasses(progress) }, { rectangle }, []);
  },

  async strokeCut(stroke) {
    return correct((cut) => cut.stroke(stroke));
  },

  async undoStroke() {
    return correct((cut) => cut.undo());
  },

  async clearStrokes() {
    return correct((cut) => cut.clear());
  },

  async overlayPng({ map, colourMap, ground, opacity }, { signal }) {
    const { intensity, width, height } = map;
    return engine.overlayPng({ intensity, width, height, colourMap, ground, opacity, signal });
  },

  async cutoutPng(_, { signal }) {
    if (!shownCut) throw new CodedError('cancelled');
    return shownCut.cutoutPng({ signal });
  },

  async maskPng(_, { signal }) {
    if (!shownCut) throw new CodedError('cancelled');
    return shownCut.maskPng({ signal });
  },

  async relation({ target }, { signal }) {
    const maps = [];
    for (const method of ['gradient', 'deconvnet']) {
      const map = await engine.saliency({ ...target, method, views: 1, signal });
      maps.push(describeMap(map, method, 1));
      map.free();
    }
    const [gradient, deconvnet] = maps;
    const layers = await engine.relation({ ...target, signal });
    return new Transferred(
      { gradient, deconvnet, layers },
      maps.map(({ intensity }) => intensity.buffer),
    );
  },

  async startSanityCheck({ target, method }, { signal }) {
    endSanityCheck();
    sanityCheck = await engine.sanityCheck({ ...target, method, views: 1, signal });
    return { layers: sanityCheck.layers, original: describeGrid(await sanityCheck.original()) };
  },

  async stepSanityCheck(_, { signal }) {
    if (!sanityCheck) throw new CodedError('cancelled');
    const randomised = await sanityCheck.step({ signal });
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

  async startModel({ model, target, recipe, seed, steps, side, start }) {
    endModel(model);
    models.set(model, {
      run: engine.classModel({ ...target, recipe, seed, side, start }),
      left: steps,
      ahead: null,
    });
    return null;
  },

  async stepModel({ model, steps }) {
    const growing = models.get(model);
    if (!growing) throw new CodedError('cancelled');
    const frame = growing.ahead ?? grow(growing, steps);
    // A GPU goes on with the next steps while this frame is on its way back; the CPU would only
    // keep it waiting.
    growing.ahead =
      engine.device.kind === 'webgpu' && growing.left > 0 ? grow(growing, steps) : null;
    growing.ahead?.catch(() => {}); // told to whoever asks for it
    const result = await frame;
    return new Transferred(result, [result.frame.rgba.buffer]);
  },

  async endModel({ model }) {
    endModel(model);
    return null;
  },
};

/** The engine's settings for cuts from a map. @param {import('./messages.js').Seeds} seeds */
const modeOf = (seeds) => (seeds === 'paper' ? 'paper' : 'best');

/**
 * The map that `seeds` stands for, of which method and of how many views it is, and what to call
 * when it is no longer needed.
 * @param {import('./messages.js').Seeds} seeds
 * @param {{target?: import('./messages.js').EngineTarget, signal?: AbortSignal, progress?: Context['progress']}} work   where the
 *   map has to be computed
 */
async function seedingMap(seeds, { target, signal, progress }) {
  if (seeds === 'map') {
    if (!newestMap) throw new CodedError('cancelled'); // this worker is new
    return { ...newestMap, free() {} };
  }
  const map = await engine.saliency({
    ...target,
    ...SEEDS[seeds],
    signal,
    onProgress: progress && countPasses(progress),
  });
  return { map, ...SEEDS[seeds], free: () => map.free() };
}

/**
 * A cut that is not kept.
 * @param {CutOptions} options
 * @param {Seeding} seeding
 */
async function onceCut(options, seeding) {
  const cut = await engine.objectCut(options);
  try {
    return describeCut(await cut.segmentation(), cut, seeding);
  } finally {
    cut.free();
  }
}

/**
 * A cut that can be corrected, in the place of the one that there was.
 * @param {CutOptions} options
 * @param {Seeding} seeding
 * @param {import('./messages.js').Stroke[]} strokes   that have corrected the one before and go on
 *   to do so
 */
async function startCut(options, seeding, strokes) {
  endCut();
  objectCut = await engine.objectCut(options);
  cutSeeding = seeding;
  // Only the last one's answer counts: on the way there may be no object.
  for (const stroke of strokes)
    await objectCut.stroke(stroke).then(
      (cut) => cut.free(),
      () => {},
    );
  return correct((cut) => cut.segmentation());
}

/** @param {(cut: ObjectCut) => Promise<Segmentation>} change   gives the segmentation after it */
async function correct(change) {
  if (!objectCut || !cutSeeding) throw new CodedError('cancelled'); // this worker is new
  shownCut?.free();
  shownCut = null;
  shownCut = await change(objectCut);
  return describeCut(shownCut, objectCut, cutSeeding);
}

function endCut() {
  objectCut?.free();
  objectCut = null;
  shownCut?.free();
  shownCut = null;
}

function endSanityCheck() {
  sanityCheck?.free();
  sanityCheck = null;
}

/**
 * @typedef {{run: import('../pkg/deep_inside.js').ClassModelRun, left: number, ahead:
 *   Promise<import('./messages.js').ModelStep> | null}} GrowingModel   `ahead`: the frame
 *   that nobody has asked for yet
 */

/**
 * Takes steps; the frame behind them comes later.
 * @param {GrowingModel} growing
 * @param {number} most
 */
async function grow(growing, most) {
  const steps = Math.min(most, growing.left);
  growing.left -= steps;
  const started = performance.now();
  const [{ step, score, probability }, frame] = await Promise.all([
    growing.run.step(steps),
    growing.run.pixels(),
  ]);
  return { step, steps, score, probability, milliseconds: performance.now() - started, frame };
}

/** @param {string} name */
function endModel(name) {
  models.get(name)?.run.free();
  models.delete(name);
}

/**
 * A result whose buffers move to the page instead of being copied.
 * @template T
 */
class Transferred {
  /** @param {T} value @param {Transferable[]} buffers */
  constructor(value, buffers) {
    this.value = value;
    this.buffers = buffers;
  }
}

async function loadProgram() {
  try {
    const program = await import('../pkg/deep_inside.js');
    await program.default();
    return program;
  } catch (error) {
    const { code, detail } = problemOf(error);
    if (code === 'program-mismatch') throw error;
    // What does not fit together is of two builds; what has not come is another matter.
    if (error instanceof SyntaxError || error instanceof WebAssembly.LinkError)
      throw new CodedError('program-mismatch', detail);
    throw new CodedError(
      'program-load-failed',
      error instanceof TypeError ? transfer.noProgram : detail,
    );
  }
}

/**
 * @param {Context['progress']} progress
 * @param {import('./messages.js').Progress['phase']} [phase]
 */
function countPasses(progress, phase = 'passes') {
  return (/** @type {number} */ done, /** @type {number} */ total) =>
    progress({ phase, done, total });
}

/**
 * @param {SaliencyMap} map
 * @param {string} method
 * @param {number} views
 * @returns {import('./messages.js').IntensityMap}
 */
function describeMap(map, method, views) {
  // Plain numbers: each look at a property of the map is a call into wasm, and a loop of them
  // stalls Chromium for minutes.
  const { width, height, completenessGap } = map;
  const frame = frameOf(width, height);
  const intensity = map.intensity(frame.width, frame.height);
  return {
    intensity,
    ...frame,
    method,
    completenessGap,
    views,
    centre: centreOf(intensity, frame.width),
  };
}

/**
 * @param {{intensity: Uint8Array, signedIntensity: Uint8Array, width: number, height: number}} grid
 * @returns {import('./messages.js').BothMaps}
 */
function describeGrid({ intensity, signedIntensity, width, height }) {
  return {
    magnitudes: { intensity, width, height },
    signs: { intensity: signedIntensity, width, height },
  };
}

/**
 * @param {Segmentation} segmentation
 * @param {ObjectCut} cut   that it is of
 * @param {Seeding} seeding
 * @returns {Transferred<import('./messages.js').Cut>}
 */
function describeCut(segmentation, cut, seeding) {
  const { width: photoWidth, height: photoHeight, energy, flow, share } = segmentation;
  const { x, y, width, height } = segmentation.box;
  const frame = frameOf(photoWidth, photoHeight);
  const cover = segmentation.cover(frame.width, frame.height);
  const seeds = cut.seeds(frame.width, frame.height);
  const { foregroundQuantile, backgroundQuantile } = cut;
  // A cut from a map has both quantiles.
  const made = /** @type {import('./messages.js').CutOrigin} */ (
    'rectangle' in seeding ? seeding : { ...seeding, foregroundQuantile, backgroundQuantile }
  );
  if (segmentation !== shownCut) segmentation.free();
  return new Transferred(
    {
      cover,
      seeds,
      ...frame,
      photoWidth,
      photoHeight,
      box: { x, y, width, height },
      share,
      energy,
      flow,
      made,
    },
    [cover.buffer, seeds.buffer],
  );
}

/** @type {{id: number, controller: AbortController} | null} */
let running = null;

self.addEventListener('message', async ({ data }) => {
  if ('cancel' in data) {
    if (running?.id === data.cancel) running?.controller.abort();
    return;
  }
  const { id, call, args } = data;
  const controller = new AbortController();
  running = { id, controller };
  try {
    const answer = await calls[/** @type {keyof typeof calls} */ (call)](args, {
      signal: controller.signal,
      progress: (progress) => self.postMessage({ id, progress }),
    });
    const [result, buffers] =
      answer instanceof Transferred ? [answer.value, answer.buffers] : [answer, []];
    self.postMessage({ id, result }, { transfer: buffers });
  } catch (error) {
    if (isCrash(error)) reportCrash(error);
    else self.postMessage({ id, problem: problemOf(error) });
  } finally {
    running = null;
  }
});

// A panic inside an asynchronous call never answers that call: it surfaces here.
self.addEventListener('error', ({ error, message }) => reportCrash(error ?? new Error(message)));
self.addEventListener('unhandledrejection', ({ reason }) => reportCrash(reason));

/**
 * Whether the program stopped in the middle of something: a trap, no room on the stack or no
 * memory. That leaves it in an unknown state, and nothing that it says afterwards can be trusted.
 * @param {unknown} error
 */
function isCrash(error) {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/** @param {unknown} error */
function reportCrash(error) {
  const program = /** @type {typeof import('../pkg/deep_inside.js').Engine | undefined} */ (
    engine?.constructor
  );
  const noMemory =
    error instanceof RangeError ? /memory|alloc/i.test(error.message) : program?.ranOutOfMemory();
  self.postMessage({
    crashed: error instanceof Error ? error.message : String(error),
    code: noMemory ? 'out-of-memory' : 'internal',
  });
}
