// The class model growing, with its controls and its score curve.

import { clear, drawModelFrame } from '../canvas_layers.js';
import { h, setAttribute, setText } from '../dom.js';
import { card as cardWords, model as words, percent, scoreText } from '../strings/en.js';
import { chosenName, makeCard } from './card.js';

const SVG = 'http://www.w3.org/2000/svg';
const CURVE = { width: 200, height: 40 };

/**
 * @param {import('../state.js').Store} store
 * @param {object} actions
 * @param {() => void} actions.startModel
 * @param {() => void} actions.pauseModel
 * @param {() => void} actions.resumeModel
 * @param {() => void} actions.cancelModel
 * @param {(recipe: string) => void} actions.chooseRecipe
 * @param {(what: string) => void} actions.save
 */
export function makeModelCard(store, actions) {
  const canvas = h('canvas', { class: 'layer' });
  const recipe = h('select', { id: 'recipe', on: { change: () => actions.chooseRecipe(recipe.value) } });

  // One button that goes from start to pause to resume keeps the focus where it is.
  const main = h('button', { type: 'button', class: 'main', disabled: true, on: { click: () => mainAction() } }, words.start);
  const cancel = h('button', { type: 'button', disabled: true, on: { click: actions.cancelModel } }, words.cancel);

  const score = h('output', { class: 'figure', id: 'model-score' });
  const probability = h('output', { class: 'figure', id: 'model-probability' });
  const curve = document.createElementNS(SVG, 'svg');
  const line = document.createElementNS(SVG, 'polyline');
  curve.append(line);
  curve.setAttribute('class', 'curve');
  curve.setAttribute('viewBox', `-2 -2 ${CURVE.width + 4} ${CURVE.height + 4}`);
  curve.setAttribute('preserveAspectRatio', 'none');
  curve.setAttribute('role', 'img');

  const view = makeCard({
    id: 'model',
    text: words,
    layers: [canvas],
    controls: [
      h('div', { class: 'buttons' }, main, cancel),
      h('div', { class: 'field' }, h('label', { for: 'recipe' }, words.recipe), recipe),
      h(
        'div',
        { class: 'readings' },
        h('div', { class: 'reading' }, h('span', {}, words.score), score),
        h('div', { class: 'reading' }, h('span', {}, words.probability), probability),
        curve,
      ),
    ],
    saves: [{ label: words.save, hint: words.saveHint, save: () => actions.save('model') }],
  });

  function mainAction() {
    const { phase } = store.state.model;
    if (phase === 'running') actions.pauseModel();
    else if (phase === 'paused') actions.resumeModel();
    else actions.startModel();
  }

  store.watch(['engine', 'settings'], ({ engine, settings }) => {
    const recipes = engine.ready?.recipes ?? [];
    if (recipe.length !== recipes.length) recipe.replaceChildren(...recipes.map(({ id, title }) => h('option', { value: id }, title)));
    recipe.value = settings.recipe;
    recipe.disabled = recipes.length === 0;
  });

  /** @type {unknown} */
  let drawn = null;

  store.watch(['model', 'chosen', 'photo', 'engine'], (state) => {
    const { phase, steps, curve: points, frame } = state.model;
    const last = points.at(-1);
    const busy = phase === 'running' || phase === 'paused';

    if (frame && frame !== drawn) drawModelFrame(canvas, frame);
    if (!frame && drawn) clear(canvas);
    drawn = frame;

    setText(main, { running: words.pause, paused: words.resume, idle: words.start, done: words.again, cancelled: words.again, failed: words.again }[phase]);
    main.disabled = state.chosen === null;
    cancel.disabled = !busy;

    setText(score, last ? scoreText(last.score) : '–');
    setText(probability, last?.probability === undefined ? '–' : percent(last.probability));
    drawCurve(line, points, steps);
    setAttribute(curve, 'aria-label', last ? words.curve(points[0].score, last.score) : null);
    setAttribute(curve, 'aria-hidden', last ? null : 'true');

    view.show({
      className: chosenName(state),
      state: stateText(state),
      part: busy ? (last?.step ?? 0) / steps : null,
      note: state.chosen === null ? words.alone : null,
      empty: !frame,
      alt: last ? words.alt(chosenName(state), last.step, last.score) : null,
      savable: frame !== null,
    });
  });

  return view.element;
}

/** @param {import('../state.js').State} state */
function stateText({ photo, chosen, model: { phase, steps, curve } }) {
  const step = curve.at(-1)?.step ?? 0;
  if (chosen === null) return photo ? cardWords.needsClass : '';
  if (phase === 'running') return step === 0 ? cardWords.waiting : words.step(step, steps);
  if (phase === 'paused') return words.paused(step, steps);
  if (phase === 'done') return words.done(steps);
  if (phase === 'cancelled') return cardWords.cancelled;
  return phase === 'failed' ? cardWords.failed : '';
}

/** The score over the steps; the whole width is the whole run. @param {SVGPolylineElement} line @param {{step: number, score: number}[]} points @param {number} steps */
function drawCurve(line, points, steps) {
  const scores = points.map(({ score }) => score);
  const least = Math.min(0, ...scores);
  const span = Math.max(1e-6, Math.max(...scores) - least);
  const places = points.map(({ step, score }) => {
    const x = (step / Math.max(1, steps)) * CURVE.width;
    return `${x.toFixed(1)},${(CURVE.height * (1 - (score - least) / span)).toFixed(1)}`;
  });
  line.setAttribute('points', places.join(' '));
}
