// Wires the page together: what the visitor does goes to the engine, what the engine says goes into
// the state, and the views follow the state.

import { foreignFile, loadedModules, mismatch, parts, reloadEverything } from './builds.js';
import { missingCapability } from './capabilities.js';
import { sameTarget } from './target.js';
import { h } from './dom.js';
import { downloads } from './downloads.js';
import { EngineClient } from './engine_client.js';
import { Explanation } from './explanation.js';
import { Gallery } from './jobs/gallery.js';
import { CodedError, problemOf } from './messages.js';
import { keepPage, sharedPicture, useUpdate } from './offline.js';
import { startClipboardPaste } from './sources/clipboard_paste.js';
import { startDropZone } from './sources/drop_zone.js';
import { fetchSample } from './sources/sample_gallery.js';
import { createStore, initialState } from './state.js';
import { link, page } from './strings/en.js';
import { checkedByEngine, readHash, writeHash } from './url_state.js';
import { makeClassesPanel } from './views/classes_panel.js';
import { makeCutCard } from './views/cut_card.js';
import { makeGalleryPanel } from './views/gallery_panel.js';
import { makeMasthead, makePageFoot } from './views/masthead.js';
import { makeModelCard } from './views/model_card.js';
import { makePhotoPanel } from './views/photo_panel.js';
import { makeProblemCards } from './views/problem_cards.js';
import { makeRelationPanel } from './views/relation_panel.js';
import { makeSaliencyCard } from './views/saliency_card.js';
import { makeSanityPanel } from './views/sanity_panel.js';
import { makeStatusBar } from './views/status_bar.js';
import { makeTopFivePanel } from './views/top_five_panel.js';

const fromAddress = readHash(location.hash);
const store = createStore(initialState(fromAddress.settings));

/**
 * What the address asks for, until there is a photo to show it on. After a reload it is what was
 * chosen here, for a photo that is gone: no wish for the next one.
 * @type {import('./target.js').Target | null}
 */
let pendingTarget = history.state?.chosenHere ? null : fromAddress.target;

/** @param {unknown} error   anything that was thrown */
const report = (error) => reportProblem(problemOf(error));

/** @param {import('./messages.js').Problem} problem */
function reportProblem(problem) {
  if (problem.code === 'cancelled') return;
  const others = store.state.problems.filter(({ code }) => code !== problem.code);
  store.set({ problems: [...others, problem] });
}

/**
 * What of the address made no sense; told in one card.
 * @type {import('./url_state.js').LinkFault[]}
 */
let linkFaults = [];

/** @param {import('./url_state.js').LinkFault[]} faults */
function reportLink(faults) {
  if (faults.length === 0) return;
  linkFaults = [...linkFaults, ...faults];
  report(
    new CodedError(
      'link-not-understood',
      linkFaults
        .map((fault) => link.fault(fault, store.state.engine.ready?.network.classes.length))
        .join(' '),
    ),
  );
}

/** @param {(problem: import('./messages.js').Problem) => boolean} keep */
function keepProblems(keep) {
  store.set({ problems: store.state.problems.filter(keep) });
}

/** @param {Partial<import('./state.js').EngineState>} parts */
const setEngine = (parts) => store.set({ engine: { ...store.state.engine, ...parts } });

/**
 * What the page calls the worker's phases.
 * @type {{[phase: string]: import('./state.js').EngineState['phase']}}
 */
const OPENING = { download: 'downloading', 'warm-up': 'warming' };

const client = new EngineClient({
  onOpening: () => setEngine({ phase: 'starting', done: 0 }),
  onOpenProgress: ({ phase, done, total }) =>
    setEngine({ phase: OPENING[phase] ?? 'preparing', done, total }),
  onOpened(ready) {
    // A worker of an old build answers without telling.
    const odd = mismatch([...parts(), ...(ready.parts ?? [])], loadedModules());
    if (odd) return openFailed(new CodedError('program-mismatch', odd));
    setEngine({ phase: 'ready', ready });
    const { settings, target, faults } = checkedByEngine(
      store.state.settings,
      pendingTarget,
      ready,
    );
    setSettings(settings);
    pendingTarget = target;
    reportLink(faults);
    keep(ready);
  },
  onOpenFailed: openFailed,
  onPictureLost: report,
});

/** @param {CodedError} error */
async function openFailed(error) {
  setEngine({ phase: error.code === 'cancelled' ? 'stopped' : 'failed' });
  const foreign = error.code === 'program-load-failed' ? await foreignFile() : '';
  report(foreign ? new CodedError('program-mismatch', foreign) : error);
}

/**
 * Has the page kept for visits without a network, when nothing else is to be done.
 * @param {import('./messages.js').EngineReady} ready
 */
function keep({ used, storable }) {
  const whenIdle = self.requestIdleCallback ?? setTimeout;
  whenIdle(async () => {
    const kept = await keepPage(used, () => report(new CodedError('update-ready')));
    store.set({ kept: storable ? kept : 'nothing' });
  });
}

const jobContext = { store, client, report: reportProblem };
const explanation = new Explanation(jobContext);
const gallery = new Gallery(jobContext);

let opening = new AbortController();

function openEngine() {
  opening.abort();
  opening = new AbortController();
  const odd = mismatch(parts());
  if (odd) return openFailed(new CodedError('program-mismatch', odd));
  client.open(store.state.settings.device, opening.signal);
}

/** @param {Partial<import('./state.js').Settings>} parts */
function setSettings(parts) {
  store.set({ settings: { ...store.state.settings, ...parts } });
}

let picture = new AbortController();

/**
 * Opens a picture and has it classified. The photo there was stays until the new one has been read.
 * @param {(signal: AbortSignal) => Promise<import('./photo_pixels.js').PictureSource>} get
 * @param {import('./sources/sample_gallery.js').Sample | null} [sample]
 */
async function openPicture(get, sample = null) {
  picture.abort();
  picture = new AbortController();
  const { signal } = picture;
  photoPanel.stopCamera();
  keepProblems(({ code }) => !/^(picture|camera|drop|paste|sample)-/.test(code));
  explanation.cancel();
  store.set({ opening: true });
  try {
    const source = await get(signal);
    const opened = await client.call('setPicture', { source }, { signal });
    if (signal.aborted) return;
    explanation.clear();
    store.set({
      opening: false,
      photo: { ...opened, sample },
      scores: null,
      probabilities: null,
      fromLink: false,
    });
    const { scores, probabilities } = await client.call('classify', {}, { signal });
    if (signal.aborted) return;
    store.set({ scores, probabilities });
    if (pendingTarget !== null) chooseFromLink(pendingTarget);
    pendingTarget = null;
  } catch (error) {
    if (!signal.aborted) {
      store.set({ opening: false });
      report(error);
    }
  }
}

/** @param {import('./target.js').Target} wish */
function chooseFromLink(wish) {
  actions.choose(wish);
  store.set({ fromLink: true });
}

/** Where the cards are below the screen, as on a phone, they are brought up. */
function showCards() {
  const cards = document.querySelector('.cards');
  if (!cards || cards.getBoundingClientRect().top < innerHeight * 0.8) return;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  cards.scrollIntoView({ behavior: calm ? 'auto' : 'smooth' });
}

const actions = {
  report,
  setSettings,

  /** @param {import('./photo_pixels.js').PictureSource} source */
  usePicture: (source) => openPicture(async () => source),

  /** @param {import('./sources/sample_gallery.js').Sample} sample */
  useSample: (sample) => openPicture((signal) => fetchSample(sample, signal), sample),

  /** @param {import('./target.js').Target} wish */
  choose(wish) {
    const { photo, target, saliency, cut } = store.state;
    if (!photo) return;
    store.set({ fromLink: false });
    const complete = saliency.phase === 'ready' && (cut.phase === 'ready' || cut.phase === 'none');
    const underWay = saliency.phase === 'working' || cut.phase === 'working';
    // It is all there, or on its way
    if (sameTarget(wish, target) && (complete || underWay)) return;
    explanation.explain(wish);
    showCards();
  },

  startModel: () => explanation.model.start(),
  pauseModel: () => explanation.model.pause(),
  resumeModel: () => explanation.model.resume(),
  cancelModel: () => explanation.model.cancel(),

  /** @param {string} method */
  chooseMethod(method) {
    setSettings({ method });
    explanation.maps.changeMethod();
  },

  /** @param {import('./messages.js').Seeds} seeds */
  chooseSeeds(seeds) {
    setSettings({ seeds });
    explanation.maps.changeSeeds();
  },

  /** @type {import('./jobs/cut_corrections.js').CutCorrections['correct']} */
  correctCut: (call, args) => explanation.corrections.correct(call, args),
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

  /** Stops whatever is under way. */
  cancel() {
    const { engine } = store.state;
    if (engine.phase !== 'ready') opening.abort();
    if (store.state.opening) {
      picture.abort();
      store.set({ opening: false });
    }
    explanation.cancel();
    gallery.cancel();
  },

  retry: openEngine,

  useCpu() {
    setSettings({ device: 'cpu' });
    openEngine();
  },

  reload: () => location.reload(),
  reloadEverything: () =>
    reloadEverything().catch(() => report(new CodedError('server-unreachable'))),
  useUpdate,

  /** @param {import('./messages.js').Problem} problem */
  dismiss: (problem) => keepProblems((other) => other !== problem),

  /** @param {string} what */
  save: (what) => downloads[what](store.state, client).catch(report),
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
      h(
        'div',
        { class: 'cards' },
        makeSaliencyCard(store, actions),
        makeModelCard(store, actions),
        makeCutCard(store, actions),
      ),
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

startDropZone(actions.usePicture, report, document.body);
startClipboardPaste(actions.usePicture, report);

document.addEventListener('keydown', (event) => {
  if (
    event.key === 'Escape' &&
    !event.defaultPrevented &&
    !document.querySelector('dialog[open]')
  ) {
    photoPanel.stopCamera();
    actions.cancel();
  }
});

/** @type {ReturnType<typeof setTimeout> | undefined} */
let writing;
store.watch(['settings', 'target', 'fromLink'], () => {
  clearTimeout(writing); // browsers refuse too many changes of the address, and a slider makes many
  writing = setTimeout(() => {
    const { settings, target, fromLink } = store.state;
    const hash = writeHash(settings, target ?? pendingTarget);
    const chosenHere = target !== null && !fromLink;
    if (hash === location.hash && Boolean(history.state?.chosenHere) === chosenHere) return;
    history.replaceState(
      chosenHere ? { chosenHere } : null,
      '',
      hash || location.pathname + location.search,
    );
  }, 200);
});

window.addEventListener('hashchange', () => {
  const read = readHash(location.hash);
  linkFaults = [];
  reportLink(read.faults);
  const before = store.state.settings;
  const { ready } = store.state.engine;
  if (!ready) {
    setSettings(read.settings); // the engine checks them when it is there
    pendingTarget = read.target;
  } else {
    const { settings, target, faults } = checkedByEngine(read.settings, read.target, ready);
    reportLink(faults);
    setSettings(settings);
    if (target !== null && !sameTarget(target, store.state.target)) {
      if (store.state.probabilities) chooseFromLink(target);
      else pendingTarget = target;
    }
    if (settings.method !== before.method) explanation.maps.changeMethod();
    else if (settings.seeds !== before.seeds) explanation.maps.changeSeeds();
  }
  if (read.settings.device !== before.device) openEngine();
});

reportLink(fromAddress.faults);

const missing = missingCapability();
if (missing) {
  setEngine({ phase: 'failed' });
  report(new CodedError('browser-too-old', missing));
} else {
  openEngine();
}

if (new URLSearchParams(location.search).has('shared')) {
  history.replaceState(null, '', location.pathname + location.hash);
  sharedPicture().then((blob) => {
    if (blob) actions.usePicture({ kind: 'file', blob });
    else report(new CodedError('share-without-picture'));
  });
}
