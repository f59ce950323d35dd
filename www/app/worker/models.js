// Class models that grow. Several can grow in turn, each under its own name.

import { CodedError } from '../messages.js';
import { Transferred } from './handlers.js';
import { engine } from './opening.js';

/**
 * @typedef {object} GrowingModel
 * @property {import('../../pkg/deep_inside.js').ClassModelRun} run
 * @property {number} left   steps that have not been queued
 * @property {Promise<import('../messages.js').ModelStep> | null} ahead   a frame that was queued
 *   before the page asked for it
 */

/** @type {Map<string, GrowingModel>} */
const models = new Map();

/** @satisfies {Partial<import('./handlers.js').Handlers>} */
export const modelCalls = {
  async startModel({ model, target, recipe, seed, steps, side, start }) {
    end(model);
    const run = engine.classModel({ ...target, recipe, seed, side, start });
    models.set(model, { run, left: steps, ahead: null });
    return null;
  },

  async stepModel({ model, steps }) {
    const growing = models.get(model);
    if (!growing) throw new CodedError('cancelled');
    const frame = growing.ahead ?? grow(growing, steps);
    // A GPU computes the next steps while this frame is read back; the CPU would only delay it.
    growing.ahead =
      engine.device.kind === 'webgpu' && growing.left > 0 ? grow(growing, steps) : null;
    growing.ahead?.catch(() => {}); // an error is reported by the call that takes this frame
    const result = await frame;
    return new Transferred(result, [result.frame.rgba.buffer]);
  },

  async endModel({ model }) {
    end(model);
    return null;
  },
};

/**
 * Takes steps, then reads the frame back.
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
function end(name) {
  models.get(name)?.run.free();
  models.delete(name);
}
