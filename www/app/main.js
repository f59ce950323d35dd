// Wires the page together: the visitor's actions start jobs, jobs write their results to the state,
// and views draw the state.

import { Address } from './address.js';
import { reloadEverything } from './builds.js';
import { missingCapability } from './capabilities.js';
import { h } from './dom.js';
import { downloads } from './downloads.js';
import { EngineOpening } from './engine_opening.js';
import { Explanation } from './explanation.js';
import { Gallery } from './jobs/gallery.js';
import { PhotoOpening } from './jobs/photo_opening.js';
import { CodedError } from './messages.js';
import { keepPage, sharedPicture, useUpdate } from './offline.js';
import { Problems } from './problems.js';
import { likeliest } from './ranking.js';
import { startClipboardPaste } from './sources/clipboard_paste.js';
import { startDropZone } from './sources/drop_zone.js';
import { loadExample } from './sources/example.js';
import { fetchSample, loadSamples, sampleId } from './sources/sample_gallery.js';
import { createStore, initialState } from './state.js';
import { page } from './strings/en.js';
import { sameTarget } from './target.js';
import { readHash } from './url_state.js';
import { targetName } from './views/card.js';
import { makeBoardPanel } from './views/board_panel.js';
import { makeClassesPanel } from './views/classes_panel.js';
import { makeCutCard } from './views/cut_card.js';
import { makeGalleryPanel } from './views/gallery_panel.js';
import { makeMasthead } from './views/masthead.js';
import { makeModelCard } from './views/model_card.js';
import { makePageFoot } from './views/page_foot.js';
import { makePhotoPanel } from './views/photo_panel.js';
import { makeProblemCards } from './views/problem_cards.js';
import { makeReadingPanel } from './views/reading_panel.js';
import { makeRelationPanel } from './views/relation_panel.js';
import { makeSaliencyCard } from './views/saliency_card.js';
import { makeSanityPanel } from './views/sanity_panel.js';
import { makeStatusBar } from './views/status_bar.js';
import { makeTopFivePanel } from './views/top_five_panel.js';

const read = readHash(location.hash);
const store = createStore(initialState(read.settings));
const problems = new Problems(store);
const report = (/** @type {unknown} */ error) => problems.report(error);
const address = new Address(store, read, report);
const engine = new EngineOpening(store, report, (ready) => {
  address.checkBy(ready);
  keep(ready);
});
const jobContext = { store, client: engine.client, report };
const explanation = new Explanation(jobContext);
const gallery = new Gallery(jobContext);
const photo = new PhotoOpening(jobContext, {
  onOpened: () => explanation.clear(),
  onClassified() {
    const { target, chosenHere } = address.takeTarget();
    if (target === null) introduce();
    else if (chosenHere) actions.choose(target);
    else chooseFromLink(target);
  },
});

/**
 * Has the page kept for visits without a network, once the browser is idle.
 * @param {import('./messages.js').EngineReady} ready
 */
function keep({ used, storable }) {
  const whenIdle = self.requestIdleCallback ?? setTimeout;
  whenIdle(async () => {
    const kept = await keepPage(used, () => report(new CodedError('update-ready')));
    store.set({ kept: storable ? kept : 'nothing' });
  });
}

/** @param {Partial<import('./state.js').Settings>} parts */
function setSettings(parts) {
  store.set({ settings: { ...store.state.settings, ...parts } });
}

/**
 * @param {(signal: AbortSignal) => Promise<import('./photo_pixels.js').PictureSource>} get
 * @param {import('./sources/sample_gallery.js').Sample | null} [sample]
 */
function openPicture(get, sample = null) {
  photoPanel.stopCamera();
  problems.removeWhere(({ code }) => /^(picture|camera|drop|paste|sample)-/.test(code));
  explanation.cancel();
  return photo.open(get, sample);
}

/** A photo explains itself: its likeliest class, without the model, which takes long. */
function introduce() {
  const [first] = likeliest(store.state.probabilities ?? new Float32Array(), 1);
  explanation.explain(first, false);
  showResults();
}

/** @param {import('./target.js').Target} target */
function chooseFromLink(target) {
  actions.choose(target);
  store.set({ fromLink: true });
}

/** Opens the sample that the address names. @param {string} id */
async function openSample(id) {
  const samples = await loadSamples();
  if (address.sample !== id) return; // there is another photo by now
  const sample = samples.find((one) => sampleId(one) === id);
  if (sample) await actions.useSample(sample);
  if (address.sample === id) address.giveUpSample(sample !== undefined);
}

/** Brings the results up where less than half of the map can be seen. */
function showResults() {
  const map = document.querySelector('#saliency .stage')?.getBoundingClientRect();
  if (!map || Math.min(map.bottom, innerHeight) - Math.max(map.top, 0) >= map.height / 2) return;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.querySelector('#reading')?.scrollIntoView({ behavior: calm ? 'auto' : 'smooth' });
}

const actions = {
  report,
  setSettings,

  /** @param {import('./photo_pixels.js').PictureSource} source */
  usePicture: (source) => openPicture(async () => source),

  /** @param {import('./sources/sample_gallery.js').Sample} sample */
  useSample: (sample) => openPicture((signal) => fetchSample(sample, signal), sample),

  /** @param {import('./target.js').Target} target */
  choose(target) {
    const { photo: chosen, target: before, saliency, model, cut } = store.state;
    if (!chosen) return;
    store.set({ fromLink: false });
    const complete = saliency.phase === 'ready' && (cut.phase === 'ready' || cut.phase === 'none');
    const isExplained = complete || explanation.maps.underWay;
    if (!sameTarget(target, before) || !isExplained) explanation.explain(target, true);
    else if (model.phase === 'paused') explanation.model.resume();
    else if (model.phase === 'idle' || model.phase === 'cancelled') explanation.model.start();
    else return;
    showResults();
  },

  startModel: () => explanation.model.start(),
  pauseModel: () => explanation.model.pause(),
  resumeModel: () => explanation.model.resume(),
  cancelModel: () => explanation.model.cancel(),

  /** @param {string} method */
  chooseMethod(method) {
    setSettings({ method });
    explanation.cover.clear();
    explanation.maps.changeMethod();
  },

  /** @param {import('./messages.js').Seeds} seeds */
  chooseSeeds(seeds) {
    setSettings({ seeds });
    explanation.maps.changeSeeds();
  },

  /** @type {import('./jobs/cut_corrections.js').CutCorrections['correct']} */
  correctCut: (call, args) => explanation.corrections.correct(call, args),
  coverBrightest: () => explanation.cover.start(),
  /** @param {'methods' | 'classes'} by */
  compareMaps: (by) => explanation.board.start(by),
  compareRules: () => explanation.rules.start(),
  checkSanity: () => explanation.sanity.start(),
  locateTopFive: () => explanation.topFive.start(),

  /** @param {Partial<import('./state.js').Settings>} parts */
  changeModel(parts) {
    setSettings(parts);
    explanation.model.start();
  },

  /** @param {boolean} surprise */
  growGallery: (surprise) => gallery.start(surprise),
  stopGallery: () => gallery.cancel(),

  /** Stops all work. */
  cancel() {
    actions.cancelModel();
    actions.pause();
  },

  /** The same, but the class model can go on later. */
  pause() {
    engine.cancel();
    photo.cancel();
    explanation.pause();
    gallery.cancel();
  },

  retry: () => engine.open(),

  useCpu() {
    setSettings({ device: 'cpu' });
    engine.open();
  },

  copyLink: () => actions.copyText(address.link),

  /** @param {string} text */
  copyText: (text) =>
    navigator.clipboard.writeText(text).catch((error) => {
      throw new CodedError('copy-failed', error.message);
    }),

  reload: () => location.reload(),
  reloadEverything: () =>
    reloadEverything().catch(() => report(new CodedError('server-unreachable'))),
  useUpdate,

  /** @param {import('./messages.js').Problem} problem */
  dismiss: (problem) => problems.removeWhere((other) => other === problem),

  /** @param {string} what */
  save: (what) => downloads[what](store.state, engine.client).catch(report),
};

const photoPanel = makePhotoPanel(store, actions);

document.body.replaceChildren(
  makeMasthead(store, actions),
  makeStatusBar(store, actions),
  h(
    'main',
    {},
    h('div', { class: 'input' }, photoPanel.element, makeClassesPanel(store, actions)),
    h(
      'div',
      { class: 'results' },
      makeReadingPanel(store, actions),
      h(
        'div',
        { class: 'cards' },
        makeSaliencyCard(store, actions),
        makeModelCard(store, actions),
        makeCutCard(store, actions),
      ),
      makeBoardPanel(store, actions),
      makeGalleryPanel(store, actions),
      makeTopFivePanel(store, actions),
      makeRelationPanel(store, actions),
      makeSanityPanel(store, actions),
    ),
  ),
  makePageFoot(store),
  makeProblemCards(store, actions),
  h('div', { class: 'drop-hint', 'aria-hidden': 'true' }, h('p', {}, page.dropHere)),
);

/** Tabs are told apart by what they show. */
const untitled = document.title;
store.watch(['target', 'engine'], (state) => {
  const name = targetName(state);
  document.title = name ? page.titleOf(name) : untitled;
});

startDropZone(actions.usePicture, report, document.body);
startClipboardPaste(actions.usePicture, report);

document.addEventListener('keydown', (event) => {
  if (
    event.key === 'Escape' &&
    !event.defaultPrevented &&
    !document.querySelector('dialog[open]')
  ) {
    photoPanel.stopCamera();
    actions.pause();
  }
});

address.follow({
  onTarget: (target, chosenHere) => (chosenHere ? actions.choose(target) : chooseFromLink(target)),
  onSample: (id) => openSample(id).catch(report),
  onSettings(before) {
    const { method, seeds, device } = store.state.settings;
    if (store.state.engine.ready) {
      if (method !== before.method) {
        explanation.cover.clear();
        explanation.maps.changeMethod();
      } else if (seeds !== before.seeds) explanation.maps.changeSeeds();
    }
    if (device !== before.device) engine.open();
  },
});

// Without it, the cards say what they are for.
loadExample().then(
  (example) => store.set({ example }),
  () => {},
);

if (address.sample !== null) openSample(address.sample).catch(report);

const missing = missingCapability();
if (missing) engine.refuse(missing);
else engine.open();

if (new URLSearchParams(location.search).has('shared')) {
  history.replaceState(null, '', location.pathname + location.hash);
  sharedPicture().then((blob) => {
    if (blob) actions.usePicture({ kind: 'file', blob });
    else report(new CodedError('share-without-picture'));
  });
}
