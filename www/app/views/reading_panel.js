// What was found, in words: the target's standing among the classes, where its map lies, and whether
// what the map marks counts.

import { coverVerdict } from '../cover_verdict.js';
import { h, setText } from '../dom.js';
import { shareOnObject } from '../map_share.js';
import { likeliest } from '../ranking.js';
import { percent, reading as words, shortName } from '../strings/en.js';
import { classOf, isClass, isContrast } from '../target.js';
import { targetName } from './card.js';
import { makeCopyButton } from './copy_button.js';

/** @typedef {import('../state.js').State} State */

/** Methods whose maps say how much each pixel adds to the score. */
const ATTRIBUTIONS = ['gradient_times_input', 'integrated_gradients', 'grad_cam'];

/** The classes on offer for comparison, beside the chosen one. */
const RIVALS = 5;

/**
 * @param {import('../state.js').Store} store
 * @param {{choose: (target: import('../target.js').Target) => void, coverBrightest: () => void,
 *   copyLink: () => Promise<void>, report: (error: unknown) => void}} actions
 */
export function makeReadingPanel(store, actions) {
  const found = h('strong', {});
  const standing = h('span', {});
  const place = h('span', { class: 'reading-place' });
  const tried = h('span', { class: 'reading-tried', role: 'status' });
  const caution = h('span', { class: 'reading-caution' }, words.caution);
  const hero = h('p', { class: 'reading-hero' });
  const cover = h(
    'button',
    {
      type: 'button',
      id: 'cover',
      title: words.coverHint,
      on: { click: actions.coverBrightest },
    },
    words.cover,
  );
  const copy = makeCopyButton(
    words.copy,
    async () => {
      await actions.copyLink();
      return store.state.photo?.sample ? words.copied : words.copiedWithoutPhoto;
    },
    actions.report,
    { id: 'copy-link' },
  );
  const why = h('span', { class: 'reading-class' });
  const against = h('select', {
    id: 'against',
    on: {
      change() {
        const classIndex = classOf(store.state.target);
        if (classIndex === null) return;
        actions.choose(
          against.value === '' ? classIndex : { classIndex, against: Number(against.value) },
        );
      },
    },
  });
  const question = h(
    'p',
    { class: 'reading-question' },
    h('span', { class: 'muted' }, words.why),
    ' ',
    why,
    ' ',
    h('label', { class: 'muted', for: 'against' }, words.against),
    ' ',
    against,
  );
  const element = h(
    'section',
    { class: 'reading-panel', id: 'reading', 'aria-labelledby': 'reading-heading' },
    h('h2', { id: 'reading-heading', class: 'hidden' }, words.heading),
    h(
      'div',
      { class: 'reading-head' },
      hero,
      question,
      h('div', { class: 'buttons' }, copy, cover),
    ),
    h('p', { class: 'reading-found' }, found, standing, ' ', place),
    h('p', { class: 'reading-note' }, tried, ' ', caution),
  );

  store.watch(
    ['photo', 'example', 'probabilities', 'scores', 'target', 'engine', 'settings'],
    (state) => {
      const [first, rest] = sentencesOf(state);
      setText(found, first);
      setText(standing, rest);
      setText(hero, state.example ? words.hero(state.example.className) : words.heroAlone);
      element.classList.toggle('empty', state.target === null);
      element.classList.toggle('without-photo', !state.photo);
    },
  );

  store.watch(['probabilities', 'target', 'engine'], (state) => {
    const { target, engine } = state;
    const classIndex = classOf(target);
    question.classList.toggle('without-class', classIndex === null);
    against.disabled = classIndex === null;
    const names = engine.ready?.network.classes;
    if (classIndex === null || !names) return;
    setText(why, shortName(names[classIndex]));
    const chosen = isContrast(target) ? target.against : null;
    const rivals = rivalsOf(state, classIndex);
    if (chosen !== null && !rivals.includes(chosen)) rivals.push(chosen);
    against.replaceChildren(
      h('option', { value: '' }, words.anything),
      ...rivals.map((index) =>
        h(
          'option',
          { value: String(index) },
          words.option(shortName(names[index]), state.probabilities?.[index] ?? 0),
        ),
      ),
    );
    against.value = chosen === null ? '' : String(chosen);
  });

  /** Of which the share was computed. @type {unknown[]} */
  let measured = [];
  store.watch(['saliency', 'cut', 'photo', 'example'], (state) => {
    const {
      saliency: { map },
      cut: { phase, cut },
      photo,
      example,
    } = state;
    const now = [map, cut, phase, photo, example];
    if (now.every((part, i) => part === measured[i])) return;
    measured = now;
    const share = map && cut && phase === 'ready' ? shareOnObject(map, cut) : null;
    const sentences = [
      map && words.place(map.centre),
      share !== null && cut && words.onObject(share, cut.share),
    ];
    setText(place, photo ? sentences.filter(Boolean).join(' ') : (example?.place ?? ''));
  });

  store.watch(['cover', 'target', 'saliency', 'engine', 'photo', 'example'], (state) => {
    const { cover: test, saliency } = state;
    cover.disabled = saliency.map === null || test.phase === 'working';
    const told = state.photo ? triedOf(state) : (state.example?.tried ?? '');
    setText(tried, test.phase === 'working' ? words.covering : told);
  });

  return element;
}

/** The likeliest classes other than one. @param {State} state @param {number} classIndex */
function rivalsOf({ probabilities }, classIndex) {
  return likeliest(probabilities ?? new Float32Array(), RIVALS + 1)
    .filter((index) => index !== classIndex)
    .slice(0, RIVALS);
}

/**
 * What was found of the target, in two parts.
 * @param {State} state @returns {string[]}
 */
function sentencesOf(state) {
  const { photo, example, target, probabilities, scores, engine, settings } = state;
  if (!photo) return example ? [example.found, example.standing] : ['', ''];
  const names = engine.ready?.network.classes;
  if (target === null || !probabilities || !scores || !names) return ['', words.looking];
  const classIndex = classOf(target);
  if (classIndex === null) return words.ofNeuron(targetName(state));
  const named = (/** @type {number} */ index) => ({
    name: shortName(names[index]),
    probability: probabilities[index],
    score: scores[index],
  });
  return isContrast(target)
    ? words.ofContrast(
        named(classIndex),
        named(target.against),
        ATTRIBUTIONS.includes(settings.method),
      )
    : words.ofClass(named(classIndex), named(rivalsOf(state, classIndex)[0]));
}

/** What the cover test has shown; '' before it. @param {State} state */
function triedOf({ cover: { test }, target, engine }) {
  const names = engine.ready?.network.classes;
  if (!test || !names) return '';
  const text = isClass(target) ? percent : words.value;
  const { probabilitiesAfter } = test;
  const [top] = likeliest(probabilitiesAfter, 1);
  const now =
    isClass(target) && top !== undefined && top !== target
      ? words.now(shortName(names[top]), probabilitiesAfter[top])
      : '';
  const sentence = words.covered(text(test.before), text(test.after), text(test.random), now);
  return `${sentence} ${words.verdicts[coverVerdict(test)]}`;
}
