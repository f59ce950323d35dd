// "Gradient or DeconvNet?": both maps side by side, the rules that make them, and how far they
// differ at each layer.

import { drawOverlay } from '../canvas/maps.js';
import { clear } from '../canvas/surface.js';
import { lookOf } from '../colour_maps.js';
import { h, setAttribute, setText } from '../dom.js';
import { relation as words } from '../strings/en.js';
import { targetName } from './card.js';
import { makeAnalysisPanel } from './analysis_panel.js';
import { makeLineChart } from './line_chart.js';

const RULES = /** @type {const} */ (['gradient', 'deconvnet']);

/**
 * @param {import('../state.js').Store} store
 * @param {{compareRules: () => void}} actions
 */
export function makeRelationPanel(store, actions) {
  const maps = RULES.map((rule) => {
    const heat = h('canvas', { class: 'layer' });
    return {
      rule,
      heat,
      element: h(
        'figure',
        {},
        h('div', { class: 'stage' }, heat),
        h('figcaption', {}, words.rules[rule]),
      ),
    };
  });
  const chart = makeLineChart(-0.1, words);
  const finding = h('p', { class: 'finding' });
  const rows = h('tbody');
  const figures = h(
    'details',
    { class: 'figures' },
    h('summary', {}, words.figures),
    h(
      'div',
      { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': words.figures },
      h('table', {}, h('thead', {}, row('th', words.columns)), rows),
    ),
  );
  const result = h(
    'div',
    { class: 'analysis-result', hidden: true },
    h('div', { class: 'pair' }, ...maps.map(({ element }) => element)),
    chart.element,
    finding,
    figures,
  );
  const rules = h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': words.tableLabel },
    h(
      'table',
      { class: 'rules' },
      h('thead', {}, row('th', words.ruleColumns)),
      h('tbody', {}, ...words.ruleRows.map((cells) => row('td', cells))),
    ),
  );
  const panel = makeAnalysisPanel({
    id: 'relation',
    text: words,
    start: actions.compareRules,
    content: [rules, result],
  });

  /** What is on the canvases, and how; what the chart and the table are about. @type {unknown[]} */
  let drawn = [];
  /** @type {unknown} */
  let described = null;
  store.watch(['photo', 'relation', 'target', 'engine', 'settings'], (now) => {
    const {
      photo,
      target,
      relation: { phase, relation },
      settings,
    } = now;
    panel.show({
      phase,
      possible: target !== null,
      className: targetName(now),
      progress: words.working,
      rest: '',
    });
    result.hidden = !relation || !photo;
    const look = lookOf(now);
    const shown = [relation, photo, settings.colourMap, settings.ground, settings.opacity];
    const stale = shown.some((value, i) => value !== drawn[i]);
    drawn = shown;
    for (const { rule, heat } of stale ? maps : []) {
      if (!photo || !relation || !look) {
        clear(heat);
        continue;
      }
      drawOverlay(heat, photo.bitmap, relation[rule], look);
      setAttribute(heat, 'role', 'img');
      setAttribute(heat, 'aria-label', words.alt(words.rules[rule], targetName(now)));
    }
    if (!relation || relation === described) return;
    described = relation;
    const { layers } = relation;
    chart.show(
      layers.map(({ cosine, parted, trunk }) => ({ value: trunk ? cosine : null, bar: parted })),
      layers.length,
      words.chartAlt(layers.at(-1)?.cosine ?? 0),
    );
    const passed = layers.filter(({ kind }) => kind !== 'picture');
    setText(
      finding,
      words.finding(
        passed.filter(({ parted }) => parted === 0),
        passed.filter(({ parted }) => parted > 0),
      ),
    );
    rows.replaceChildren(
      ...layers.map(({ layer, kind, parted, cosine }) =>
        row('td', [layer, words.kinds[kind] ?? kind, words.difference(parted), cosine.toFixed(3)]),
      ),
    );
  });

  return panel.element;
}

/** @param {'td' | 'th'} tag @param {readonly string[]} cells */
function row(tag, cells) {
  return h('tr', {}, ...cells.map((cell) => h(tag, tag === 'th' ? { scope: 'col' } : {}, cell)));
}
