// Ten class models side by side, and one of them at full size.

import { drawModelFrame } from '../canvas/surface.js';
import { h, setAttribute, setText } from '../dom.js';
import { saveModelFrame } from '../downloads.js';
import { GALLERY_SIZE } from '../jobs/gallery.js';
import { gallery as words, model as modelWords, percent, shortName } from '../strings/en.js';
import { makeAnalysisPanel } from './analysis_panel.js';

/** @param {number | undefined} probability */
const percentOf = (probability) => (probability === undefined ? '–' : percent(probability));

/**
 * @param {import('../state.js').Store} store
 * @param {object} actions
 * @param {(surprise: boolean) => void} actions.growGallery
 * @param {() => void} actions.stopGallery
 * @param {(error: unknown) => void} actions.report
 */
export function makeGalleryPanel(store, actions) {
  const tiles = Array.from({ length: GALLERY_SIZE }, (_, i) => {
    const canvas = h('canvas', {});
    const name = h('span', { class: 'gallery-name' });
    const reading = h('span', { class: 'strip-layer' });
    const button = h(
      'button',
      { type: 'button', class: 'gallery-place', disabled: true, on: { click: () => open(i) } },
      canvas,
      name,
      reading,
    );
    return { canvas, name, reading, button, item: h('li', {}, button) };
  });
  const list = h('ol', { class: 'gallery', hidden: true }, ...tiles.map(({ item }) => item));

  const large = h('canvas', { role: 'img' });
  const title = h('h3', { id: 'gallery-title' });
  const figures = h('p', { class: 'card-state' });
  const save = h(
    'button',
    {
      type: 'button',
      title: modelWords.saveHint,
      on: { click: () => savePicture().catch(actions.report) },
    },
    words.save,
  );
  const close = h(
    'button',
    { type: 'button', class: 'main', on: { click: () => dialog.close() } },
    words.close,
  );
  const dialog = h(
    'dialog',
    { class: 'gallery-dialog', 'aria-labelledby': 'gallery-title' },
    title,
    figures,
    large,
    h('div', { class: 'buttons' }, save, close),
  );
  // A click beside the dialog closes it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());

  const surprise = h(
    'button',
    { type: 'button', title: words.surpriseHint, on: { click: () => actions.growGallery(true) } },
    words.surprise,
  );
  const stop = h('button', { type: 'button', on: { click: actions.stopGallery } }, words.stop);
  const panel = makeAnalysisPanel({
    id: 'gallery',
    text: words,
    start: () => actions.growGallery(false),
    content: [h('div', { class: 'gallery-more' }, surprise, stop), list, dialog],
  });

  let opened = 0;
  /** @param {number} i */
  function open(i) {
    opened = i;
    show();
    dialog.showModal();
  }

  async function savePicture() {
    const { classIndex, frame } = store.state.gallery.models[opened];
    if (frame) await saveModelFrame(frame, `deep-inside-class-${classIndex}-class-model`);
  }

  /** @type {unknown[]} */
  const drawn = [];

  function show() {
    const { engine, gallery } = store.state;
    const { phase, models } = gallery;
    const labels = engine.ready?.network.classes ?? [];
    const nameOf = (/** @type {number} */ index) => shortName(labels[index] ?? '');
    const least = models.find(({ step }) => models.every((other) => step <= other.step));
    panel.show({
      phase,
      possible: engine.ready !== null,
      className: null,
      progress: least ? words.step(least.step, least.steps) : '',
      rest: '',
    });
    surprise.disabled = engine.ready === null;
    stop.disabled = phase !== 'working';
    list.hidden = models.length === 0;
    for (const [i, { classIndex, step, probability, frame }] of models.entries()) {
      const { canvas, name, reading, button } = tiles[i];
      setText(name, nameOf(classIndex));
      setText(reading, percentOf(probability));
      button.disabled = frame === null;
      setAttribute(canvas, 'role', 'img');
      setAttribute(canvas, 'aria-label', words.alt(nameOf(classIndex), step));
      if (frame && frame !== drawn[i]) drawModelFrame(canvas, frame);
      if (!frame && drawn[i]) canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
      drawn[i] = frame;
    }
    const model = models[opened];
    if (!model?.frame) return;
    setText(title, nameOf(model.classIndex));
    setText(figures, `${words.step(model.step, model.steps)}, ${percentOf(model.probability)}`);
    setAttribute(large, 'aria-label', words.alt(nameOf(model.classIndex), model.step));
    drawModelFrame(large, model.frame);
  }
  store.watch(['gallery', 'engine'], show);

  return panel.element;
}
