// What happens after a class has been chosen: its saliency map, its class model and its object, the quick versions first.
//
// The worker takes one call at a time, first come first served. Maps and cut wait for each other, the class model goes on by
// itself; so the queue lets them take turns, and every card has something to show early on, also where a pass takes long.

import { problemOf } from './messages.js';
import { NO_CUT, NO_MODEL, NO_SALIENCY } from './state.js';

/** @typedef {import('./state.js').Store} Store */
/** @typedef {import('./engine_client.js').EngineClient} EngineClient */

/** A call for class-model steps should take about this long: several frames a second, and a cancel is heard soon. */
const STEPS_MS = 200;
const MOST_STEPS_A_CALL = 16;

/**
 * @param {Store} store
 * @param {EngineClient} client
 * @param {(problem: import('./messages.js').Problem) => void} report   for whatever is not a cancel or "no object"
 */
export function createExplanation(store, client, report) {
  let maps = new AbortController();
  let model = new AbortController();
  /** @type {() => void} */
  let resume = () => {};

  /** @param {Partial<import('./state.js').SaliencyState>} parts */
  const setSaliency = (parts) => store.set({ saliency: { ...store.state.saliency, ...parts } });
  /** @param {Partial<import('./state.js').CutState>} parts */
  const setCut = (parts) => store.set({ cut: { ...store.state.cut, ...parts } });
  /** @param {Partial<import('./state.js').ModelState>} parts */
  const setModel = (parts) => store.set({ model: { ...store.state.model, ...parts } });

  /** How a failed part ends, and whether the visitor is to be told. @param {unknown} error @returns {'cancelled' | 'failed'} */
  function ending(error) {
    const problem = problemOf(error);
    if (problem.code === 'cancelled') return 'cancelled';
    report(problem);
    return 'failed';
  }

  /** @param {number} classIndex @param {1 | 10} views @param {AbortSignal} signal */
  async function refineSaliency(classIndex, views, signal) {
    setSaliency({ phase: 'working', done: 0, total: views });
    /** @param {import('./messages.js').Progress} progress */
    const onProgress = ({ done, total }) => !signal.aborted && setSaliency({ done, total });
    const map = await client.call('saliency', { classIndex, views }, { signal, onProgress });
    if (!signal.aborted) setSaliency({ phase: views === 10 ? 'ready' : 'working', map });
  }

  /** @param {number} classIndex @param {boolean} preview @param {AbortSignal} signal */
  async function findObject(classIndex, preview, signal) {
    /** @param {import('./messages.js').Progress} progress */
    const onProgress = ({ done, total }) => !signal.aborted && setCut({ part: done / (total + 1) });
    try {
      const cut = preview
        ? await client.call('previewCut', {}, { signal })
        : await client.call('locate', { classIndex }, { signal, onProgress });
      if (!signal.aborted) setCut({ phase: preview ? 'working' : 'ready', cut });
    } catch (error) {
      if (signal.aborted || problemOf(error).code !== 'no-object-found') throw error;
      if (!preview) setCut({ phase: 'none', cut: null });
    }
  }

  /** @param {number} classIndex */
  async function runMaps(classIndex) {
    const { signal } = maps;
    try {
      await refineSaliency(classIndex, 1, signal);
      await findObject(classIndex, true, signal);
      await refineSaliency(classIndex, 10, signal);
      await findObject(classIndex, false, signal);
    } catch (error) {
      if (signal.aborted) return;
      const phase = ending(error);
      if (store.state.saliency.phase === 'working') setSaliency({ phase });
      setCut({ phase });
    }
  }

  /** @param {number} classIndex */
  async function runModel(classIndex) {
    const { signal } = model;
    const { recipe: id, seed } = store.state.settings;
    const recipe = store.state.engine.ready?.recipes.find((one) => one.id === id);
    if (!recipe) return;
    store.set({ model: { ...NO_MODEL, phase: 'running', steps: recipe.steps } });
    try {
      await client.call('startModel', { classIndex, recipe: id, seed }, { signal });
      for (let step = 0, atOnce = 1; step < recipe.steps; ) {
        if (store.state.model.phase === 'paused') await new Promise((go) => ((resume = () => go(null)), signal.addEventListener('abort', go)));
        const result = await client.call('stepModel', { steps: Math.min(atOnce, recipe.steps - step) }, { signal });
        if (signal.aborted) return;
        atOnce = Math.round(Math.min(MOST_STEPS_A_CALL, 2 * atOnce, Math.max(1, (STEPS_MS * (result.step - step)) / result.milliseconds)));
        step = result.step;
        const { score, probability, frame } = result;
        setModel({ frame, curve: [...store.state.model.curve, { step, score, probability }] });
      }
      setModel({ phase: 'done' });
    } catch (error) {
      if (!signal.aborted) setModel({ phase: ending(error) });
    }
  }

  function stopModel() {
    model.abort();
    model = new AbortController();
  }

  function stopMaps() {
    maps.abort();
    maps = new AbortController();
  }

  const running = {
    /** Shows everything about a class; whatever was under way for another one is dropped. @param {number} classIndex */
    explain(classIndex) {
      stopMaps();
      stopModel();
      store.set({
        chosen: classIndex,
        saliency: { ...NO_SALIENCY, phase: 'working', total: 1 },
        cut: { ...NO_CUT, phase: 'working' },
      });
      runModel(classIndex); // first, so that its first step comes before the preview of the cut
      runMaps(classIndex);
    },

    /** Back to no class at all, for another photo. */
    clear() {
      stopMaps();
      stopModel();
      store.set({ chosen: null, saliency: NO_SALIENCY, model: NO_MODEL, cut: NO_CUT });
    },

    /** Stops everything and keeps what there is. */
    cancel() {
      const { saliency, cut } = store.state;
      stopMaps();
      if (saliency.phase === 'working') setSaliency({ phase: 'cancelled' });
      if (cut.phase === 'working') setCut({ phase: 'cancelled' });
      running.cancelModel();
    },

    startModel() {
      if (store.state.chosen === null) return;
      stopModel();
      runModel(store.state.chosen);
    },

    pauseModel() {
      if (store.state.model.phase === 'running') setModel({ phase: 'paused' });
    },

    resumeModel() {
      if (store.state.model.phase !== 'paused') return;
      setModel({ phase: 'running' });
      resume();
    },

    cancelModel() {
      const { phase } = store.state.model;
      if (phase !== 'running' && phase !== 'paused') return;
      stopModel();
      setModel({ phase: 'cancelled' });
      client.call('endModel', {}).catch(() => {}); // where the worker is gone, so is the run
    },
  };
  return running;
}
