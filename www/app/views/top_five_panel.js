// The paper's challenge entry: for each of the five likeliest classes its own mask and box.

import { agreement } from '../box_agreement.js';
import { drawCut } from '../canvas/cuts.js';
import { drawPhoto } from '../canvas/surface.js';
import { h, setText } from '../dom.js';
import { card as cardWords, percent, shortName, topFive as words } from '../strings/en.js';
import { coloursOf, originOf } from './cut_card.js';
import { makeAnalysisPanel } from './analysis_panel.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{locateTopFive: () => void, choose: (target: import('../target.js').Target) => void,
 *   save: (what: string) => void}} actions
 */
export function makeTopFivePanel(store, actions) {
  const origin = h('p', { class: 'pictures-about', hidden: true });
  const conclusion = h('p', { class: 'pictures-about', role: 'status', hidden: true });
  const row = h('ol', { class: 'strip five', hidden: true });
  const save = h(
    'button',
    {
      type: 'button',
      class: 'quiet',
      disabled: true,
      title: words.saveHint,
      'aria-label': words.saveHint,
      on: { click: () => actions.save('topFive') },
    },
    words.save,
  );
  const saves = h(
    'div',
    { class: 'saves' },
    h('span', { class: 'saves-label', 'aria-hidden': 'true' }, cardWords.save),
    save,
  );
  const panel = makeAnalysisPanel({
    id: 'top-five',
    text: words,
    start: actions.locateTopFive,
    content: [origin, conclusion, row, saves],
  });

  /** @param {import('../state.js').State} state */
  function show({ photo, probabilities, topFive: { phase, located }, engine }) {
    const labels = engine.ready?.network.classes;
    panel.show({
      phase,
      possible: probabilities !== null,
      className: null,
      progress: words.step(located.length),
      rest: '',
    });
    save.disabled = located.length === 0;
    row.hidden = located.length === 0;
    const origins = new Set(
      located.flatMap(({ cut }) => (cut ? [originOf(cut.made, engine)] : [])),
    );
    const [seededBy] = origins;
    origin.hidden = !seededBy;
    setText(origin, origins.size > 1 ? words.seededByEach : (seededBy ?? ''));
    const boxes = located.flatMap(({ cut }) => (cut ? [cut.box] : []));
    const first = located.find(({ cut }) => cut);
    conclusion.hidden = phase !== 'ready' || !first || !labels;
    if (first && labels)
      setText(
        conclusion,
        words.conclusion(shortName(labels[first.classIndex]), boxes.length, agreement(boxes)),
      );
    if (located.length < row.children.length) row.replaceChildren();
    if (!photo || !labels) return;
    for (const { classIndex, cut } of located.slice(row.children.length)) {
      const name = shortName(labels[classIndex]);
      const canvas = h('canvas', {
        role: 'img',
        'aria-label': cut ? words.alt(name, cut.box) : words.noneAlt(name),
      });
      if (cut) drawCut(canvas, photo.bitmap, cut, 'both', coloursOf(panel.element));
      else drawPhoto(canvas, photo.bitmap);
      row.append(
        h(
          'li',
          {},
          canvas,
          h(
            'button',
            { type: 'button', class: 'quiet', on: { click: () => actions.choose(classIndex) } },
            name,
          ),
          h('span', { class: 'strip-layer' }, percent(probabilities?.[classIndex] ?? 0)),
          h('span', { class: 'strip-layer' }, cut ? words.box(cut.box) : words.none),
        ),
      );
    }
  }
  store.watch(['photo', 'probabilities', 'topFive', 'engine'], show);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    row.replaceChildren(); // the colours are others
    show(store.state);
  });

  return panel.element;
}
