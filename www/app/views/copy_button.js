// A button that copies something, and says so for a moment.

import { h, setText } from '../dom.js';

/** For how long it says so. */
const COPIED_MS = 2500;

/**
 * @param {string} label
 * @param {() => Promise<string>} copy   gives the words for what was copied
 * @param {(error: unknown) => void} report
 * @param {{[name: string]: unknown}} [properties]   more of the button's
 */
export function makeCopyButton(label, copy, report, properties = {}) {
  const button = h(
    'button',
    { type: 'button', class: 'quiet', ...properties, on: { click: () => run() } },
    label,
  );
  async function run() {
    try {
      setText(button, await copy());
      setTimeout(() => setText(button, label), COPIED_MS);
    } catch (error) {
      report(error);
    }
  }
  return button;
}
