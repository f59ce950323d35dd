// Values at evenly spaced positions: a line with a dot for each value, a dashed second line, and bars
// behind them.

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
 * @param {{chart: string, top: string, bottom: string}} text   what it shows, and the names of
 *   its first and last position
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
     *   line has no point here; a bar of 0 is not drawn
     * @param {number} count   positions in all
     * @param {string} label   what the line says, in words
     */
    show(points, count, label) {
      const pitch = WIDTH / Math.max(1, count - 1);
      /** @param {(number | null | undefined)[]} values */
      const pointsOf = (values) =>
        values.flatMap((value, i) =>
          value === null || value === undefined
            ? []
            : [[i * pitch, y(value)].map((at) => at.toFixed(1))],
        );
      const dotted = pointsOf(points.map(({ value }) => value));
      line.setAttribute('points', dotted.map((point) => point.join(',')).join(' '));
      dashed.setAttribute(
        'points',
        pointsOf(points.map(({ second }) => second))
          .map((point) => point.join(','))
          .join(' '),
      );
      dots.replaceChildren(...dotted.map(([cx, cy]) => svg('circle', { cx, cy, r: 2.5 })));
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
