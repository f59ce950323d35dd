// Adebayo et al.'s check: the map after each layer of the network, from the top down, has lost what
// it had learned. Magnitudes and signs have a picture each, with its own rank correlation.

import { drawGrid } from '../canvas/maps.js';
import { lookOf } from '../colour_maps.js';
import { h, setText } from '../dom.js';
import { sanity as words } from '../strings/en.js';
import { targetName } from './card.js';
import { makeAnalysisPanel } from './analysis_panel.js';
import { makeLineChart } from './line_chart.js';

const QUANTITIES = /** @type {const} */ (['magnitudes', 'signs']);

/**
 * @param {import('../state.js').Store} store
 * @param {{checkSanity: () => void}} actions
 */
export function makeSanityPanel(store, actions) {
  const chart = makeLineChart(-0.4, words);
  const finding = h('p', { class: 'finding' });
  const strip = h('ol', { class: 'strip pairs' });
  const result = h(
    'div',
    { class: 'analysis-result', hidden: true },
    chart.element,
    finding,
    h(
      'p',
      { class: 'pictures-about' },
      words.lines,
      ' ',
      Object.values(words.quantities)
        .map(({ about }) => about)
        .join(' '),
      ' ',
      words.pictures,
    ),
    strip,
  );
  const panel = makeAnalysisPanel({
    id: 'sanity',
    text: words,
    start: actions.checkSanity,
    content: [result],
  });

  /**
   * The trained network's map that the strip begins with, and the strip's colours.
   * @type {unknown}
   */
  let drawn = null;
  /** @type {string | null} */
  let drawnWith = null;

  store.watch(['photo', 'sanity', 'target', 'engine', 'settings'], (now) => {
    const {
      photo,
      target,
      sanity: { phase, method, layers, original, steps },
      settings,
      engine,
    } = now;
    const title = (/** @type {string} */ id) =>
      engine.ready?.methods.find((one) => one.id === id)?.title ?? id;
    setText(panel.run, words.runOn(title(settings.method)));
    const rest = target !== null ? title(method) : '';
    panel.show({
      phase,
      possible: target !== null,
      className: targetName(now),
      progress: words.step(steps.length, layers),
      rest,
    });
    result.hidden = !original || !photo;
    if (original !== drawn || settings.colourMap !== drawnWith) strip.replaceChildren();
    [drawn, drawnWith] = [original, settings.colourMap];
    const look = lookOf(now);
    if (!original || !photo || !look) return;
    const shown = [
      { layer: words.trained, correlations: { magnitudes: 1, signs: 1 }, maps: original },
      ...steps,
    ];
    const tables = { magnitudes: look.table, signs: engine.ready?.signedColours ?? look.table };
    for (const { layer, correlations, maps } of shown.slice(strip.children.length)) {
      const pictures = QUANTITIES.map((quantity) => {
        const canvas = h('canvas', {
          role: 'img',
          'aria-label': words.alt(layer, quantity, correlations[quantity]),
        });
        drawGrid(canvas, maps[quantity], tables[quantity], photo);
        return h(
          'div',
          {},
          canvas,
          h('span', { class: 'figure' }, words.figure(quantity, correlations[quantity])),
        );
      });
      strip.append(
        h(
          'li',
          {},
          h('div', { class: 'both' }, ...pictures),
          h('span', { class: 'strip-layer' }, layer),
        ),
      );
    }
    const last = shown[shown.length - 1].correlations;
    chart.show(
      shown.map(({ correlations: { magnitudes, signs } }) => ({
        value: magnitudes ?? null,
        second: signs ?? null,
        bar: 0,
      })),
      layers + 1,
      words.chartAlt(title(method), last),
    );
    setText(finding, phase === 'ready' ? words.finding(title(method), last) : '');
  });

  return panel.element;
}
