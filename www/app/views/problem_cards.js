// What went wrong, one card each: a sentence, what to do, the code.

import { h } from '../dom.js';
import { errors, problems as words } from '../strings/en.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{retry: () => void, useCpu: () => void, reload: () => void, reloadEverything: () => void,
 *   useUpdate: () => void, dismiss: (problem: import('../messages.js').Problem) => void}} actions
 */
export function makeProblemCards(store, actions) {
  const element = h('div', { class: 'problems', role: 'alert' });
  /** @type {Map<import('../messages.js').Problem, HTMLElement>} */
  const cards = new Map();

  /** @param {import('../messages.js').Problem} problem */
  function makeProblemCard(problem) {
    const { sentence, advice, ifRepeated, action } = errors[problem.code] ?? errors.internal;
    return h(
      'section',
      { class: 'problem', data: { code: problem.code } },
      h('h2', {}, sentence),
      h('p', {}, (problem.repeated && ifRepeated) || advice),
      problem.detail && h('p', { class: 'problem-detail' }, problem.detail),
      h(
        'footer',
        {},
        h('code', {}, problem.code),
        action &&
          h(
            'button',
            {
              type: 'button',
              class: 'main',
              on: {
                click: () => {
                  actions.dismiss(problem);
                  actions[action]();
                },
              },
            },
            words[action],
          ),
        h(
          'button',
          { type: 'button', on: { click: () => actions.dismiss(problem) } },
          words.dismiss,
        ),
      ),
    );
  }

  store.watch(['problems'], ({ problems }) => {
    for (const [problem, card] of cards) {
      if (problems.includes(problem)) continue;
      card.remove();
      cards.delete(problem);
    }
    for (const problem of problems) {
      if (cards.has(problem)) continue;
      const card = makeProblemCard(problem);
      cards.set(problem, card);
      element.append(card);
    }
  });
  return element;
}
