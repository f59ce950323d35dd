// The saliency map over the photo.

import { drawOverlay, drawScale, levelsOf } from '../canvas/maps.js';
import { clear, drawPhoto } from '../canvas/surface.js';
import { GROUNDS, lookOf, signedLookOf } from '../colour_maps.js';
import { h, setAttribute, setText } from '../dom.js';
import { card as cardWords, positionName, saliency as words } from '../strings/en.js';
import { isContrast } from '../target.js';
import { targetName, makeCard } from './card.js';

/** @typedef {import('../state.js').State} State */

/** From when on a finger on the map rests there. */
const RESTING_MS = 150;

/**
 * @param {import('../state.js').Store} store
 * @param {{setSettings: (parts: Partial<import('../state.js').Settings>) => void, chooseMethod:
 *   (method: string) => void, save: (what: string) => void}} actions
 */
export function makeSaliencyCard(store, actions) {
  const photo = h('canvas', { class: 'layer' });
  const heat = h('canvas', { class: 'layer', 'aria-hidden': 'true' });

  const opacity = h('input', {
    type: 'range',
    id: 'opacity',
    min: '0',
    max: '1',
    step: '0.01',
    on: { input: () => actions.setSettings({ opacity: opacity.valueAsNumber }) },
  });
  const colourMap = h('select', {
    id: 'colour-map',
    'aria-label': words.colourMap,
    on: { change: () => actions.setSettings({ colourMap: colourMap.value }) },
  });
  const ground = h(
    'select',
    {
      id: 'ground',
      on: {
        change: () =>
          actions.setSettings({
            ground: /** @type {import('../colour_maps.js').Ground} */ (ground.value),
          }),
      },
    },
    ...GROUNDS.map((name) => h('option', { value: name }, words.grounds[name])),
  );
  const method = h('select', {
    id: 'method',
    on: { change: () => actions.chooseMethod(method.value) },
  });
  const scale = h('canvas', { class: 'scale', width: 256, height: 2, role: 'img' });
  const low = h('span', { 'aria-hidden': 'true' });
  const high = h('span', { 'aria-hidden': 'true' });
  const compare = h('button', { type: 'button', class: 'compare', disabled: true }, words.compare);

  const view = makeCard({
    id: 'saliency',
    text: words,
    layers: [photo, heat],
    controls: [
      h('div', { class: 'field' }, h('label', { for: 'method' }, words.method), method),
      h('div', { class: 'buttons' }, compare),
      h('div', { class: 'field' }, h('label', { for: 'ground' }, words.ground), ground),
      h('div', { class: 'field' }, h('label', { for: 'opacity' }, words.opacity), opacity),
      h('div', { class: 'legend' }, low, scale, high, colourMap),
    ],
    saves: [{ label: words.save, hint: words.saveHint, save: () => actions.save('overlay') }],
  });

  /** @param {boolean} held */
  const showPhotoAlone = (held) => {
    heat.classList.toggle('lifted', held);
    compare.setAttribute('aria-pressed', String(held));
  };
  showPhotoAlone(false);
  /** A finger on the map scrolls, unless it rests. @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  const release = () => {
    clearTimeout(resting);
    showPhotoAlone(false);
  };
  for (const held of [compare, view.stage]) {
    held.addEventListener('pointerdown', (event) => {
      const touch = /** @type {PointerEvent} */ (event).pointerType === 'touch';
      if (held === compare || !touch) showPhotoAlone(true);
      else resting = setTimeout(() => showPhotoAlone(true), RESTING_MS);
    });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave'])
      held.addEventListener(end, release);
    // A long press on a phone is a hold here
    held.addEventListener('contextmenu', (event) => event.preventDefault());
  }
  for (const end of ['blur', 'keyup']) compare.addEventListener(end, () => showPhotoAlone(false));
  compare.addEventListener('keydown', (event) => {
    if (event.key === ' ' || event.key === 'Enter') showPhotoAlone(true);
  });

  store.watch(['engine', 'settings'], ({ engine, settings }) => {
    const methods = engine.ready?.methods ?? [];
    if (method.length !== methods.length)
      method.replaceChildren(...methods.map(({ id, title }) => h('option', { value: id }, title)));
    method.value = settings.method;
    method.disabled = methods.length === 0;
    const colours = engine.ready?.colourMaps ?? [];
    if (colourMap.length !== colours.length)
      colourMap.replaceChildren(
        ...colours.map(({ id }) => h('option', { value: id }, words.colourMaps[id] ?? id)),
      );
    colourMap.value = settings.colourMap;
    const now = methods.find(({ id }) => id === settings.method);
    if (!now) return;
    view.describe(now.reading, words.about(now));
    // The formula in symbols is that of the paper's method, the first.
    view.element.classList.toggle('other-method', now !== methods[0]);
  });

  store.watch(['photo', 'target'], (state) => {
    if (state.photo && state.target !== null) drawPhoto(photo, state.photo.bitmap);
    else clear(photo);
  });

  /** What the canvases show now, so that nothing is drawn twice. @type {string | null} */
  let shownScale = null;
  /** @type {unknown[]} */
  let shownMap = [];

  store.watch(['photo', 'target', 'saliency', 'settings', 'engine'], (state) => {
    const {
      saliency: { map },
      settings,
    } = state;
    const bitmap = state.photo?.bitmap;
    const signed = isContrast(state.target);
    const look = signed ? signedLookOf(state) : lookOf(state);
    opacity.value = String(settings.opacity);
    opacity.disabled = settings.ground === 'none';
    ground.value = settings.ground;
    compare.disabled = !map;
    colourMap.disabled = signed || !look;
    const scaleOf = look && `${signed || settings.colourMap} ${look.ground} ${look.opacity}`;
    if (look && scaleOf !== shownScale) {
      drawScale(scale, look);
      const legend = signed ? words.signedLegend : words.legend[look.ground];
      setAttribute(scale, 'aria-label', legend);
      scale.title = legend;
      shownScale = scaleOf;
    }
    setText(low, signed ? words.against : words.low);
    setText(high, signed ? words.speaksFor : words.high);
    const now = [map, bitmap, scaleOf];
    if (now.every((part, i) => part === shownMap[i])) return;
    shownMap = now;
    if (map && bitmap && look) drawOverlay(heat, bitmap, levelsOf(map), look);
    else clear(heat);
  });

  store.watch(['photo', 'target', 'saliency', 'engine', 'example'], (state) => {
    const { phase, done, total, map } = state.saliency;
    const name = targetName(state);
    const position = map?.centre ? positionName(map.centre) : null;
    view.element.dataset.method = map?.method ?? '';
    view.show({
      className: name,
      state: stateText(state),
      fraction: phase === 'working' ? done / total : null,
      note: state.target === null ? words.alone : null,
      empty: state.target === null,
      alt: map ? words.alt(name, position) : null,
      savable: map !== null,
      example: state.photo ? null : state.example,
    });
  });

  return view.element;
}

/** @param {State} state */
function stateText({ target, saliency: { phase, done, total, map } }) {
  if (target === null) return '';
  if (phase === 'working') return map || done > 0 ? words.progress(done, total) : '';
  if (phase === 'cancelled') return cardWords.cancelled;
  if (phase === 'failed') return cardWords.failed;
  if (!map) return '';
  return map.completenessGap === undefined
    ? words.views(map.views)
    : words.gap(map.completenessGap);
}
