// Values at evenly spaced places: a line with a dot at each place that has one, a second one,
// dashed, and bars behind them.

import { h } from '../dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 400;
const HEIGHT = 120;

/** @param {string} name @param {Record<string, string | number>} attributes */
function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/**
 * @param {number} least   the lowest value; the highest is 1
 * @param {{chart: string, top: string, bottom: string}} text   what it shows, and what is at its
 *   first and its last place
 */
export function makeLineChart(least, text) {
  const y = (/** @type {number} */ value) =>
    HEIGHT * (1 - (Math.max(least, Math.min(1, value)) - least) / (1 - least));
  const line = svg('polyline', {});
  const dashed = svg('polyline', { class: 'dashed' });
  const zero = svg('line', { class: 'zero', x1: 0, x2: WIDTH, y1: y(0), y2: y(0) });
  const bars = svg('g', { class: 'bars' });
  const dots = svg('g', {});
  const picture = svg('svg', {
    class: 'chart',
    viewBox: `-5 -5 ${WIDTH + 10} ${HEIGHT + 10}`,
    role: 'img',
  });
  picture.append(bars, zero, dashed, line, dots);
  const element = h(
    'figure',
    { class: 'chart-figure' },
    h('figcaption', {}, text.chart),
    picture,
    h(
      'div',
      { class: 'chart-ends', 'aria-hidden': 'true' },
      h('span', {}, text.top),
      h('span', {}, text.bottom),
    ),
  );

  return {
    element,

    /**
     * @param {{value: number | null, second?: number | null, bar: number}[]} points   null: the
     *   line passes this place; a bar of 0 is none
     * @param {number} count   places in all
     * @param {string} label   what the line says, in words
     */
    show(points, count, label) {
      const pitch = WIDTH / Math.max(1, count - 1);
      /** @param {(number | null | undefined)[]} values */
      const placesOf = (values) =>
        values.flatMap((value, i) =>
          value === null || value === undefined
            ? []
            : [[i * pitch, y(value)].map((at) => at.toFixed(1))],
        );
      const places = placesOf(points.map(({ value }) => value));
      line.setAttribute('points', places.map((place) => place.join(',')).join(' '));
      dashed.setAttribute(
        'points',
        placesOf(points.map(({ second }) => second))
          .map((place) => place.join(','))
          .join(' '),
      );
      dots.replaceChildren(...places.map(([cx, cy]) => svg('circle', { cx, cy, r: 2.5 })));
      const parts = points.flatMap(({ bar }, i) =>
        bar > 0
          ? [{ x: (i - 0.35) * pitch, width: 0.7 * pitch, y: y(bar), height: y(0) - y(bar) }]
          : [],
      );
      bars.replaceChildren(...parts.map((part) => svg('rect', part)));
      picture.setAttribute('aria-label', label);
    },
  };
}
