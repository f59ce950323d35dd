// Values at evenly spaced places: a line with a dot at each place that has one, and bars behind it.

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 400;
const HEIGHT = 120;

/** @param {string} name @param {Record<string, string | number>} attributes */
function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** The chart's own picture, without words: those stand around it. @param {{least: number}} options   the lowest value; the highest is 1 */
export function makeLineChart({ least }) {
  const y = (/** @type {number} */ value) => HEIGHT * (1 - (Math.max(least, Math.min(1, value)) - least) / (1 - least));
  const line = svg('polyline', {});
  const zero = svg('line', { class: 'zero', x1: 0, x2: WIDTH, y1: y(0), y2: y(0) });
  const bars = svg('g', { class: 'bars' });
  const dots = svg('g', {});
  const element = svg('svg', { class: 'chart', viewBox: `-5 -5 ${WIDTH + 10} ${HEIGHT + 10}`, role: 'img' });
  element.append(bars, zero, line, dots);

  return {
    element,

    /**
     * @param {{value: number | null, bar: number}[]} points   null: the line passes this place; a bar of 0 is none
     * @param {number} count   places in all
     * @param {string} label   what the line says, in words
     */
    show(points, count, label) {
      const pitch = WIDTH / Math.max(1, count - 1);
      const places = points.flatMap(({ value }, i) => (value === null ? [] : [[i * pitch, y(value)].map((at) => at.toFixed(1))]));
      line.setAttribute('points', places.map((place) => place.join(',')).join(' '));
      dots.replaceChildren(...places.map(([cx, cy]) => svg('circle', { cx, cy, r: 2.5 })));
      const parts = points.flatMap(({ bar }, i) => (bar > 0 ? [{ x: (i - 0.35) * pitch, width: 0.7 * pitch, y: y(bar), height: y(0) - y(bar) }] : []));
      bars.replaceChildren(...parts.map((part) => svg('rect', part)));
      element.setAttribute('aria-label', label);
    },
  };
}
