// What happens after a class has been chosen: its saliency map, its class model and its object, the
// quick versions first.
//
// The worker takes one call at a time, first come first served. Maps and cut wait for each other,
// the class model goes on by itself; so the queue lets them take turns, and every card has
// something to show early on, also where a pass takes long.

import { engineTarget } from './target.js';
import { Job } from './job.js';
import { problemOf } from './messages.js';
import { likeliest } from './ranking.js';
import { NO_CUT, NO_MODEL, NO_RELATION, NO_SALIENCY, NO_SANITY, NO_TOP_FIVE } from './state.js';

/** @typedef {import('./state.js').Store} Store */
/** @typedef {import('./engine_client.js').EngineClient} EngineClient */
/** @typedef {import('./target.js').Target} Target */
/** @typedef {import('./messages.js').Stroke} Stroke */
/** @typedef {'cutRectangle' | 'strokeCut' | 'undoStroke' | 'clearStrokes'} Correction */

/**
 * A call for class-model steps should take about this long: several frames a second, and a cancel
 * is heard soon.
 */
const STEPS_MS = 200;
/** A frame at least every so many steps: what grows is seen growing. */
const MOST_STEPS_A_FRAME = 4;
/**
 * The growth is kept as at most so many frames; where there are more, every other one goes, so that
 * the older are the sparser.
 */
const MOST_FRAMES = 60;

/** @template T @param {T[]} frames */
const thinned = (frames) =>
  frames.length <= MOST_FRAMES
    ? frames
    : frames.filter((_, place) => (frames.length - 1 - place) % 2 === 0);

/**
 * @param {Store} store
 * @param {EngineClient} client
 * @param {(problem: import('./messages.js').Problem) => void} report   for whatever is not a cancel
 *   or "no object"
 */
export function createExplanation(store, client, report) {
  /** Corrections of the cut that are under way or wait. */
  let corrections = 0;
  /** @type {() => void} */
  let resume = () => {};

  /** @param {Partial<import('./state.js').SaliencyState>} parts */
  const setSaliency = (parts) => store.set({ saliency: { ...store.state.saliency, ...parts } });
  /** @param {Partial<import('./state.js').CutState>} parts */
  const setCut = (parts) => store.set({ cut: { ...store.state.cut, ...parts } });
  /** @param {Partial<import('./state.js').ModelState>} parts */
  const setModel = (parts) => store.set({ model: { ...store.state.model, ...parts } });
  /** @param {Partial<import('./state.js').SanityState>} parts */
  const setSanity = (parts) => store.set({ sanity: { ...store.state.sanity, ...parts } });
  /** @param {Partial<import('./state.js').TopFiveState>} parts */
  const setTopFive = (parts) => store.set({ topFive: { ...store.state.topFive, ...parts } });

  /**
   * The phase after an error; the visitor is told unless it was a cancel.
   * @param {unknown} error
   * @returns {'cancelled' | 'failed'}
   */
  function ending(error) {
    const problem = problemOf(error);
    if (problem.code === 'cancelled') return 'cancelled';
    report(problem);
    return 'failed';
  }

  const maps = new Job((error) => {
    const phase = ending(error);
    if (store.state.saliency.phase === 'working') setSaliency({ phase });
    if (store.state.cut.phase === 'working') setCut({ phase });
  });
  const model = new Job((error) => setModel({ phase: ending(error) }));
  const relation = new Job((error) =>
    store.set({ relation: { ...NO_RELATION, phase: ending(error) } }),
  );
  const sanity = new Job((error) => setSanity({ phase: ending(error) }));
  const topFive = new Job((error) => setTopFive({ phase: ending(error) }));

  /**
   * @param {Target} target
   * @param {string} method
   * @param {1 | 10} views
   * @param {boolean} last
   * @param {AbortSignal} signal
   */
  async function computeSaliency(target, method, views, last, signal) {
    setSaliency({ phase: 'working', done: 0, total: views });
    /** @param {import('./messages.js').Progress} progress */
    const onProgress = ({ done, total }) => !signal.aborted && setSaliency({ done, total });
    const map = await client.call(
      'saliency',
      { target: engineTarget(target), method, views },
      { signal, onProgress },
    );
    if (!signal.aborted) setSaliency({ phase: last ? 'ready' : 'working', map });
  }

  /**
   * The map by the chosen method: one view, and where a view is a single pass the paper's ten.
   * @param {Target} target
   * @param {AbortSignal} signal
   * @param {() => Promise<void>} [meanwhile]   what is to be done after the first view
   */
  async function refineSaliency(target, signal, meanwhile) {
    const { method } = store.state.settings;
    const views = viewsOf(method);
    await computeSaliency(target, method, 1, views === 1, signal);
    await meanwhile?.();
    if (views > 1) await computeSaliency(target, method, views, true, signal);
  }

  /**
   * The paper's ten views where a view is a single pass, else one.
   * @param {string} method
   * @returns {1 | 10}
   */
  function viewsOf(method) {
    return store.state.engine.ready?.methods.find(({ id }) => id === method)?.cost === 1 ? 10 : 1;
  }

  /** @param {Target} target @param {boolean} preview @param {AbortSignal} signal */
  async function findObject(target, preview, signal) {
    const { seeds } = store.state.settings;
    const { strokes } = store.state.cut;
    /** @param {import('./messages.js').Progress} progress */
    const onProgress = ({ done, total }) =>
      !signal.aborted && setCut({ fraction: done / (total + 1) });
    try {
      const cut = preview
        ? await client.call('previewCut', { seeds }, { signal })
        : await client.call(
            'cutObject',
            { target: engineTarget(target), seeds, strokes },
            { signal, onProgress },
          );
      if (!signal.aborted) setCut({ phase: preview ? 'working' : 'ready', cut });
    } catch (error) {
      if (signal.aborted || problemOf(error).code !== 'no-object-found') throw error;
      if (!preview) setCut({ phase: 'none', cut: null });
    }
  }

  /** Map and cut. @param {Target} target */
  const runMaps = (target) =>
    maps.run(async (signal) => {
      await refineSaliency(target, signal, () => findObject(target, true, signal));
      await findObject(target, false, signal);
    });

  /** The map alone, by another method. @param {Target} target */
  const runSaliency = (target) => maps.run((signal) => refineSaliency(target, signal));

  /** The cut alone, from other seeds. @param {Target} target */
  const runCut = (target) => maps.run((signal) => findObject(target, false, signal));

  /**
   * The strokes on the cut after a correction.
   * @type {{[Name in Correction]: (strokes: Stroke[], args:
   *   Parameters<import('./messages.js').Calls[Name]>[0]) => Stroke[]}}
   */
  const strokesAfter = {
    cutRectangle: () => [],
    strokeCut: (strokes, stroke) => [...strokes, stroke],
    undoStroke: (strokes) => strokes.slice(0, -1),
    clearStrokes: () => [],
  };

  /**
   * Another cut in place of the one that is shown. Corrections wait for each other in the client's
   * queue: none is lost.
   * @template {Correction} Name
   * @param {Name} call @param {Parameters<import('./messages.js').Calls[Name]>[0]} args
   */
  async function correctCut(call, args) {
    const { signal } = maps;
    const { cut: shown, strokes: before } = store.state.cut;
    corrections++;
    setCut({
      phase: 'working',
      fraction: 0,
      correcting: true,
      strokes: strokesAfter[call](before, args),
    });
    try {
      /** @param {import('./messages.js').Progress} progress */
      const onProgress = ({ done, total }) => !signal.aborted && setCut({ fraction: done / total });
      const cut = await client.call(call, args, { signal, onProgress });
      corrections--;
      if (!signal.aborted)
        setCut({ phase: corrections > 0 ? 'working' : 'ready', cut, correcting: corrections > 0 });
    } catch (error) {
      corrections--;
      if (signal.aborted) return;
      const none = problemOf(error).code === 'no-object-found';
      if (call === 'strokeCut' && !none)
        // It was refused
        setCut({ strokes: store.state.cut.strokes.filter((stroke) => stroke !== args) });
      setCut({
        phase: none ? 'none' : ending(error),
        cut: none ? null : shown,
        correcting: corrections > 0,
      });
    }
  }

  /** @param {Target} target */
  const runRelation = (target) =>
    relation.run(async (signal) => {
      store.set({ relation: { ...NO_RELATION, phase: 'working' } });
      const result = await client.call('relation', { target: engineTarget(target) }, { signal });
      if (!signal.aborted) store.set({ relation: { phase: 'ready', relation: result } });
    });

  /** @param {Target} target */
  const runSanityCheck = (target) =>
    sanity.run(async (signal) => {
      const { method } = store.state.settings;
      store.set({ sanity: { ...NO_SANITY, phase: 'working', method } });
      const { layers, original } = await client.call(
        'startSanityCheck',
        { target: engineTarget(target), method },
        { signal },
      );
      if (signal.aborted) return;
      setSanity({ layers, original });
      for (;;) {
        const step = await client.call('stepSanityCheck', {}, { signal });
        if (signal.aborted) return;
        if (!step) break;
        setSanity({ steps: [...store.state.sanity.steps, step] });
      }
      setSanity({ phase: 'ready' });
    });

  /** @param {Float32Array} probabilities */
  const runTopFive = (probabilities) =>
    topFive.run(async (signal) => {
      setTopFive({ ...NO_TOP_FIVE, phase: 'working' });
      const { seeds, method } = store.state.settings;
      for (const classIndex of likeliest(probabilities, 5)) {
        const cut = await client
          .call('locate', { classIndex, seeds, method, views: viewsOf(method) }, { signal })
          .catch((error) => {
            if (problemOf(error).code === 'no-object-found') return null;
            throw error;
          });
        if (signal.aborted) return;
        setTopFive({ located: [...store.state.topFive.located, { classIndex, cut }] });
      }
      setTopFive({ phase: 'ready' });
    });

  /** @param {Target} target @param {AbortSignal} signal */
  async function growModel(target, signal) {
    const { recipe: id, seed, side, start } = store.state.settings;
    const recipe = store.state.engine.ready?.recipes.find((one) => one.id === id);
    if (!recipe) return;
    store.set({ model: { ...NO_MODEL, phase: 'running', steps: recipe.steps } });
    await client.call(
      'startModel',
      {
        model: 'card',
        target: engineTarget(target),
        recipe: id,
        seed,
        steps: recipe.steps,
        side: side ?? undefined,
        start: start ?? undefined,
      },
      { signal },
    );
    let began = performance.now();
    for (let step = 0, atOnce = 1, pace = 0; step < recipe.steps;) {
      if (store.state.model.phase === 'paused') {
        await new Promise(
          (go) => ((resume = () => go(null)), signal.addEventListener('abort', go)),
        );
        began = performance.now();
      }
      const result = await client.call('stepModel', { model: 'card', steps: atOnce }, { signal });
      if (signal.aborted) return;
      atOnce = Math.round(
        Math.min(
          MOST_STEPS_A_FRAME,
          2 * atOnce,
          Math.max(1, (STEPS_MS * result.steps) / result.milliseconds),
        ),
      );
      // As the visitor sees it, with whatever the other cards take; smoothed.
      const now = performance.now();
      const latest = ((result.step - step) * 1000) / Math.max(1, now - began);
      pace = pace === 0 ? latest : 0.8 * pace + 0.2 * latest;
      began = now;
      step = result.step;
      const { score, probability, frame } = result;
      const { curve, frames } = store.state.model;
      setModel({
        frame,
        pace,
        frames: thinned([...frames, frame]),
        curve: [...curve, { step, score, probability }],
      });
    }
    setModel({ phase: 'done' });
  }

  /** @param {Target} target */
  const runModel = (target) => model.run((signal) => growModel(target, signal));

  function stopAnalyses() {
    relation.stop();
    sanity.stop();
  }

  const running = {
    /**
     * Shows everything about a class, or a neuron; whatever was under way for another one is
     * dropped.
     * @param {Target} target
     */
    explain(target) {
      maps.stop();
      model.stop();
      stopAnalyses();
      store.set({
        target,
        saliency: { ...NO_SALIENCY, phase: 'working', total: 1 },
        cut: { ...NO_CUT, phase: 'working' },
        cutTool: null,
        relation: NO_RELATION,
        sanity: NO_SANITY,
      });
      runModel(target); // first, so that its first step comes before the preview of the cut
      runMaps(target);
    },

    /**
     * The map by the method that the settings now say. Where the cut is still on its way, it comes
     * anew with the map.
     */
    changeMethod() {
      const { target, cut } = store.state;
      if (target === null) return;
      maps.stop();
      setSaliency({ phase: 'working', done: 0, map: null }); // no map stands under another method's name
      if (cut.phase === 'working' || store.state.settings.seeds === 'map') {
        setCut({ phase: 'working', fraction: 0, correcting: false, cut: null }); // nor a cut
        runMaps(target);
      } else runSaliency(target);
    },

    /** The cut from the seeds that the settings now say, with the strokes that it has. */
    changeSeeds() {
      const { target, saliency } = store.state;
      if (target === null) return;
      maps.stop();
      setCut({ phase: 'working', fraction: 0, correcting: false, cut: null }); // no cut stands under other seeds' name
      if (saliency.phase === 'ready') runCut(target);
      else runMaps(target);
    },

    correctCut,

    compareRules() {
      if (store.state.target === null) return;
      runRelation(store.state.target);
    },

    locateTopFive() {
      const { probabilities } = store.state;
      if (!probabilities) return;
      runTopFive(probabilities);
    },

    checkSanity() {
      if (store.state.target === null) return;
      runSanityCheck(store.state.target);
    },

    /** Back to no class at all, for another photo. */
    clear() {
      maps.stop();
      model.stop();
      stopAnalyses();
      topFive.stop();
      store.set({
        topFive: NO_TOP_FIVE,
        target: null,
        saliency: NO_SALIENCY,
        model: NO_MODEL,
        cut: NO_CUT,
        cutTool: null,
        relation: NO_RELATION,
        sanity: NO_SANITY,
      });
    },

    /** Stops everything and keeps what there is. */
    cancel() {
      const { saliency, cut, relation: comparison, sanity: check, topFive: five } = store.state;
      maps.stop();
      stopAnalyses();
      topFive.stop();
      if (comparison.phase === 'working')
        store.set({ relation: { ...comparison, phase: 'cancelled' } });
      if (check.phase === 'working') setSanity({ phase: 'cancelled' });
      if (five.phase === 'working') setTopFive({ phase: 'cancelled' });
      if (saliency.phase === 'working') setSaliency({ phase: 'cancelled' });
      if (cut.phase === 'working') setCut({ phase: 'cancelled', correcting: false });
      running.cancelModel();
    },

    startModel() {
      if (store.state.target === null) return;
      runModel(store.state.target);
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
      model.stop();
      setModel({ phase: 'cancelled' });
      // Where the worker is gone, so is the run
      client.call('endModel', { model: 'card' }).catch(() => {});
    },
  };
  return running;
}
