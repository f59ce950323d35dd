// The paper's challenge entry: for each of the five likeliest classes its own mask and box.

import { drawCut, drawPhoto } from '../canvas_layers.js';
import { h, setText } from '../dom.js';
import { card as cardWords, percent, shortName, topFive as words } from '../strings/en.js';
import { coloursOf } from './cut_card.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{locateTopFive: () => void, choose: (chosen: import('../chosen.js').Chosen) => void, save: (what: string) => void}} actions
 */
export function makeTopFivePanel(store, actions) {
  const state = h('p', { class: 'card-state' });
  const run = h('button', { type: 'button', class: 'main', disabled: true, on: { click: actions.locateTopFive } }, words.run);
  const row = h('ol', { class: 'strip five', hidden: true });
  const save = h('button', { type: 'button', class: 'quiet', disabled: true, title: words.saveHint, 'aria-label': words.saveHint, on: { click: () => actions.save('topFive') } }, words.save);
  const element = h(
    'section',
    { class: 'insight', id: 'top-five', 'aria-labelledby': 'top-five-heading' },
    h('header', { class: 'card-head' }, h('h2', { id: 'top-five-heading' }, words.heading), state),
    h('div', { class: 'insight-intro' }, h('p', {}, words.caption), run),
    row,
    h('div', { class: 'saves' }, h('span', { class: 'saves-label', 'aria-hidden': 'true' }, cardWords.save), save),
  );

  store.watch(['photo', 'probabilities', 'topFive', 'engine'], ({ photo, probabilities, topFive: { phase, located }, engine }) => {
    const labels = engine.ready?.network.classes;
    run.disabled = !probabilities; // while it works it keeps the focus, and starts over
    save.disabled = located.length === 0;
    setText(state, { working: words.step(located.length), cancelled: cardWords.cancelled, failed: cardWords.failed, idle: '', ready: '' }[phase]);
    row.hidden = located.length === 0;
    if (located.length < row.children.length) row.replaceChildren();
    if (!photo || !labels) return;
    for (const { classIndex, cut } of located.slice(row.children.length)) {
      const name = shortName(labels[classIndex]);
      const canvas = h('canvas', { role: 'img', 'aria-label': cut ? words.alt(name, cut.box) : words.noneAlt(name) });
      if (cut) drawCut(canvas, photo.bitmap, cut, 'both', coloursOf(element));
      else drawPhoto(canvas, photo.bitmap);
      row.append(
        h(
          'li',
          {},
          canvas,
          h('button', { type: 'button', class: 'quiet', on: { click: () => actions.choose(classIndex) } }, name),
          h('span', { class: 'strip-layer' }, percent(probabilities?.[classIndex] ?? 0)),
          h('span', { class: 'strip-layer' }, cut ? words.box(cut.box) : words.none),
        ),
      );
    }
  });

  return element;
}
