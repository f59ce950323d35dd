// The line that says what the page is doing, with the button that stops it; and the live region for
// screen readers.

import { h, setText } from '../dom.js';
import { likeliest } from '../ranking.js';
import { RESULTS } from '../state.js';
import { announcements, errors, shortName, status as words } from '../strings/en.js';
import { targetName } from './card.js';

/** @typedef {import('../state.js').State} State */

/**
 * @param {import('../state.js').Store} store
 * @param {{cancel: () => void, retry: () => void}} actions
 */
export function makeStatusBar(store, actions) {
  const text = h('p', { class: 'status-text' });
  const cancel = h(
    'button',
    { type: 'button', class: 'quiet', title: words.cancelHint, on: { click: actions.cancel } },
    words.cancel,
  );
  const retry = h(
    'button',
    { type: 'button', class: 'quiet', on: { click: actions.retry } },
    words.retry,
  );
  const bar = h('div', { class: 'bar' });
  const progress = h(
    'div',
    {
      class: 'status-progress',
      role: 'progressbar',
      'aria-label': words.starting,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    },
    bar,
  );
  const liveRegion = h('p', { class: 'hidden', role: 'status' });
  const element = h(
    'section',
    { class: 'status', 'aria-label': words.label },
    text,
    cancel,
    retry,
    progress,
    liveRegion,
  );

  store.watch(
    ['engine', 'opening', 'photo', 'probabilities', 'target', 'problems', ...RESULTS],
    (state) => {
      const { sentence, fraction, busy } = activity(state);
      setText(text, sentence);
      cancel.hidden = !busy;
      // Where a card offers to try again, one button for that is enough.
      const offered = state.problems.some(({ code }) => errors[code]?.action);
      retry.hidden =
        offered || (state.engine.phase !== 'stopped' && state.engine.phase !== 'failed');
      bar.style.transform = `scaleX(${fraction ?? 0})`;
      progress.classList.toggle('indeterminate', busy && fraction === null);
      progress.hidden = !busy;
      progress.setAttribute('aria-label', sentence);
      if (fraction === null) progress.removeAttribute('aria-valuenow');
      else progress.setAttribute('aria-valuenow', String(Math.round(fraction * 100)));
    },
  );

  let before = store.state;
  store.watch(['engine', 'probabilities', ...RESULTS], (state) => {
    const announcement = announcementOf(before, state);
    before = state;
    if (announcement) setText(liveRegion, announcement);
  });

  return element;
}

/**
 * @param {State} state
 * @returns {{sentence: string, fraction: number | null, busy: boolean}}   `fraction`: 0..1, or null
 *   if it is not known
 */
function activity(state) {
  const {
    engine,
    opening,
    photo,
    probabilities,
    target,
    saliency,
    model,
    cut,
    cover,
    board,
    relation,
    sanity,
    topFive,
    gallery,
  } = state;
  const name = targetName(state);
  const at = (/** @type {string} */ sentence, /** @type {number | null} */ fraction = null) => ({
    sentence,
    fraction,
    busy: true,
  });
  const rest = (/** @type {string} */ sentence) => ({ sentence, fraction: null, busy: false });

  if (engine.phase === 'failed') return rest(words.failed);
  if (engine.phase === 'stopped') return rest(words.stopped);
  if (engine.phase === 'starting') return at(words.starting);
  if (engine.phase === 'downloading')
    return at(words.downloading(engine.done, engine.total), engine.done / engine.total);
  if (engine.phase === 'warming')
    return at(words.warming(engine.done, engine.total), engine.done / engine.total);
  if (engine.phase === 'preparing') return at(words.preparing);
  if (opening) return at(words.opening);
  const grown =
    gallery.models.reduce((sum, { step: taken, steps }) => sum + taken / steps, 0) /
    gallery.models.length;
  const growing = gallery.phase === 'working' ? at(words.gallery(grown), grown) : null;
  if (!photo) return growing ?? rest(words.noPhoto);
  if (!probabilities) return at(words.classifying);
  if (topFive.phase === 'working' && saliency.phase !== 'working' && cut.phase !== 'working')
    return at(words.topFive(topFive.located.length), topFive.located.length / 5);
  if (target === null) return growing ?? at(words.classifying);

  const step = model.curve.at(-1)?.step ?? 0;
  if (saliency.phase === 'working')
    return at(words.saliency(name, saliency.done, saliency.total), saliency.done / saliency.total);
  if (cut.phase === 'working') return at(words.cut(name), cut.fraction || null);
  if (cover.phase === 'working') return at(words.cover(name));
  if (board.phase === 'working')
    return at(words.board(board.tiles.length, board.count), board.tiles.length / board.count);
  if (relation.phase === 'working') return at(words.relation(name));
  if (sanity.phase === 'working')
    return at(
      words.sanity(name, sanity.steps.length, sanity.layers),
      sanity.layers ? sanity.steps.length / sanity.layers : null,
    );
  if (model.phase === 'running')
    return at(words.model(name, step, model.steps), step / model.steps);
  if (model.phase === 'paused') return { ...at(words.paused(name), step / model.steps) };
  if (growing) return growing;
  const stopped = [saliency, cut, cover, board, model, relation, sanity]
    .map(({ phase }) => phase)
    .includes('cancelled');
  return rest(stopped ? words.cancelled(name) : words.done(name));
}

/** What a listener should hear of a change, or null. @param {State} before @param {State} now */
function announcementOf(before, now) {
  const reached = (
    /** @type {import('../state.js').Result} */ result,
    /** @type {string} */ phase,
  ) => now[result].phase === phase && before[result].phase !== phase;
  const name = targetName(now);
  if (now.engine.phase === 'ready' && before.engine.phase !== 'ready') return announcements.ready;
  if (now.probabilities && now.probabilities !== before.probabilities)
    return announcements.classified(topNames(now));
  if (reached('cut', 'ready')) return announcements.cut(name);
  if (reached('cut', 'none')) return announcements.none;
  if (reached('saliency', 'ready')) return announcements.saliency(name);
  if (reached('model', 'done')) return announcements.model(name);
  if (reached('relation', 'ready')) return announcements.relation(name);
  if (reached('sanity', 'ready')) return announcements.sanity(name);
  if (reached('board', 'ready')) return announcements.board;
  if (reached('topFive', 'ready')) return announcements.topFive;
  if (reached('gallery', 'ready')) return announcements.gallery;
  if (RESULTS.some((result) => reached(result, 'cancelled'))) return announcements.cancelled;
  return null;
}

/** @param {State} state */
function topNames({ probabilities, engine }) {
  return likeliest(probabilities ?? new Float32Array(), 5)
    .map((index) => shortName(engine.ready?.network.classes[index] ?? ''))
    .join(', ');
}
