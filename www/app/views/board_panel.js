// Maps side by side, each with what is left of the target when its brightest tenth is covered. A click
// takes a tile's method or class.

import { drawTile, levelsOf } from '../canvas/maps.js';
import { lookOf, signedLookOf } from '../colour_maps.js';
import { h, setText } from '../dom.js';
import { board as words, percent, reading } from '../strings/en.js';
import { isClass, isContrast } from '../target.js';
import { makeAnalysisPanel } from './analysis_panel.js';
import { nameOfTarget, targetName } from './card.js';
import { makeCopyButton } from './copy_button.js';

/** @typedef {import('../state.js').BoardTile} BoardTile */

/**
 * @param {import('../state.js').Store} store
 * @param {object} actions
 * @param {(by: 'methods' | 'classes') => void} actions.compareMaps
 * @param {(method: string) => void} actions.chooseMethod
 * @param {(target: import('../target.js').Target) => void} actions.choose
 * @param {(text: string) => Promise<void>} actions.copyText
 * @param {(error: unknown) => void} actions.report
 */
export function makeBoardPanel(store, actions) {
  const row = h('ol', { class: 'strip board', hidden: true });
  const finding = h('p', { class: 'finding', role: 'status' });
  const copy = makeCopyButton(words.copy, copyTable, actions.report, { disabled: true });
  const classes = h(
    'button',
    { type: 'button', disabled: true, on: { click: () => actions.compareMaps('classes') } },
    words.classes,
  );
  const panel = makeAnalysisPanel({
    id: 'board',
    text: words,
    start: () => actions.compareMaps('methods'),
    content: [h('div', { class: 'gallery-more' }, classes, copy), finding, row],
  });

  /** The name of what differs from tile to tile. @param {BoardTile} tile */
  function nameOf({ target, method }) {
    const { engine, board } = store.state;
    const title = engine.ready?.methods.find(({ id }) => id === method)?.title ?? method;
    return board.by === 'methods' || !engine.ready ? title : nameOfTarget(target, engine.ready);
  }

  async function copyTable() {
    const lines = store.state.board.tiles.map((tile) => {
      const { before, after, random } = tile.test;
      return [nameOf(tile), before, after, random].join('\t');
    });
    await actions.copyText([words.columns.join('\t'), ...lines].join('\n'));
    return words.copied;
  }

  /** With what the tiles are drawn. @type {unknown[]} */
  let drawn = [];
  store.watch(['photo', 'target', 'board', 'engine', 'settings'], (state) => {
    const { photo, target, board, engine, settings } = state;
    panel.show({
      phase: board.phase,
      possible: target !== null,
      className: board.by === 'methods' ? targetName(state) : null,
      progress: words.step(board.tiles.length, board.count),
      rest: '',
    });
    classes.disabled = target === null;
    copy.disabled = board.phase !== 'ready';
    row.hidden = board.tiles.length === 0;
    const { colourMap, ground, opacity } = settings;
    const now = [board.tiles[0], photo, colourMap, ground, opacity];
    if (now.some((part, i) => part !== drawn[i])) row.replaceChildren();
    drawn = now;
    const { ready } = engine;
    if (!photo || !ready) return;
    for (const tile of board.tiles.slice(row.children.length)) {
      const look = isContrast(tile.target) ? signedLookOf(state) : lookOf(state);
      const canvas = h('canvas', {
        role: 'img',
        'aria-label': words.alt(
          ready.methods.find(({ id }) => id === tile.method)?.title ?? '',
          nameOfTarget(tile.target, ready),
        ),
      });
      if (look) drawTile(canvas, photo.bitmap, levelsOf(tile.map), look);
      const text = textOf(tile);
      row.append(
        h(
          'li',
          {},
          canvas,
          h(
            'button',
            { type: 'button', class: 'quiet', on: { click: () => take(tile) } },
            nameOf(tile),
          ),
          h(
            'span',
            { class: 'strip-layer' },
            words.left(text(tile.test.before), text(tile.test.after)),
          ),
        ),
      );
    }
    setText(finding, board.phase === 'ready' ? findingOf(board.tiles) : '');
  });

  /** @param {BoardTile} tile */
  function take({ target, method }) {
    if (store.state.board.by === 'methods') actions.chooseMethod(method);
    else actions.choose(target);
  }

  /** @param {BoardTile[]} tiles */
  function findingOf(tiles) {
    if (store.state.board.by === 'classes') return '';
    const least = tiles.reduce((best, tile) => (tile.test.after < best.test.after ? tile : best));
    const text = textOf(least);
    return `${words.best(nameOf(least), text(least.test.after))} ${words.random(text(least.test.random))}`;
  }

  return panel.element;
}

/** How the values of a tile's test are written. @param {BoardTile} tile */
const textOf = ({ target }) => (isClass(target) ? percent : reading.value);
