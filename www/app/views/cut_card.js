// The object: its outline over the photo, cut out, in its box, or what seeded it.

import { drawCut } from '../canvas/cuts.js';
import { clear, drawPhoto } from '../canvas/surface.js';
import { h, setText } from '../dom.js';
import { card as cardWords, cut as words, percent } from '../strings/en.js';
import { targetName, makeCard } from './card.js';
import { SEEDS } from '../url_state.js';
import { makeCutTools } from './cut_tools.js';

/** @typedef {import('../state.js').State} State */

const VIEWS = /** @type {const} */ (['outline', 'cutout', 'box', 'seeds']);

/**
 * @param {import('../state.js').Store} store
 * @param {{save: (what: string) => void, chooseSeeds: (seeds: import('../messages.js').Seeds) =>
 *   void, correctCut: import('./tool_layer.js').CorrectCut}} actions
 */
export function makeCutCard(store, actions) {
  const canvas = h('canvas', { class: 'layer' });
  const radios = VIEWS.map((name) =>
    h('input', {
      type: 'radio',
      name: 'cut-view',
      id: `cut-view-${name}`,
      value: name,
      on: { change: () => store.set({ cutView: name }) },
    }),
  );
  const box = h('output', { class: 'figure', id: 'cut-box' });
  const fraction = h('output', { class: 'figure', id: 'cut-share' });

  const seeds = h(
    'select',
    {
      id: 'seeds',
      on: {
        change: () =>
          actions.chooseSeeds(/** @type {import('../messages.js').Seeds} */ (seeds.value)),
      },
    },
    ...SEEDS.map((name) => h('option', { value: name }, words.seedsFrom[name])),
  );

  const tools = makeCutTools(store, actions.correctCut);

  const view = makeCard({
    id: 'cut',
    text: words,
    layers: [canvas, tools.layer],
    controls: [
      h(
        'fieldset',
        { class: 'segments' },
        h('legend', { class: 'hidden' }, words.view),
        ...radios.flatMap((radio, i) => [
          radio,
          h('label', { for: radio.id }, words.views[VIEWS[i]]),
        ]),
      ),
      h('div', { class: 'field' }, h('label', { for: 'seeds' }, words.seeds), seeds),
      tools.bar,
      h(
        'div',
        { class: 'readings pair' },
        h('div', { class: 'reading' }, h('span', {}, words.boxLabel), box),
        h('div', { class: 'reading' }, h('span', {}, words.fractionLabel), fraction),
      ),
    ],
    saves: [
      { label: words.saveMask, hint: words.saveMaskHint, save: () => actions.save('mask') },
      { label: words.saveCutout, hint: words.saveCutoutHint, save: () => actions.save('cutout') },
      { label: words.saveJson, hint: words.saveJsonHint, save: () => actions.save('json') },
    ],
  });

  /** What is drawn. @type {unknown[]} */
  let drawn = [];

  function draw() {
    const { photo, target, cut, cutView } = store.state;
    const wanted = [photo, target, cut.cut, cutView];
    // Progress changes nothing, and a picture of the canvas takes megabytes.
    if (wanted.every((part, i) => part === drawn[i])) return;
    drawn = wanted;
    if (!photo || target === null) clear(canvas);
    else if (cut.cut) drawCut(canvas, photo.bitmap, cut.cut, cutView, coloursOf(canvas));
    else drawPhoto(canvas, photo.bitmap);
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    drawn = []; // the colours are others
    draw();
  });
  store.watch(['photo', 'target', 'cut', 'cutView'], draw);

  store.watch(
    ['photo', 'target', 'cut', 'cutView', 'cutTool', 'engine', 'settings', 'example'],
    (state) => {
      const { phase, fraction: progress, cut } = state.cut;
      seeds.value = state.settings.seeds;
      view.describe(captionOf(state), words.formula);
      for (const radio of radios) {
        radio.checked = radio.value === state.cutView;
        radio.disabled = !cut;
      }
      setText(box, cut ? words.box(cut.box) : '–');
      setText(fraction, cut ? percent(cut.share) : '–');
      view.show({
        className: targetName(state),
        state: stateText(state),
        fraction: phase === 'working' ? progress : null,
        note: noteOf(state),
        empty: state.target === null,
        alt: cut ? words.alt(targetName(state), cut.box, cut.share) : null,
        savable: phase === 'ready' && cut !== null,
        example: state.photo ? null : state.example,
      });
      view.stage.classList.toggle('dimmed', phase === 'none' && state.cutTool === null);
    },
  );

  return view.element;
}

/** A sentence on the stage, or null. @param {State} state */
function noteOf({ target, cut: { phase, strokes }, cutTool }) {
  if (target === null) return words.alone;
  if (phase !== 'none' || cutTool !== null) return null;
  return strokes.length > 0 ? words.nothingLeft : words.none;
}

/** What seeded the cut that is shown, or that none is left. @param {State} state */
function captionOf({ engine, cut: { phase, strokes, cut }, cutView }) {
  if (phase === 'none' && strokes.length > 0) return words.nothingLeft;
  if (!cut) return words.caption;
  const legend = cutView === 'seeds' ? words.seedsLegend : words.afterOrigin;
  return `${originOf(cut.made, engine)} ${legend}`;
}

/**
 * What seeded a cut, in words.
 * @param {import('../messages.js').CutOrigin} made
 * @param {import('../state.js').EngineState} engine
 */
export function originOf(made, { ready }) {
  if ('rectangle' in made) return words.fromRectangle;
  const title = ready?.methods.find(({ id }) => id === made.method)?.title ?? made.method;
  return words.fromMap(title, made.views, made.foregroundQuantile, made.backgroundQuantile);
}

/** @param {State} state */
function stateText({ target, cut: { phase, correcting, cut } }) {
  if (target === null) return '';
  if (correcting) return words.correcting;
  if (phase === 'working') return cut ? words.preview : cardWords.waiting;
  if (phase === 'none') return words.noneState;
  if (phase === 'cancelled') return cardWords.cancelled;
  return phase === 'failed' ? cardWords.failed : '';
}

/** The page's colours for what is drawn on the photo. @param {HTMLElement} element */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    accent: colour('--on-photo'),
    shade: colour('--shade'),
    checker: /** @type {[string, string]} */ ([
      colour('--checker-light'),
      colour('--checker-dark'),
    ]),
  };
}
