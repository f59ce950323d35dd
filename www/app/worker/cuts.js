// Cuts: those that are shown once, and the one that the visitor corrects.

import { CodedError } from '../messages.js';
import { describeCut } from './cut_description.js';
import { countPasses } from './handlers.js';
import { newestMap } from './maps.js';
import { engine } from './opening.js';

/** @typedef {import('../../pkg/deep_inside.js').ObjectCut} ObjectCut */
/** @typedef {import('../../pkg/deep_inside.js').Segmentation} Segmentation */
/** @typedef {Parameters<import('../../pkg/deep_inside.js').Engine['objectCut']>[0]} CutOptions */
/** @typedef {import('../messages.js').Seeds} Seeds */
/** @typedef {import('./cut_description.js').Seeding} Seeding */
/** @typedef {import('./handlers.js').Context} Context */

/** The maps that seed the cuts of the engine's two modes. */
const SEEDS = {
  best: { method: 'guided_grad_cam', views: 10 },
  paper: { method: 'gradient', views: 10 },
};

/** The preview of the cut has to be quick; the final one has sharper edges. */
const PREVIEW_SIDE = 160;

/** The cut that strokes correct. @type {{cut: ObjectCut, seeding: Seeding} | null} */
let current = null;
/** Its segmentation that the page shows and can save. @type {Segmentation | null} */
let shown = null;

export function endCut() {
  current?.cut.free();
  current = null;
  shown?.free();
  shown = null;
}

/** @satisfies {Partial<import('./handlers.js').Handlers>} */
export const cutCalls = {
  async cutObject({ target, seeds, strokes }, { signal, progress }) {
    const { map, free, ...origin } = await seedingMap(seeds, { target, signal, progress });
    try {
      const options = { saliency: map, mode: modeOf(seeds), signal };
      return await startCut(options, { seeds, ...origin }, strokes);
    } finally {
      free();
    }
  },

  async previewCut({ seeds }) {
    endCut(); // it was from another map
    const { map, method, views } = currentMap();
    const options = { saliency: map, mode: modeOf(seeds), workingSide: PREVIEW_SIDE };
    return cutOnce(options, { seeds, method, views });
  },

  async locate({ classIndex, seeds, method, views }, { signal, progress }) {
    const used = seeds === 'map' ? { method, views } : SEEDS[seeds];
    const onProgress = countPasses(progress);
    const map = await engine.saliency({ classIndex, ...used, signal, onProgress });
    try {
      const options = { saliency: map, mode: modeOf(seeds), signal };
      return await cutOnce(options, { seeds, ...used });
    } finally {
      map.free();
    }
  },

  async cutRectangle({ rectangle }, { signal, progress }) {
    const onProgress = countPasses(progress);
    return startCut({ rectangle, signal, onProgress }, { rectangle }, []);
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

  async cutoutPng(_, { signal }) {
    if (!shown) throw new CodedError('cancelled');
    return shown.cutoutPng({ signal });
  },

  async maskPng(_, { signal }) {
    if (!shown) throw new CodedError('cancelled');
    return shown.maskPng({ signal });
  },
};

/** The engine's settings for cuts from a map. @param {Seeds} seeds */
const modeOf = (seeds) => (seeds === 'paper' ? 'paper' : 'best');

/** The map that is shown. */
function currentMap() {
  if (!newestMap) throw new CodedError('cancelled'); // this worker is new
  return newestMap;
}

/**
 * The map that `seeds` stands for, its method and number of views, and a function that frees it if
 * it was computed for this.
 * @param {Seeds} seeds
 * @param {{target: import('../messages.js').EngineTarget} & Context} work   for a map that has to
 *   be computed
 */
async function seedingMap(seeds, { target, signal, progress }) {
  if (seeds === 'map') return { ...currentMap(), free() {} };
  const onProgress = countPasses(progress);
  const map = await engine.saliency({ ...target, ...SEEDS[seeds], signal, onProgress });
  return { map, ...SEEDS[seeds], free: () => map.free() };
}

/**
 * A cut that is not kept.
 * @param {CutOptions} options
 * @param {Seeding} seeding
 */
async function cutOnce(options, seeding) {
  const cut = await engine.objectCut(options);
  try {
    const segmentation = await cut.segmentation();
    const described = describeCut(segmentation, cut, seeding);
    segmentation.free();
    return described;
  } finally {
    cut.free();
  }
}

/**
 * A cut that can be corrected. It replaces the one before.
 * @param {CutOptions} options
 * @param {Seeding} seeding
 * @param {import('../messages.js').Stroke[]} strokes   on the cut before, painted on this one too
 */
async function startCut(options, seeding, strokes) {
  endCut();
  current = { cut: await engine.objectCut(options), seeding };
  // Only the last answer counts: between strokes there may be no object.
  for (const stroke of strokes)
    await current.cut.stroke(stroke).then(
      (segmentation) => segmentation.free(),
      () => {},
    );
  return correct((cut) => cut.segmentation());
}

/** @param {(cut: ObjectCut) => Promise<Segmentation>} change   gives the segmentation after it */
async function correct(change) {
  if (!current) throw new CodedError('cancelled'); // this worker is new
  shown?.free();
  shown = null;
  shown = await change(current.cut);
  return describeCut(shown, current.cut, current.seeding);
}
