// Results as files. All pixels are encoded again, so no file contains the photo's metadata.

import { classOf, isContrast } from './target.js';
import { growthVideo } from './growth_video.js';
import { drawModelFrame } from './canvas/surface.js';
import { CodedError } from './messages.js';
import { targetName } from './views/card.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./engine_client.js').EngineClient} EngineClient */

/** @param {State} state @param {string} what */
function fileName(state, what) {
  const name = targetName(state)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `deep-inside-${name || 'class'}-${what}`;
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** @param {Promise<Blob>} file @param {string} name */
async function savePng(file, name) {
  try {
    save(await file, `${name}.png`);
  } catch (error) {
    if (error instanceof CodedError && error.code !== 'internal') throw error;
    throw new CodedError('save-failed', error instanceof Error ? error.message : String(error));
  }
}

/** @param {OffscreenCanvas} canvas */
const asPng = (canvas) => canvas.convertToBlob({ type: 'image/png' });

/** @param {import('./messages.js').ModelFrame} frame @param {string} name */
export async function saveModelFrame(frame, name) {
  const canvas = new OffscreenCanvas(1, 1);
  drawModelFrame(canvas, frame);
  await savePng(asPng(canvas), name);
}

/**
 * One function a file. Each needs the result that it saves to be there.
 * @type {Record<string, (state: State, client: EngineClient) => Promise<void>>}
 */
export const downloads = {
  async overlay(state, client) {
    const {
      saliency: { map },
      settings: { colourMap, ground, opacity },
    } = state;
    if (!map) return;
    const file = client.call('overlayPng', { map, colourMap, ground, opacity });
    await savePng(file, fileName(state, 'saliency'));
  },

  async model(state) {
    if (state.model.frame) await saveModelFrame(state.model.frame, fileName(state, 'class-model'));
  },

  async growth(state) {
    const { frames } = state.model;
    if (frames.length === 0) return;
    const { blob, extension } = await growthVideo(frames);
    save(blob, `${fileName(state, 'growth')}.${extension}`);
  },

  async mask(state, client) {
    if (state.cut.cut) await savePng(client.call('maskPng', {}), fileName(state, 'mask'));
  },

  async cutout(state, client) {
    if (state.cut.cut) await savePng(client.call('cutoutPng', {}), fileName(state, 'cutout'));
  },

  async topFive(state) {
    const { engine, photo, probabilities, topFive } = state;
    const ready = engine.ready;
    if (!ready || !photo) return;
    const objects = topFive.located.map(({ classIndex, cut }) => ({
      class: {
        index: classIndex,
        label: ready.network.classes[classIndex],
        probability: probabilities?.[classIndex],
      },
      object: cut && {
        ...cut.made,
        box: cut.box,
        share: cut.share,
        energy: cut.energy,
        flow: cut.flow,
      },
    }));
    const file = {
      photo: { width: photo.width, height: photo.height },
      objects,
      network: ready.network.id,
    };
    save(
      new Blob([JSON.stringify(file, null, 2)], { type: 'application/json' }),
      'deep-inside-top-five.json',
    );
  },

  async json(state) {
    save(
      new Blob([JSON.stringify(report(state), null, 2)], { type: 'application/json' }),
      `${fileName(state, 'box')}.json`,
    );
  },
};

/** Box and settings, enough to make the results again from the same photo. @param {State} state */
function report({ engine, photo, target, scores, probabilities, cut, model, saliency, settings }) {
  const ready = engine.ready;
  const last = model.curve.at(-1);
  const classReport = (/** @type {number | null} */ index) =>
    index === null || !ready
      ? undefined
      : {
          index,
          label: ready.network.classes[index],
          score: scores?.[index],
          probability: probabilities?.[index],
        };
  return {
    photo: photo && { width: photo.width, height: photo.height },
    neuron: classOf(target) === null ? (target ?? undefined) : undefined,
    class: classReport(classOf(target)),
    against: classReport(isContrast(target) ? target.against : null),
    object: cut.cut && {
      ...cut.cut.made,
      strokes: cut.strokes.map(({ points, ...stroke }) => ({
        points: Array.from(points),
        ...stroke,
      })),
      box: cut.cut.box,
      share: cut.cut.share,
      energy: cut.cut.energy,
      flow: cut.cut.flow,
    },
    saliency: {
      method: saliency.map?.method,
      views: saliency.map?.views,
      colourMap: settings.colourMap,
      over: settings.ground,
      opacity: settings.opacity,
    },
    classModel: {
      recipe: settings.recipe,
      seed: settings.seed,
      side: model.frame?.width,
      start: settings.start ?? undefined,
      step: last?.step,
      score: last?.score,
      probability: last?.probability,
    },
    network: ready?.network.id,
    device: ready && {
      kind: ready.device.kind,
      adapter: ready.device.adapter,
      software: ready.device.software,
    },
  };
}
