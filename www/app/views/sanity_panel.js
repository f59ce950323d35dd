// Adebayo et al.'s check: the map after each layer of the network, from the top down, has lost what it had learnt.

import { drawGrid } from '../canvas_layers.js';
import { h, setText } from '../dom.js';
import { card as cardWords, sanity as words } from '../strings/en.js';
import { chosenName } from './card.js';
import { makeInsight } from './insight.js';
import { makeLineChart } from './line_chart.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{checkSanity: () => void}} actions
 */
export function makeSanityPanel(store, actions) {
  const chart = makeLineChart(-0.4, words);
  const finding = h('p', { class: 'finding' });
  const strip = h('ol', { class: 'strip' });
  const result = h(
    'div',
    { class: 'insight-result', hidden: true },
    chart.element,
    finding,
    strip,
  );
  const panel = makeInsight({ id: 'sanity', text: words, start: actions.checkSanity, content: [result] });

  /** The trained network's map that the strip begins with, and the strip's colours. @type {unknown} */
  let drawn = null;
  /** @type {string | null} */
  let drawnWith = null;

  store.watch(['photo', 'sanity', 'chosen', 'engine', 'settings'], (now) => {
    const { photo, chosen, sanity: { phase, method, layers, original, steps }, settings, engine } = now;
    const title = (/** @type {string} */ id) => engine.ready?.methods.find((one) => one.id === id)?.title ?? id;
    setText(panel.run, words.runOn(title(settings.method)));
    const rest = chosen !== null ? title(method) : photo ? cardWords.needsClass : '';
    panel.show({ phase, possible: chosen !== null, className: chosenName(now), progress: words.step(steps.length, layers), rest });
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

  return panel.element;
}
