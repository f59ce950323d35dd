// A combobox over all classes: the ARIA pattern with list autocompletion; the focus stays in the
// text field.

import { h, setAttribute } from '../dom.js';
import { likeliest } from '../ranking.js';
import { classes as words, percent, shortName } from '../strings/en.js';

const MOST_ROWS = 50;

/**
 * The classes that a text finds: those with it as a name, as a word, at the beginning of the first
 * name, at that of a word, and elsewhere; among equals the likelier first.
 * @param {string[]} labels
 * @param {string} text
 * @param {Float32Array | null} probabilities
 * @returns {number[]} indices, best first
 */
export function findClasses(labels, text, probabilities) {
  const typed = text.trim().toLowerCase();
  const query = Object.hasOwn(words.synonyms, typed) ? words.synonyms[typed] : typed;
  const escaped = query.replace(/[^a-z0-9 ]/g, '\\$&');
  const ranks = [
    `(^|, )${escaped}(,|$)`,
    `\\b${escaped}\\b`,
    `^${escaped}`,
    `\\b${escaped}`,
    escaped,
  ].map((pattern) => new RegExp(pattern));
  /** @type {number[][]} */
  const found = ranks.map(() => []);
  labels.forEach((label, index) => {
    const rank = ranks.findIndex((pattern) => pattern.test(label.toLowerCase()));
    found[rank]?.push(index);
  });
  if (probabilities)
    for (const equals of found) equals.sort((a, b) => probabilities[b] - probabilities[a]);
  return found.flat();
}

/**
 * @param {import('../state.js').Store} store
 * @param {{choose: (index: number) => void}} actions
 */
export function makeClassSearch(store, actions) {
  /** @type {number[]} */
  let shown = [];
  let active = -1;

  const list = h('ul', {
    id: 'class-list',
    role: 'listbox',
    'aria-label': words.listLabel,
    class: 'options',
  });
  const more = h('p', { class: 'options-more' });
  const popup = h('div', { class: 'popup', hidden: true }, list, more);
  const input = h('input', {
    type: 'text',
    id: 'class-search',
    class: 'search',
    role: 'combobox',
    placeholder: words.searchPlaceholder,
    autocomplete: 'off',
    spellcheck: false,
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': 'class-list',
    disabled: true,
  });

  /** The rows for what is in the field now: with nothing in it, the likeliest. */
  function rows() {
    const { engine, probabilities } = store.state;
    const labels = engine.ready?.network.classes ?? [];
    return input.value.trim() || !probabilities
      ? findClasses(labels, input.value, probabilities)
      : likeliest(probabilities, labels.length);
  }

  function open() {
    const found = rows();
    const { probabilities, engine } = store.state;
    shown = found.slice(0, MOST_ROWS);
    list.replaceChildren(
      ...shown.map((index, i) =>
        makeOption(i, engine.ready?.network.classes[index] ?? '', probabilities?.[index]),
      ),
    );
    more.textContent =
      found.length === 0
        ? words.none(input.value.trim())
        : found.length > MOST_ROWS
          ? words.more(found.length - MOST_ROWS)
          : '';
    more.hidden = !more.textContent;
    popup.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    list.scrollTop = 0;
    activate(input.value.trim() && shown.length ? 0 : -1);
  }

  function close() {
    popup.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    activate(-1);
  }

  /** @param {number} row */
  function activate(row) {
    active = row;
    for (const [i, option] of [...list.children].entries())
      option.setAttribute('aria-selected', String(i === row));
    setAttribute(input, 'aria-activedescendant', row < 0 ? null : `class-option-${row}`);
    list.children[row]?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {number} row */
  function choose(row) {
    const index = shown[row];
    if (index === undefined) return;
    input.value = '';
    close();
    actions.choose(index);
  }

  /** @param {number} i @param {string} label @param {number | undefined} probability */
  function makeOption(i, label, probability) {
    const name = shortName(label);
    const others = label.slice(label.indexOf(name) + name.length).replace(/^,\s*/, '');
    return h(
      'li',
      {
        id: `class-option-${i}`,
        role: 'option',
        'aria-selected': 'false',
        class: 'option',
        on: { click: () => choose(i) },
      },
      h(
        'span',
        { class: 'option-name' },
        name,
        others && h('span', { class: 'option-others' }, `, ${others}`),
      ),
      probability !== undefined && h('span', { class: 'class-share' }, percent(probability)),
    );
  }

  input.addEventListener('input', open);
  input.addEventListener('click', () => popup.hidden && open());
  input.addEventListener('blur', close);
  // The focus stays in the field
  popup.addEventListener('pointerdown', (event) => event.preventDefault());
  input.addEventListener('keydown', (event) => {
    const isOpen = !popup.hidden;
    /** @param {number} row */
    const move = (row) => {
      if (!isOpen) open();
      activate(Math.min(shown.length - 1, Math.max(0, row)));
    };
    const handled = {
      ArrowDown: () => move(active + 1),
      ArrowUp: () => move(isOpen && active < 0 ? shown.length - 1 : active - 1),
      PageDown: () => move(active + 6),
      PageUp: () => move(active - 6),
      Enter: () => isOpen && choose(active < 0 ? 0 : active),
      Escape: () => {
        if (isOpen) close();
        else input.value = '';
      },
    }[event.key];
    if (!handled) return;
    // Nothing to close here: Escape means cancel
    if (event.key === 'Escape' && !isOpen && !input.value) return;
    event.preventDefault();
    event.stopPropagation();
    handled();
  });

  store.watch(['photo', 'engine'], ({ photo, engine }) => {
    input.disabled = !photo || !engine.ready;
  });

  return h(
    'div',
    { class: 'search-box' },
    h('label', { for: 'class-search', class: 'hidden' }, words.searchLabel),
    input,
    popup,
  );
}
