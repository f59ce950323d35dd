// The five likeliest classes as buttons, a sixth for one that is chosen and not among them, and
// under them the search over all.

import { classOf, isClass } from '../target.js';
import { h, setText } from '../dom.js';
import { likeliest } from '../ranking.js';
import { classes as words, percent, shortName } from '../strings/en.js';
import { targetName } from './card.js';
import { makeClassSearch } from './class_search.js';
import { makeNeuronPicker } from './neuron_picker.js';

const COUNT = 5;

/**
 * @param {import('../state.js').Store} store
 * @param {{choose: (target: import('../target.js').Target) => void}} actions
 */
export function makeClassesPanel(store, actions) {
  const hint = h('p', { class: 'panel-hint' });
  const rows = Array.from({ length: COUNT }, () => makeRow((index) => actions.choose(index)));
  const other = makeRow((index) => actions.choose(index));
  const list = h('ul', { class: 'top-classes' }, ...rows.map((row) => row.element));
  const linkText = h('p', {});
  const instead = h('button', { type: 'button', on: { click: () => takeLikeliest() } });
  const fromLink = h('div', { class: 'link-notice', role: 'status' });
  const element = h(
    'section',
    { class: 'panel', id: 'classes', 'aria-labelledby': 'classes-heading' },
    h('header', { class: 'panel-head' }, h('h2', { id: 'classes-heading' }, words.heading), hint),
    fromLink,
    list,
    makeClassSearch(store, actions),
    makeNeuronPicker(store, actions),
  );

  function takeLikeliest() {
    actions.choose(likeliest(store.state.probabilities ?? new Float32Array(), 1)[0]);
    rows[0].element.querySelector('button')?.focus(); // the button that was pressed goes
  }

  store.watch(['photo', 'probabilities', 'target', 'fromLink', 'engine'], (state) => {
    const { photo, probabilities, target, engine } = state;
    const chosen = classOf(target);
    setText(hint, !photo ? words.empty : probabilities ? '' : words.working);
    const names = engine.ready?.network.classes;
    const top = probabilities && names ? likeliest(probabilities, COUNT) : [];
    rows.forEach((row, i) => {
      const index = top[i];
      row.show(
        index === undefined || !names || !probabilities
          ? null
          : {
              index,
              label: names[index],
              probability: probabilities[index],
              pressed: index === chosen,
            },
      );
    });
    if (names && probabilities && chosen !== null && !top.includes(chosen)) {
      other.show({
        index: chosen,
        label: names[chosen],
        probability: probabilities[chosen],
        pressed: true,
      });
      list.append(other.element);
    } else other.element.remove();

    if (state.fromLink && target !== null && names && probabilities) {
      setText(
        linkText,
        words.fromLink(targetName(state), isClass(target) ? probabilities[target] : undefined),
      );
      setText(instead, words.instead(shortName(names[top[0]])));
      fromLink.replaceChildren(linkText, ...(target === top[0] ? [] : [instead]));
    } else fromLink.replaceChildren();
  });
  return element;
}

/** @param {(index: number) => void} onClick */
function makeRow(onClick) {
  let shownIndex = -1;
  const name = h('span', { class: 'class-name' });
  const share = h('span', { class: 'class-share' });
  const bar = h('span', { class: 'bar' });
  const button = h(
    'button',
    {
      type: 'button',
      class: 'class-button',
      hidden: true,
      'aria-pressed': 'false',
      on: { click: () => onClick(shownIndex) },
    },
    name,
    share,
    h('span', { class: 'class-bar', 'aria-hidden': 'true' }, bar),
  );
  return {
    element: h('li', {}, button),
    /** @param {{index: number, label: string, probability: number, pressed: boolean} | null} row */
    show(row) {
      shownIndex = row?.index ?? -1;
      setText(name, row ? shortName(row.label) : '');
      setText(share, row ? percent(row.probability) : '');
      button.title = row?.label ?? '';
      button.hidden = !row;
      button.setAttribute('aria-pressed', String(row?.pressed ?? false));
      bar.style.transform = `scaleX(${row?.probability ?? 0})`;
    },
  };
}
