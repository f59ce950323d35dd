// Adebayo et al.'s check: the map after each layer of the network, from the top down, has lost what it had learnt.

import { drawGrid } from '../canvas_layers.js';
import { h, setText } from '../dom.js';
import { card as cardWords, sanity as words } from '../strings/en.js';
import { chosenName } from './card.js';
import { makeLineChart } from './line_chart.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{checkSanity: () => void}} actions
 */
export function makeSanityPanel(store, actions) {
  const state = h('p', { class: 'card-state' });
  const className = h('p', { class: 'card-class' });
  const run = h('button', { type: 'button', class: 'main', disabled: true, on: { click: actions.checkSanity } }, words.run);
  const chart = makeLineChart({ least: -0.4 });
  const finding = h('p', { class: 'finding' });
  const strip = h('ol', { class: 'strip' });
  const result = h(
    'div',
    { class: 'insight-result', hidden: true },
    h(
      'figure',
      { class: 'chart-figure' },
      h('figcaption', {}, words.chart),
      chart.element,
      h('div', { class: 'chart-ends', 'aria-hidden': 'true' }, h('span', {}, words.top), h('span', {}, words.bottom)),
    ),
    finding,
    strip,
  );
  const element = h(
    'section',
    { class: 'insight', id: 'sanity', 'aria-labelledby': 'sanity-heading' },
    h('header', { class: 'card-head' }, h('h2', { id: 'sanity-heading' }, words.heading), state, className),
    h('div', { class: 'insight-intro' }, h('p', {}, words.caption), run),
    result,
  );

  /** The trained network's map that the strip begins with, and the strip's colours. @type {unknown} */
  let drawn = null;
  /** @type {string | null} */
  let drawnWith = null;

  store.watch(['photo', 'sanity', 'chosen', 'engine', 'settings'], (now) => {
    const { photo, chosen, sanity: { phase, method, layers, original, steps }, settings, engine } = now;
    const title = (/** @type {string} */ id) => engine.ready?.methods.find((one) => one.id === id)?.title ?? id;
    setText(className, chosenName(now));
    setText(run, words.runOn(title(settings.method)));
    run.disabled = chosen === null; // while it works it keeps the focus, and starts over
    const progress = phase === 'working' ? words.step(steps.length, layers) : { cancelled: cardWords.cancelled, failed: cardWords.failed, idle: '', ready: title(method) }[phase];
    setText(state, chosen === null ? (photo ? cardWords.needsClass : '') : progress);
    result.hidden = !original || !photo;
    if (original !== drawn || settings.colourMap !== drawnWith) strip.replaceChildren();
    [drawn, drawnWith] = [original, settings.colourMap];
    if (!original || !photo) return;
    const maps = [{ label: words.trained, correlation: 1, map: original }, ...steps.map(({ layer, correlation, map }) => ({ label: layer, correlation, map }))];
    for (const { label, correlation, map } of maps.slice(strip.children.length)) {
      const canvas = h('canvas', { role: 'img', 'aria-label': words.alt(label, correlation) });
      drawGrid(canvas, map, settings.colourMap, photo);
      strip.append(h('li', {}, canvas, h('span', { class: 'strip-layer' }, label), h('span', { class: 'figure' }, words.correlation(correlation))));
    }
    const last = maps[maps.length - 1];
    chart.show(maps.map(({ correlation }) => ({ value: correlation ?? null, bar: 0 })), layers + 1, words.chartAlt(title(method), last.correlation));
    setText(finding, phase === 'ready' ? words.finding(title(method), last.correlation) : '');
  });

  return element;
}
