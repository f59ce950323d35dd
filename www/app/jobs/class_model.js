// The target's class model, which grows step by step until it is finished or stopped.

import { engineTarget } from '../target.js';
import { NOTHING } from '../state.js';
import { Job } from './job.js';

/** @typedef {import('../target.js').Target} Target */
/** @typedef {import('../messages.js').ModelStep} ModelStep */

/**
 * A call for steps should take about this long: several frames a second, and a cancel takes effect
 * soon.
 */
const STEPS_MS = 200;
/** A frame at least every 4 steps, so that the growth is visible. */
const MOST_STEPS_A_FRAME = 4;
const MOST_FRAMES = 60;
/** The name of this model in the worker. */
const MODEL = 'card';

export class ClassModel extends Job {
  /** Ends a pause. */
  #resume = () => {};

  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'model');
  }

  /** Grows the model of the target, from the start. */
  start() {
    const { target } = this.store.state;
    if (target !== null) this.run((signal) => this.#grow(target, signal));
  }

  pause() {
    if (this.store.state.model.phase === 'running') this.store.update('model', { phase: 'paused' });
  }

  resume() {
    if (this.store.state.model.phase !== 'paused') return;
    this.store.update('model', { phase: 'running' });
    this.#resume();
  }

  cancel() {
    if (!this.underWay) return;
    super.cancel();
    // If the worker was replaced, the model ended with it.
    this.client.call('endModel', { model: MODEL }).catch(() => {});
  }

  /** @param {Target} target @param {AbortSignal} signal */
  async #grow(target, signal) {
    const { settings, engine } = this.store.state;
    const recipe = engine.ready?.recipes.find(({ id }) => id === settings.recipe);
    if (!recipe) return;
    this.store.set({ model: { ...NOTHING.model, phase: 'running', steps: recipe.steps } });
    await this.client.call(
      'startModel',
      {
        model: MODEL,
        target: engineTarget(target),
        recipe: recipe.id,
        seed: settings.seed,
        steps: recipe.steps,
        side: settings.side ?? undefined,
        start: settings.start ?? undefined,
      },
      { signal },
    );
    let steps = 1;
    let last = performance.now();
    while ((this.store.state.model.curve.at(-1)?.step ?? 0) < recipe.steps) {
      if (this.store.state.model.phase === 'paused') {
        await this.#resumed(signal);
        last = performance.now();
      }
      const result = await this.client.call('stepModel', { model: MODEL, steps }, { signal });
      if (signal.aborted) return;
      const now = performance.now();
      this.#add(result, now - last);
      last = now;
      steps = stepsAfter(steps, result);
    }
    this.store.update('model', { phase: 'done' });
  }

  /** Waits for the visitor to resume or to cancel. @param {AbortSignal} signal */
  #resumed(signal) {
    return new Promise((resolve) => {
      this.#resume = () => resolve(undefined);
      signal.addEventListener('abort', resolve, { once: true });
    });
  }

  /**
   * Adds a step's figures and frame to those that are shown.
   * @param {ModelStep} result
   * @param {number} milliseconds   since the frame before, with what other jobs took
   */
  #add({ step, score, probability, frame }, milliseconds) {
    const { curve, frames, pace } = this.store.state.model;
    const latest = ((step - (curve.at(-1)?.step ?? 0)) * 1000) / Math.max(1, milliseconds);
    this.store.update('model', {
      frame,
      pace: pace === 0 ? latest : 0.8 * pace + 0.2 * latest,
      frames: thinned([...frames, frame]),
      curve: [...curve, { step, score, probability }],
    });
  }
}

/**
 * How many steps the next call takes: as many as fit in STEPS_MS, but at most twice as many as the
 * last.
 * @param {number} steps   of the last call
 * @param {ModelStep} result
 */
function stepsAfter(steps, result) {
  const fitting = Math.max(1, (STEPS_MS * result.steps) / result.milliseconds);
  return Math.round(Math.min(MOST_STEPS_A_FRAME, 2 * steps, fitting));
}

/**
 * At most MOST_FRAMES: if there are more, every other one is removed, so older ones are sparser.
 * @template T @param {T[]} frames
 */
function thinned(frames) {
  if (frames.length <= MOST_FRAMES) return frames;
  return frames.filter((_, i) => (frames.length - 1 - i) % 2 === 0);
}
