// The class model growing, with its controls and its score curve.

import { clear, drawModelFrame } from '../canvas/surface.js';
import { h, setAttribute, setText } from '../dom.js';
import { card as cardWords, model as words, percent, scoreText } from '../strings/en.js';
import { SIDES } from '../url_state.js';
import { targetName, makeCard } from './card.js';

const SVG = 'http://www.w3.org/2000/svg';
const CURVE = { width: 200, height: 40 };

/**
 * @param {import('../state.js').Store} store
 * @param {object} actions
 * @param {() => void} actions.startModel
 * @param {() => void} actions.pauseModel
 * @param {() => void} actions.resumeModel
 * @param {() => void} actions.cancelModel
 * @param {(parts: Partial<import('../state.js').Settings>) => void} actions.changeModel   settings
 *   of class models; starts the model again
 * @param {(what: string) => void} actions.save
 */
export function makeModelCard(store, actions) {
  const canvas = h('canvas', { class: 'layer' });
  const recipe = h('select', {
    id: 'recipe',
    on: { change: () => actions.changeModel({ recipe: recipe.value }) },
  });
  const side = h('select', {
    id: 'model-side',
    on: { change: () => actions.changeModel({ side: Number(side.value) || null }) },
  });
  const starts = /** @type {const} */ (['', 'zero', 'noise', 'photo']);
  const start = h(
    'select',
    {
      id: 'model-start',
      on: {
        change: () =>
          actions.changeModel({
            start: starts.find((name) => name !== '' && name === start.value) || null,
          }),
      },
    },
    ...starts.map((name) => h('option', { value: name }, words.starts[name])),
  );

  // One button that goes from start to pause to resume keeps the focus where it is.
  const main = h(
    'button',
    { type: 'button', class: 'main', disabled: true, on: { click: () => mainAction() } },
    words.start,
  );
  const cancel = h(
    'button',
    { type: 'button', disabled: true, on: { click: actions.cancelModel } },
    words.cancel,
  );
  const otherSeed = h(
    'button',
    {
      type: 'button',
      disabled: true,
      title: words.otherSeedHint,
      on: {
        click: () => actions.changeModel({ seed: crypto.getRandomValues(new Uint32Array(1))[0] }),
      },
    },
    words.otherSeed,
  );

  // No outputs: these are read out at every change.
  const score = h('span', { class: 'figure', id: 'model-score' });
  const probability = h('span', { class: 'figure', id: 'model-probability' });
  const curve = document.createElementNS(SVG, 'svg');
  const hint = document.createElementNS(SVG, 'title');
  hint.textContent = words.curveHint;
  const line = document.createElementNS(SVG, 'polyline');
  const posterior = document.createElementNS(SVG, 'polyline');
  posterior.setAttribute('class', 'posterior');
  curve.append(hint, posterior, line);
  curve.setAttribute('class', 'curve');
  curve.setAttribute('viewBox', `-2 -2 ${CURVE.width + 4} ${CURVE.height + 4}`);
  curve.setAttribute('preserveAspectRatio', 'none');
  curve.setAttribute('role', 'img');

  const view = makeCard({
    id: 'model',
    text: words,
    layers: [canvas],
    controls: [
      h('div', { class: 'buttons' }, main, cancel, otherSeed),
      h('div', { class: 'field' }, h('label', { for: 'recipe' }, words.recipe), recipe),
      h('div', { class: 'field' }, h('label', { for: 'model-start' }, words.from), start),
      h('div', { class: 'field' }, h('label', { for: 'model-side' }, words.side), side),
      h(
        'div',
        { class: 'readings' },
        h('div', { class: 'reading' }, h('span', {}, words.score), score),
        h('div', { class: 'reading' }, h('span', {}, words.probability), probability),
        curve,
      ),
    ],
    saves: [
      { label: words.save, hint: words.saveHint, save: () => actions.save('model') },
      { label: words.saveGrowth, hint: words.saveGrowthHint, save: () => actions.save('growth') },
    ],
  });

  function mainAction() {
    const { phase } = store.state.model;
    if (phase === 'running') actions.pauseModel();
    else if (phase === 'paused') actions.resumeModel();
    else actions.startModel();
  }

  store.watch(['engine', 'settings'], ({ engine, settings }) => {
    const recipes = engine.ready?.recipes ?? [];
    if (recipe.length !== recipes.length)
      recipe.replaceChildren(...recipes.map(({ id, title }) => h('option', { value: id }, title)));
    recipe.value = settings.recipe;
    start.value = settings.start ?? '';
    for (const menu of [recipe, side, start]) menu.disabled = recipes.length === 0;
    const used = recipes.find(({ id }) => id === settings.recipe);
    if (!used) return;
    const sides = [...SIDES, used.side].sort((a, b) => a - b);
    if (sides.join() !== [...side.options].map(({ text }) => Number.parseInt(text, 10)).join()) {
      side.replaceChildren(
        ...sides.map((pixels) =>
          h(
            'option',
            { value: pixels === used.side ? '' : String(pixels) },
            words.sideName(pixels),
          ),
        ),
      );
    }
    side.value = settings.side === null || settings.side === used.side ? '' : String(settings.side);
    view.describe(words.caption, `${words.formula} ${words.about(used)}`);
  });

  /** @type {unknown} */
  let drawn = null;

  store.watch(['model', 'target', 'photo', 'engine', 'example'], (state) => {
    const { phase, steps, curve: points, frame } = state.model;
    const last = points.at(-1);
    const busy = phase === 'running' || phase === 'paused';

    if (frame && frame !== drawn) drawModelFrame(canvas, frame);
    if (!frame && drawn) clear(canvas);
    drawn = frame;

    setText(
      main,
      {
        running: words.pause,
        paused: words.resume,
        idle: words.start,
        done: words.again,
        cancelled: words.again,
        failed: words.again,
      }[phase],
    );
    main.disabled = state.target === null;
    cancel.disabled = !busy;
    otherSeed.disabled = state.target === null;

    setText(score, last ? scoreText(last.score) : '–');
    setText(probability, last?.probability === undefined ? '–' : percent(last.probability));
    drawCurve(
      line,
      points.map(({ step, score: value }) => ({ step, value })),
      steps,
    );
    drawCurve(
      posterior,
      last?.probability === undefined
        ? []
        : points.map(({ step, probability: value = 0 }) => ({ step, value })),
      steps,
      1,
    );
    setAttribute(curve, 'aria-label', last ? words.curve(points[0].score, last.score) : null);
    setAttribute(curve, 'aria-hidden', last ? null : 'true');

    view.show({
      className: targetName(state),
      state: stateText(state),
      fraction: busy ? (last?.step ?? 0) / steps : null,
      note: state.target === null ? words.alone : null,
      empty: !frame,
      alt: last ? words.alt(targetName(state), last.step, last.score) : null,
      savable: frame !== null,
      example: state.photo ? null : state.example,
    });
  });

  return view.element;
}

/** @param {import('../state.js').State} state */
function stateText({ target, model: { phase, steps, curve, pace } }) {
  const step = curve.at(-1)?.step ?? 0;
  if (target === null) return '';
  if (phase === 'running')
    return step === 0 ? cardWords.waiting : `${words.step(step, steps)}, ${words.pace(pace)}`;
  if (phase === 'paused') return words.paused(step, steps);
  if (phase === 'done') return words.done(steps);
  if (phase === 'cancelled') return cardWords.cancelled;
  return phase === 'failed' ? cardWords.failed : '';
}

/**
 * Values over the steps; the whole width is the whole run.
 * @param {SVGPolylineElement} line
 * @param {{step: number, value: number}[]} points
 * @param {number} steps
 * @param {number} [highest]   the value at the top; the largest when left out
 */
function drawCurve(line, points, steps, highest) {
  const values = points.map(({ value }) => value);
  const least = Math.min(0, ...values);
  const span = Math.max(1e-6, (highest ?? Math.max(...values)) - least);
  const corners = points.map(({ step, value }) => {
    const x = (step / Math.max(1, steps)) * CURVE.width;
    return `${x.toFixed(1)},${(CURVE.height * (1 - (value - least) / span)).toFixed(1)}`;
  });
  line.setAttribute('points', corners.join(' '));
}
