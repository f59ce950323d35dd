// The state of the page, in one place: views read it, and are called when a part of it has changed.

/** @typedef {import('./messages.js').EngineReady} EngineReady */
/** @typedef {import('./messages.js').Problem} Problem */
/** @typedef {import('./messages.js').IntensityMap} IntensityMap */
/** @typedef {import('./messages.js').Cut} Cut */
/** @typedef {import('./messages.js').ModelFrame} ModelFrame */

/**
 * @typedef {object} EngineState
 * @property {'starting' | 'downloading' | 'preparing' | 'warming' | 'ready' | 'stopped' | 'failed'}
 *   phase
 * @property {number} done              bytes of a download, else units of work
 * @property {number} total
 * @property {EngineReady | null} ready  the device, the network and the menus, once they are known
 */

/**
 * @typedef {object} Photo
 * @property {ImageBitmap} bitmap        for display: at most FRAME_SIDE on its long side
 * @property {number} width              the photo's own width in pixels
 * @property {number} height
 * @property {number} fileWidth          the file's: larger if the photo was reduced on opening
 * @property {number} fileHeight
 * @property {string} decoder            the decoder
 * @property {import('./sources/sample_gallery.js').Sample | null} sample
 */

/**
 * @typedef {object} SaliencyState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {number} done               passes finished of the map that is being computed
 * @property {number} total
 * @property {IntensityMap | null} map   the newest finished map
 */

/**
 * @typedef {object} ModelState
 * @property {'idle' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled'} phase
 * @property {number} steps              steps this run will take
 * @property {{step: number, score: number, probability: number | undefined}[]} curve
 * @property {ModelFrame | null} frame    the newest
 * @property {ModelFrame[]} frames        earlier ones, thinned out
 * @property {number} pace                steps a second
 */

/**
 * @typedef {object} CutState
 * @property {'idle' | 'working' | 'ready' | 'none' | 'failed' | 'cancelled'} phase  `none`: no
 *   object stands out
 * @property {number} fraction                0..1, progress of the final cut
 * @property {boolean} correcting         the cut under way is a corrected one
 * @property {import('./messages.js').Stroke[]} strokes   that correct it, also those under way
 * @property {Cut | null} cut            while `working`, the preview
 */

/** @typedef {'object' | 'background' | 'rectangle'} CutTool */

/**
 * @typedef {object} RelationState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {import('./messages.js').Relation | null} relation
 */

/**
 * @typedef {object} SanityState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {string} method            id of the method that is checked
 * @property {number} layers            to be randomised, in all
 * @property {import('./messages.js').BothMaps | null} original   the trained network's
 * @property {import('./messages.js').RandomisedMap[]} steps           one for each layer randomised
 *   so far
 */

/**
 * @typedef {object} TopFiveState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {{classIndex: number, cut: Cut | null}[]} located   the likeliest class first; null
 *   where no object stands out
 */

/**
 * @typedef {object} CoverState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {import('./messages.js').CoverTest | null} test
 */

/**
 * One map of the board, with its cover test.
 * @typedef {{target: import('./target.js').Target, method: string, map:
 *   import('./messages.js').IntensityMap, test: import('./messages.js').CoverTest}} BoardTile
 */

/**
 * @typedef {object} BoardState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {'methods' | 'classes'} by    what differs from tile to tile
 * @property {number} count                of all tiles
 * @property {BoardTile[]} tiles           those that are there
 */

/**
 * @typedef {object} GalleryState
 * @property {'idle' | 'working' | 'ready' | 'failed' | 'cancelled'} phase
 * @property {{classIndex: number, steps: number, step: number, probability: number | undefined,
 *   frame: ModelFrame | null}[]} models
 */

/**
 * @typedef {object} Settings
 * @property {string} method             id of a saliency method
 * @property {string} colourMap          id of a colour map
 * @property {import('./colour_maps.js').Ground} ground
 * @property {number} opacity            0..1
 * @property {import('./messages.js').Seeds} seeds
 * @property {string} recipe             id of a class-model recipe
 * @property {number} seed
 * @property {number | null} side        rows and columns of class models; null for the recipe's own
 * @property {import('./messages.js').ModelStart | null} start   what class models start from; null
 *   for the recipe's own
 * @property {'auto' | 'webgpu' | 'cpu'} device
 */

/**
 * @typedef {object} State
 * @property {EngineState} engine
 * @property {import('./sources/example.js').Example | null} example   what is shown until there is a
 *   photo
 * @property {boolean} opening           a picture is being opened
 * @property {Photo | null} photo
 * @property {Float32Array | null} probabilities  one a class, for the present photo
 * @property {Float32Array | null} scores
 * @property {import('./target.js').Target | null} target
 * @property {boolean} fromLink          the target came with the address and was not
 *   chosen here
 * @property {SaliencyState} saliency
 * @property {ModelState} model
 * @property {CutState} cut
 * @property {'outline' | 'cutout' | 'box' | 'seeds'} cutView
 * @property {CutTool | null} cutTool     the tool that corrects the cut
 * @property {number} brush              the brush's diameter as a fraction of the photo's long side
 * @property {CoverState} cover
 * @property {BoardState} board
 * @property {RelationState} relation
 * @property {SanityState} sanity
 * @property {TopFiveState} topFive
 * @property {GalleryState} gallery
 * @property {Settings} settings
 * @property {Problem[]} problems
 * @property {import('./offline.js').Kept} kept   what is stored for the next visit
 */

/**
 * The parts of the state that jobs compute.
 * @typedef {'saliency' | 'model' | 'cut' | 'cover' | 'board' | 'relation' | 'sanity' | 'topFive' | 'gallery'} Result
 */

/**
 * Every result before anything has been computed.
 * @type {{[Name in Result]: State[Name]}}
 */
export const NOTHING = {
  saliency: { phase: 'idle', done: 0, total: 0, map: null },
  model: { phase: 'idle', steps: 0, curve: [], frame: null, frames: [], pace: 0 },
  cut: { phase: 'idle', fraction: 0, correcting: false, strokes: [], cut: null },
  cover: { phase: 'idle', test: null },
  board: { phase: 'idle', by: 'methods', count: 0, tiles: [] },
  relation: { phase: 'idle', relation: null },
  sanity: { phase: 'idle', method: '', layers: 0, original: null, steps: [] },
  topFive: { phase: 'idle', located: [] },
  gallery: { phase: 'idle', models: [] },
};

export const RESULTS = /** @type {Result[]} */ (Object.keys(NOTHING));

/** @param {Settings} settings @returns {State} */
export function initialState(settings) {
  return {
    engine: { phase: 'starting', done: 0, total: 0, ready: null },
    example: null,
    opening: false,
    photo: null,
    probabilities: null,
    scores: null,
    target: null,
    fromLink: false,
    ...NOTHING,
    cutView: 'outline',
    cutTool: null,
    brush: 0.05,
    settings,
    problems: [],
    kept: 'unknown',
  };
}

/** @param {State} initial */
export function createStore(initial) {
  let state = initial;
  /** @type {{keys: (keyof State)[], listener: (state: State) => void}[]} */
  const watchers = [];
  /** @type {Set<keyof State>} */
  const changed = new Set();

  function callWatchers() {
    const keys = new Set(changed);
    changed.clear();
    for (const { keys: watched, listener } of watchers)
      if (watched.some((key) => keys.has(key))) listener(state);
  }

  return {
    get state() {
      return state;
    },

    /**
     * Replaces parts of the state. Watchers of these parts are called once, after the present task.
     * @param {Partial<State>} parts
     */
    set(parts) {
      if (changed.size === 0) queueMicrotask(callWatchers);
      for (const key of /** @type {(keyof State)[]} */ (Object.keys(parts))) changed.add(key);
      state = { ...state, ...parts };
    },

    /**
     * Replaces parts of a result.
     * @template {Result} Name
     * @param {Name} result
     * @param {Partial<State[Name]>} parts
     */
    update(result, parts) {
      this.set({ [result]: { ...state[result], ...parts } });
    },

    /**
     * Calls `listener` now, and whenever one of `keys` has been set.
     * @param {(keyof State)[]} keys
     * @param {(state: State) => void} listener
     */
    watch(keys, listener) {
      watchers.push({ keys, listener });
      listener(state);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
