// The engine's photo, and its scores.

import { CodedError, frameOf } from '../messages.js';
import { bitmapOf } from '../photo_pixels.js';
import { endCut } from './cuts.js';
import { Transferred } from './handlers.js';
import { freeMap } from './maps.js';
import { engine, loadProgram } from './opening.js';
import { endSanityCheck } from './sanity.js';

/** @satisfies {Partial<import('./handlers.js').Handlers>} */
export const photoCalls = {
  async setPicture({ source }, { signal }) {
    // If this fails or is cancelled, the engine keeps its picture, and the page does the same.
    const { width, height, fileWidth, fileHeight, decoder, reason } = await engine.openPicture(
      source.kind === 'file' ? source.blob : source.image,
      { signal },
    );
    endSanityCheck(); // these were about the old picture
    endCut();
    freeMap();
    const frame = frameOf(width, height);
    const bitmap = await bitmapOf(engine.picturePixels(frame.width, frame.height)).catch(() => {
      // The page keeps the old picture, and a new worker gets it.
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
};
