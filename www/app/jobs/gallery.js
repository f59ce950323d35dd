// Ten class models that grow in turn, a few steps each, so that all of them grow visibly.

import { problemOf } from '../messages.js';
import { Job } from './job.js';

/** goldfish, tarantula, flamingo, tiger, zebra, balloon, volcano, strawberry, pizza, daisy */
const TEN = [1, 76, 130, 292, 340, 417, 980, 949, 963, 985];
/** How many grow. */
export const GALLERY_SIZE = TEN.length;
const STEPS_A_TURN = 4;
/** Smaller than a single model: ten have to be finished in reasonable time. */
const SIDE = 160;

export class Gallery extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'gallery');
  }

  /** @param {boolean} surprise   ten classes picked at random, instead of the usual ones */
  async start(surprise) {
    const { ready } = this.store.state.engine;
    if (!ready) return;
    const classes = surprise ? randomClasses(ready.network.classes.length) : TEN;
    await this.run((signal) => this.#growAll(classes, signal));
    // A newer gallery has its own models under the same names.
    if (this.underWay) return;
    for (const i of classes.keys())
      this.client.call('endModel', { model: modelName(i) }).catch(() => {});
  }

  /** @param {number[]} classes @param {AbortSignal} signal */
  async #growAll(classes, signal) {
    const { settings, engine } = this.store.state;
    const recipe = engine.ready?.recipes.find(({ id }) => id === settings.recipe);
    if (!recipe) return;
    const { id, steps } = recipe;
    this.store.set({
      gallery: {
        phase: 'working',
        models: classes.map((classIndex) => ({
          classIndex,
          steps,
          step: 0,
          probability: undefined,
          frame: null,
        })),
      },
    });
    try {
      for (const [i, classIndex] of classes.entries()) {
        await this.client.call(
          'startModel',
          {
            model: modelName(i),
            target: { classIndex },
            recipe: id,
            seed: settings.seed,
            steps,
            side: SIDE,
          },
          { signal },
        );
      }
      while (this.#models.some(({ step }) => step < steps)) {
        await this.#growEach(signal);
        if (signal.aborted) return;
      }
      this.store.update('gallery', { phase: 'ready' });
    } catch (error) {
      if (signal.aborted || problemOf(error).code !== 'cancelled') throw error;
      await this.#growAll(classes, signal); // the worker was replaced, and its models with it
    }
  }

  get #models() {
    return this.store.state.gallery.models;
  }

  /** A turn for each model that is not finished. @param {AbortSignal} signal */
  async #growEach(signal) {
    for (const [i, { step: before, steps }] of this.#models.entries()) {
      if (before >= steps) continue;
      const { step, probability, frame } = await this.client.call(
        'stepModel',
        { model: modelName(i), steps: STEPS_A_TURN },
        { signal },
      );
      if (signal.aborted) return;
      this.store.update('gallery', {
        models: this.#models.map((model, at) =>
          at === i ? { ...model, step, probability, frame } : model,
        ),
      });
    }
  }
}

/** The name of a model in the worker. @param {number} i */
const modelName = (i) => `gallery ${i}`;

/** Ten different classes. @param {number} count   of all classes @returns {number[]} */
function randomClasses(count) {
  const classes = new Set();
  while (classes.size < GALLERY_SIZE) classes.add(Math.floor(Math.random() * count));
  return [...classes];
}
