// Cuts: those that are shown once, and the one that the visitor corrects.

import { CodedError } from '../messages.js';
import { describeCut } from './cut_description.js';
import { countPasses } from './handlers.js';
import { newestMap } from './maps.js';
import { engine } from './opening.js';

/** @typedef {import('../../pkg/deep_inside.js').ObjectCut} ObjectCut */
/** @typedef {import('../../pkg/deep_inside.js').Segmentation} Segmentation */
/** @typedef {Parameters<import('../../pkg/deep_inside.js').Engine['objectCut']>[0]} CutOptions */
/** @typedef {import('./cut_description.js').Seeding} Seeding */

/** The crops of the maps from which the engine cuts by itself. */
const VIEWS = 10;

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
    if (seeds === 'map') {
      const { map, method, views } = currentMap();
      const options = { saliency: map, mode: 'best', signal };
      return startCut(options, { seeds, method, views }, strokes);
    }
    const options = { ...target, mode: seeds, signal, onProgress: countPasses(progress) };
    return startCut(options, { seeds, views: VIEWS }, strokes);
  },

  async previewCut({ seeds }) {
    endCut(); // it was from another map
    const { map, method, views } = currentMap();
    const mode = seeds === 'paper' ? 'paper' : 'best';
    const options = { saliency: map, mode, workingSide: PREVIEW_SIDE };
    return cutOnce(options, { seeds, method, views });
  },

  async locate({ classIndex, seeds, method, views }, { signal, progress }) {
    const onProgress = countPasses(progress);
    if (seeds !== 'map')
      return cutOnce({ classIndex, mode: seeds, signal, onProgress }, { seeds, views: VIEWS });
    const map = await engine.saliency({ classIndex, method, views, signal, onProgress });
    try {
      const options = { saliency: map, mode: 'best', signal };
      return await cutOnce(options, { seeds, method, views });
    } finally {
      map.free();
    }
  },

  async cutRectangle({ rectangle }, { signal, progress }) {
    const onProgress = countPasses(progress);
    return startCut({ rectangle, signal, onProgress }, { rectangle }, []);
  },

  async resizeCut({ size }) {
    return correct((cut) => cut.resize(size));
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

/** The map that is shown. */
function currentMap() {
  if (!newestMap) throw new CodedError('cancelled'); // this worker is new
  return newestMap;
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
