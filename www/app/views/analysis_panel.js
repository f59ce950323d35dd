// The frame that the closer looks share: heading, what it is about, state, words, and the button
// that starts it.

import { h, setText } from '../dom.js';
import { card as cardWords } from '../strings/en.js';

/**
 * @param {object} parts
 * @param {string} parts.id
 * @param {{heading: string, caption: string, run: string}} parts.text
 * @param {() => void} parts.start
 * @param {Node[]} parts.content
 */
export function makeAnalysisPanel({ id, text, start, content }) {
  const state = h('p', { class: 'card-state' });
  const className = h('p', { class: 'card-class' });
  const run = h(
    'button',
    { type: 'button', class: 'main', disabled: true, on: { click: start } },
    text.run,
  );
  const headingId = `${id}-heading`;
  const element = h(
    'section',
    { class: 'analysis', id, 'aria-labelledby': headingId },
    h('header', { class: 'card-head' }, h('h2', { id: headingId }, text.heading), state, className),
    h('div', { class: 'analysis-intro' }, h('p', {}, text.caption), run),
    ...content,
  );

  return {
    element,
    run,

    /**
     * @param {object} shown
     * @param {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} shown.phase
     * @param {boolean} shown.possible       whether it can be started; while it works it can, which
     *   starts it over and keeps the focus
     * @param {string | null} shown.className   what it is about; null where it is about no class
     * @param {string} shown.progress        the state while it works
     * @param {string} shown.rest            the state before and after
     */
    show({ phase, possible, className: name, progress, rest }) {
      run.disabled = !possible;
      className.hidden = name === null;
      setText(className, name ?? '');
      setText(
        state,
        {
          working: progress,
          cancelled: cardWords.cancelled,
          failed: cardWords.failed,
          idle: rest,
          ready: rest,
        }[phase],
      );
    },
  };
}
