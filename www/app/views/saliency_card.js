// The saliency map over the photo.

import { clear, drawIntensity, drawPhoto } from '../canvas_layers.js';
import { COLOUR_MAPS, colourTable } from '../colour_maps.js';
import { h } from '../dom.js';
import { card as cardWords, placeName, saliency as words } from '../strings/en.js';
import { chosenName, makeCard } from './card.js';

/** @typedef {import('../state.js').State} State */

/**
 * @param {import('../state.js').Store} store
 * @param {{setSettings: (parts: Partial<import('../state.js').Settings>) => void, chooseMethod: (method: string) => void, save: (what: string) => void}} actions
 */
export function makeSaliencyCard(store, actions) {
  const photo = h('canvas', { class: 'layer' });
  const heat = h('canvas', { class: 'layer', 'aria-hidden': 'true' });

  const opacity = h('input', {
    type: 'range', id: 'opacity', min: '0', max: '1', step: '0.01',
    on: { input: () => actions.setSettings({ opacity: opacity.valueAsNumber }) },
  });
  const colourMap = h(
    'select',
    { id: 'colour-map', 'aria-label': words.colourMap, on: { change: () => actions.setSettings({ colourMap: /** @type {any} */ (colourMap.value) }) } },
    ...COLOUR_MAPS.map((name) => h('option', { value: name }, words.colourMaps[name])),
  );
  const method = h('select', { id: 'method', on: { change: () => actions.chooseMethod(method.value) } });
  const scale = h('canvas', { class: 'scale', width: 256, height: 1, role: 'img', 'aria-label': words.legend });
  const compare = h('button', { type: 'button', class: 'compare', disabled: true }, words.compare);

  const view = makeCard({
    id: 'saliency',
    text: words,
    layers: [photo, heat],
    controls: [
      h('div', { class: 'field' }, h('label', { for: 'method' }, words.method), method),
      h('div', { class: 'buttons' }, compare),
      h('div', { class: 'field' }, h('label', { for: 'opacity' }, words.opacity), opacity),
      h(
        'div',
        { class: 'legend' },
        h('span', { 'aria-hidden': 'true' }, words.low),
        scale,
        h('span', { 'aria-hidden': 'true' }, words.high),
        colourMap,
      ),
    ],
    saves: [{ label: words.save, hint: words.saveHint, save: () => actions.save('overlay') }],
  });

  /** @param {boolean} held */
  const showPhotoAlone = (held) => {
    heat.classList.toggle('lifted', held);
    compare.setAttribute('aria-pressed', String(held));
  };
  showPhotoAlone(false);
  for (const held of [compare, view.mat]) {
    held.addEventListener('pointerdown', () => showPhotoAlone(true));
    for (const end of ['pointerup', 'pointercancel', 'pointerleave']) held.addEventListener(end, () => showPhotoAlone(false));
    held.addEventListener('contextmenu', (event) => event.preventDefault()); // a long press on a phone is a hold here
  }
  for (const end of ['blur', 'keyup']) compare.addEventListener(end, () => showPhotoAlone(false));
  compare.addEventListener('keydown', (event) => {
    if (event.key === ' ' || event.key === 'Enter') showPhotoAlone(true);
  });

  store.watch(['engine', 'settings'], ({ engine, settings }) => {
    const methods = engine.ready?.methods ?? [];
    if (method.length !== methods.length) method.replaceChildren(...methods.map(({ id, title }) => h('option', { value: id }, title)));
    method.value = settings.method;
    method.disabled = methods.length === 0;
    const now = methods.find(({ id }) => id === settings.method);
    if (!now) return;
    const first = now === methods[0]; // the paper's, whose words the page has itself
    view.describe(first ? words.caption : now.reading, first ? words.formula : words.otherFormula(now));
    view.element.classList.toggle('other-method', !first);
  });

  store.watch(['photo', 'chosen'], (state) => {
    if (state.photo && state.chosen !== null) drawPhoto(photo, state.photo.bitmap);
    else clear(photo);
  });

  /** @type {unknown} what the map's canvas shows */
  let drawn = null;
  /** @type {string | null} */
  let drawnWith = null;

  /** @param {import('../messages.js').IntensityMap | null} map @param {import('../colour_maps.js').ColourMapName} name */
  function drawHeat(map, name) {
    if (drawn === map && drawnWith === name) return; // only the opacity has moved
    if (map) drawIntensity(heat, map, name);
    else clear(heat);
    [drawn, drawnWith] = [map, name];
  }

  store.watch(['photo', 'saliency', 'settings'], ({ saliency, settings }) => {
    opacity.value = String(settings.opacity);
    colourMap.value = settings.colourMap;
    heat.style.opacity = String(settings.opacity);
    drawScale(scale, settings.colourMap);
    drawHeat(saliency.map, settings.colourMap);
    compare.disabled = !saliency.map;
  });

  store.watch(['photo', 'chosen', 'saliency', 'engine'], (state) => {
    const { phase, done, total, map } = state.saliency;
    const name = chosenName(state);
    const place = map?.centre ? placeName(map.centre) : null;
    view.element.dataset.method = map?.method ?? '';
    view.show({
      className: name,
      state: stateText(state),
      part: phase === 'working' ? done / total : null,
      note: state.chosen === null ? words.alone : null,
      empty: state.chosen === null,
      alt: map ? words.alt(name, place) : null,
      savable: map !== null,
    });
  });

  return view.element;
}

/** @param {State} state */
function stateText({ photo, chosen, saliency: { phase, done, total, map } }) {
  if (chosen === null) return photo ? cardWords.needsClass : '';
  if (phase === 'working') return map || done > 0 ? words.progress(done, total) : '';
  if (phase === 'cancelled') return cardWords.cancelled;
  if (phase === 'failed') return cardWords.failed;
  if (!map) return '';
  return map.completenessGap === undefined ? words.views(map.views) : words.gap(map.completenessGap);
}

/** @param {HTMLCanvasElement} canvas @param {import('../colour_maps.js').ColourMapName} name */
function drawScale(canvas, name) {
  const image = new ImageData(256, 1);
  image.data.set(colourTable(name));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
