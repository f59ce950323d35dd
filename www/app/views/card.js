// The frame that the three results share: heading, state, picture on its stage, progress, controls,
// words, formula, saving.

import { isClass, isContrast } from '../target.js';
import { fromTemplate, h, setAttribute, setText } from '../dom.js';
import { pictureOf } from '../sources/example.js';
import { card as words, contrastName, neuronName, shortName } from '../strings/en.js';

/**
 * @param {object} parts
 * @param {string} parts.id
 * @param {{heading: string, alone: string, caption?: string, formula?: string}} parts.text   with
 *   no caption or formula if the engine has them, until it is ready
 * @param {HTMLCanvasElement[]} parts.layers      the first gets the role of the picture
 * @param {Node[]} parts.controls
 * @param {{label: string, hint: string, save: () => void}[]} parts.saves
 */
export function makeCard({ id, text, layers, controls, saves }) {
  const state = h('p', { class: 'card-state' });
  const className = h('p', { class: 'card-class' });
  const progress = h('div', { class: 'card-progress' }, h('div', { class: 'bar' }));
  const note = h('p', { class: 'stage-note' });
  const pictogram = h(
    'div',
    { class: 'pictogram', 'aria-hidden': 'true' },
    fromTemplate(`pictogram-${id}`),
  );
  const dark = h('source', { media: '(prefers-color-scheme: dark)' });
  const light = h('img', { class: 'layer', alt: '' });
  const example = h(
    'div',
    { class: 'example', hidden: true },
    h('picture', {}, dark, light),
    h('p', { class: 'example-label' }, words.example),
  );
  const stage = h('div', { class: 'stage' }, pictogram, example, ...layers, note);
  const saveButtons = saves.map(({ label, hint, save }) =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        title: hint,
        'aria-label': hint,
        disabled: true,
        on: { click: save },
      },
      label,
    ),
  );
  const headingId = `${id}-heading`;
  const element = h(
    'section',
    { class: 'card', id, 'aria-labelledby': headingId },
    h('header', { class: 'card-head' }, h('h2', { id: headingId }, text.heading), state, className),
    stage,
    progress,
    h('div', { class: 'controls' }, ...controls),
    h('p', { class: 'caption' }, text.caption ?? ''),
    h(
      'footer',
      { class: 'card-foot' },
      h(
        'details',
        { class: 'formula' },
        h('summary', {}, words.formula),
        fromTemplate(`formula-${id}`),
        h('p', {}, text.formula ?? ''),
      ),
      h(
        'div',
        { class: 'saves' },
        h('span', { class: 'saves-label', 'aria-hidden': 'true' }, words.save),
        ...saveButtons,
      ),
    ),
  );
  const bar = /** @type {HTMLElement} */ (progress.firstChild);
  const caption = /** @type {HTMLElement} */ (element.querySelector('.caption'));
  const formula = /** @type {HTMLElement} */ (element.querySelector('.formula p'));

  return {
    element,
    stage,

    /**
     * Another caption, and other words at the formula.
     * @param {string} captionText
     * @param {string} formulaText
     */
    describe(captionText, formulaText) {
      setText(caption, captionText);
      setText(formula, formulaText);
    },

    /**
     * @param {object} shown
     * @param {string} shown.state        a few words beside the heading
     * @param {number | null} shown.fraction  0..1 of the way, or null for no progress
     * @param {string | null} shown.note  a sentence on the empty stage
     * @param {boolean} shown.empty       whether the pictogram is shown instead of a picture
     * @param {string | null} shown.alt   what the picture shows; null while there is none
     * @param {boolean} shown.savable
     * @param {string} shown.className    the class that the card is about
     * @param {import('../sources/example.js').Example | null} shown.example   shown in place of it all
     */
    show(shown) {
      setText(state, shown.state);
      setText(className, shown.example?.className ?? shown.className);
      setText(note, shown.note ?? '');
      note.hidden = !shown.note || shown.example !== null;
      pictogram.hidden = !shown.empty || shown.example !== null;
      example.hidden = shown.example === null;
      if (shown.example && !light.src) {
        dark.srcset = pictureOf(id, 'dark');
        light.src = pictureOf(id, 'light');
        light.alt = words.exampleAlt(text.heading, shown.example.className);
      }
      element.classList.toggle('working', shown.fraction !== null);
      bar.style.transform = `scaleX(${shown.fraction ?? 0})`;
      const [picture] = layers;
      setAttribute(picture, 'role', shown.alt ? 'img' : null);
      setAttribute(picture, 'aria-label', shown.alt);
      setAttribute(picture, 'aria-hidden', shown.alt ? null : 'true');
      for (const button of saveButtons) button.disabled = !shown.savable;
    },
  };
}

/**
 * The first name of the chosen class, those of a class and the other, or the neuron's; '' for none.
 * @param {import('../state.js').State} state
 */
export function targetName({ engine, target }) {
  return target === null || !engine.ready ? '' : nameOfTarget(target, engine.ready);
}

/**
 * The name of any target.
 * @param {import('../target.js').Target} target
 * @param {import('../messages.js').EngineReady} ready
 */
export function nameOfTarget(target, { network }) {
  const name = (/** @type {number} */ index) => shortName(network.classes[index]);
  if (isContrast(target)) return contrastName(name(target.classIndex), name(target.against));
  return isClass(target) ? name(target) : neuronName(target);
}
