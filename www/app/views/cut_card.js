// The object: its outline over the photo, cut out, or in its box.

import { clear, drawCut, drawPhoto } from '../canvas_layers.js';
import { h, setText } from '../dom.js';
import { card as cardWords, cut as words, percent } from '../strings/en.js';
import { chosenName, makeCard } from './card.js';
import { makeCutTools } from './cut_tools.js';

/** @typedef {import('../state.js').State} State */

const VIEWS = /** @type {const} */ (['outline', 'cutout', 'box']);

/**
 * @param {import('../state.js').Store} store
 * @param {{save: (what: string) => void, correctCut: import('./cut_tools.js').CorrectCut}} actions
 */
export function makeCutCard(store, actions) {
  const canvas = h('canvas', { class: 'layer' });
  const radios = VIEWS.map((name) =>
    h('input', { type: 'radio', name: 'cut-view', id: `cut-view-${name}`, value: name, on: { change: () => store.set({ cutView: name }) } }),
  );
  const box = h('output', { class: 'figure', id: 'cut-box' });
  const share = h('output', { class: 'figure', id: 'cut-share' });

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
        ...radios.flatMap((radio, i) => [radio, h('label', { for: radio.id }, words.views[VIEWS[i]])]),
      ),
      tools.bar,
      h(
        'div',
        { class: 'readings pair' },
        h('div', { class: 'reading' }, h('span', {}, words.boxLabel), box),
        h('div', { class: 'reading' }, h('span', {}, words.shareLabel), share),
      ),
    ],
    saves: [
      { label: words.saveMask, hint: words.saveMaskHint, save: () => actions.save('mask') },
      { label: words.saveCutout, hint: words.saveCutoutHint, save: () => actions.save('cutout') },
      { label: words.saveJson, hint: words.saveJsonHint, save: () => actions.save('json') },
    ],
  });

  function draw() {
    const { photo, chosen, cut, cutView } = store.state;
    if (!photo || chosen === null) clear(canvas);
    else if (cut.cut) drawCut(canvas, photo.bitmap, cut.cut, cutView, coloursOf(canvas));
    else drawPhoto(canvas, photo.bitmap);
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  store.watch(['photo', 'chosen', 'cut', 'cutView'], draw);

  store.watch(['photo', 'chosen', 'cut', 'cutView', 'cutTool', 'engine'], (state) => {
    const { phase, part, cut } = state.cut;
    for (const radio of radios) {
      radio.checked = radio.value === state.cutView;
      radio.disabled = !cut;
    }
    setText(box, cut ? words.box(cut.box) : '–');
    setText(share, cut ? percent(cut.share) : '–');
    view.show({
      className: chosenName(state),
      state: stateText(state),
      part: phase === 'working' ? part : null,
      note: state.chosen === null ? words.alone : phase === 'none' && state.cutTool === null ? words.none : null,
      empty: state.chosen === null,
      alt: cut ? words.alt(chosenName(state), cut.box, cut.share) : null,
      savable: phase === 'ready' && cut !== null,
    });
    view.mat.classList.toggle('dimmed', phase === 'none' && state.cutTool === null);
  });

  return view.element;
}

/** @param {State} state */
function stateText({ photo, chosen, cut: { phase, correcting, cut } }) {
  if (chosen === null) return photo ? cardWords.needsClass : '';
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
    checker: /** @type {[string, string]} */ ([colour('--checker-light'), colour('--checker-dark')]),
  };
}
