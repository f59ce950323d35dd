// Ten class models that grow in turn, a few steps each, so that all of them are seen growing.

import { problemOf } from './messages.js';

/** goldfish, tarantula, flamingo, tiger, zebra, balloon, volcano, strawberry, pizza, daisy */
const TEN = [1, 76, 130, 292, 340, 417, 980, 949, 963, 985];
/** How many grow. */
export const PLACES = TEN.length;
const STEPS_A_TURN = 4;
/** Smaller than a single one: ten have to be ready in bearable time. */
const SIDE = 160;

/**
 * @param {import('./state.js').Store} store
 * @param {import('./engine_client.js').EngineClient} client
 * @param {(problem: import('./messages.js').Problem) => void} report   for whatever is not a cancel
 */
export function createGallery(store, client, report) {
  let growing = new AbortController();

  /** @param {Partial<import('./state.js').GalleryState>} parts */
  const set = (parts) => store.set({ gallery: { ...store.state.gallery, ...parts } });

  /** Ten different classes. @param {number} count   of all classes @returns {number[]} */
  function drawn(count) {
    const classes = new Set();
    while (classes.size < PLACES) classes.add(Math.floor(Math.random() * count));
    return [...classes];
  }

  /** @param {number[]} classes @param {AbortSignal} signal */
  async function growAll(classes, signal) {
    const { recipe: id, seed } = store.state.settings;
    const recipe = store.state.engine.ready?.recipes.find((one) => one.id === id);
    if (!recipe) return;
    const { steps } = recipe;
    set({
      phase: 'working',
      models: classes.map((classIndex) => ({
        classIndex,
        steps,
        step: 0,
        probability: undefined,
        frame: null,
      })),
    });
    const name = (/** @type {number} */ place) => `gallery ${place}`;
    try {
      for (const [place, classIndex] of classes.entries()) {
        await client.call(
          'startModel',
          { model: name(place), target: { classIndex }, recipe: id, seed, steps, side: SIDE },
          { signal },
        );
      }
      while (store.state.gallery.models.some(({ step }) => step < steps)) {
        for (const [place, { step: before }] of store.state.gallery.models.entries()) {
          if (before >= steps) continue;
          const { step, probability, frame } = await client.call(
            'stepModel',
            { model: name(place), steps: STEPS_A_TURN },
            { signal },
          );
          if (signal.aborted) return;
          set({
            models: store.state.gallery.models.map((model, at) =>
              at === place ? { ...model, step, probability, frame } : model,
            ),
          });
        }
      }
      set({ phase: 'ready' });
    } catch (error) {
      if (signal.aborted) return;
      // The worker is new, and knows none of them
      if (problemOf(error).code === 'cancelled') return await growAll(classes, signal);
      report(problemOf(error));
      set({ phase: 'failed' });
    } finally {
      // A newer gallery has put its own ones in the places.
      if (growing.signal === signal)
        for (const place of classes.keys())
          client.call('endModel', { model: name(place) }).catch(() => {});
    }
  }

  return {
    /** @param {boolean} surprise   ten classes drawn by lot, in place of the usual ones */
    grow(surprise) {
      const { ready } = store.state.engine;
      if (!ready) return;
      growing.abort();
      growing = new AbortController();
      growAll(surprise ? drawn(ready.network.classes.length) : TEN, growing.signal);
    },

    /** Keeps what there is. */
    stop() {
      if (store.state.gallery.phase !== 'working') return;
      growing.abort();
      set({ phase: 'cancelled' });
    },
  };
}
