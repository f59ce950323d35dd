// The protocol between the page and its worker, as types, and the errors of both sides.
//
//   page -> worker   {id, call, args}         one call at a time; each gets exactly one answer
//                    {cancel: id}             asks the running call to stop
//   worker -> page   {id, progress}           any number of times before the answer
//                    {id, result} | {id, problem}
//                    {crashed: message, code} the worker's program is broken: it has to be replaced

/**
 * @typedef {object} Problem
 * @property {string} code      stable, kebab-case: the engine's codes and the page's own;
 *   strings/en/problems.js has the words for each
 * @property {string} message   the engine's sentence, or ''
 * @property {string} detail    what exactly was wrong, or ''
 * @property {boolean} [repeated]  it happened twice in a short time, so the engine was not
 *   restarted
 */

/**
 * @typedef {object} DeviceInfo
 * @property {'webgpu' | 'cpu'} kind
 * @property {string} adapter
 * @property {boolean} software
 * @property {string} reason
 */

/**
 * @typedef {{id: string, title: string, steps: number, side: number, reading: string, reference:
 *   string}} Recipe
 */
/**
 * @typedef {{id: string, title: string, cost: number, formula: string, reading: string, reference:
 *   string}} Method
 */
/**
 * @typedef {{name: string, kind: string, channels: number, rows: number, columns: number}} Layer
 */

/**
 * @typedef {object} EngineReady
 * @property {DeviceInfo} device
 * @property {{id: string, title: string, classes: string[], licence: string}} network
 * @property {Recipe[]} recipes
 * @property {Method[]} methods  of saliency, the paper's first
 * @property {{id: string, table: Uint8ClampedArray}[]} colourMaps   256 times R, G, B and A each;
 *   the default first
 * @property {Uint8ClampedArray} signedColours   likewise for signed maps, 128 being 0
 * @property {Uint8ClampedArray} signedColoursOverPhoto   the same for a dimmed photo below
 * @property {number} dimmedWhite   the level of a white photo under a map of zeros
 * @property {Layer[]} layers    in order of computation, the classes' last
 * @property {import('./builds.js').Part[]} parts   of which the worker and the program consist
 * @property {string[]} used     addresses of what the worker has loaded
 * @property {boolean} storable  the browser keeps the weights for the next visit
 */

/**
 * A saliency map for display: how strong each pixel is, 0 to 255, in the display frame of the
 * photo.
 * @typedef {object} IntensityMap
 * @property {Uint8Array} intensity
 * @property {number} width
 * @property {number} height
 * @property {string} method
 * @property {number} [completenessGap]   of integrated gradients: what their sum misses of the
 *   score's rise, 0..1
 * @property {Uint8Array} [signs]   of a class against another: what speaks for it and what against, 128
 *   being 0
 * @property {number} views
 * @property {{x: number, y: number} | null} centre   where the strongest values lie, 0..1 from the
 *   top left; null for a map of zeros
 */

/** @typedef {{x: number, y: number, width: number, height: number}} Box   in pixels of the photo */

/**
 * One line of a round brush: points x0, y0, x1, y1, ... and radius in pixels of the photo.
 * @typedef {{points: Float32Array, radius: number, object: boolean}} Stroke
 */

/**
 * @typedef {object} Cut
 * @property {Uint8Array} cover    how much of each pixel of the display frame is object, 0 to 255
 * @property {number} width        of the display frame
 * @property {number} height
 * @property {number} photoWidth
 * @property {number} photoHeight
 * @property {Box} box
 * @property {Uint8Array} seeds    what the cut started from in each pixel of the display frame: 2
 *   object, 1 background, 0 nothing
 * @property {number} share        of the photo's pixels that are object, 0..1
 * @property {number} energy
 * @property {number} flow
 * @property {number} sizes        the number of sizes at which the object can be cut; 0: no choice
 * @property {number} size         the index of the present one, from the smallest
 * @property {CutOrigin} made
 */

/**
 * What seeded a cut: a rectangle, or a saliency map of a method, of which the object's colours were
 * taken from what is above the upper quantile, the background's from what is below the lower one.
 * @typedef {{rectangle: Box} | {seeds: Seeds, method: string, views: number, foregroundQuantile:
 *   number, backgroundQuantile: number}} CutOrigin
 */

/**
 * Which map seeds a cut: the one that gives the best cuts of photos, the one that is shown, or the
 * paper's.
 * @typedef {'best' | 'map' | 'paper'} Seeds
 */

/**
 * Gradient and DeconvNet of one view, and how far they differ at each layer of the backward pass.
 * @typedef {object} Relation
 * @property {IntensityMap} gradient
 * @property {IntensityMap} deconvnet
 * @property {{layer: string, kind: string, cosine: number, parted: number, trunk: boolean}[]}
 *   layers   from the target back to the picture
 */

/**
 * A map of the network as it is: where it is strong, and what sign it has there, 128 being 0.
 * @typedef {{magnitudes: IntensityGrid, signs: IntensityGrid}} BothMaps
 */

/**
 * The maps with the network's layers down to `layer` randomised, and their rank correlations with
 * the trained network's: of the magnitudes and of the signed values.
 * @typedef {{layer: string, correlations: import('./sanity_verdict.js').Correlations, maps:
 *   BothMaps}} RandomisedMap
 */

/**
 * @typedef {{intensity: Uint8Array, width: number, height: number}} IntensityGrid   on the
 *   network's grid, edge to edge over the photo
 */

/** @typedef {{rgba: Uint8ClampedArray, width: number, height: number}} ModelFrame */

/**
 * @typedef {{step: number, steps: number, score: number, probability: number | undefined,
 *   milliseconds: number, frame: ModelFrame}} ModelStep `step`: how many there have been; `steps`
 *   of them, and this frame, took `milliseconds`; a neuron has no probability
 */

/** @typedef {{classIndex: number} | import('./target.js').Contrast | import('./target.js').Neuron} EngineTarget */

/**
 * The network's answer with the map's brightest tenth covered, and with a tenth at random: the
 * probabilities of the class, or the values of another target. `probabilitiesAfter`: of all classes
 * with the brightest tenth covered; empty unless the target is a class.
 * @typedef {{before: number, after: number, random: number, probabilitiesAfter: Float32Array}}
 *   CoverTest
 */

/**
 * @typedef {object} ModelSettings
 * @property {string} model          a name for it: several can grow in turn
 * @property {EngineTarget} target
 * @property {string} recipe
 * @property {number} seed
 * @property {number} steps          until it is finished
 * @property {number} [side]         the recipe's own when left out
 * @property {ModelStart} [start]    the recipe's own when left out
 */

/** @typedef {'zero' | 'noise' | 'photo'} ModelStart */

/**
 * The photo as the engine has it. Files beyond the largest picture are reduced on opening: then the
 * file's size is not the photo's.
 * @typedef {object} OpenedPicture
 * @property {number} width        the photo's own, upright
 * @property {number} height
 * @property {number} fileWidth
 * @property {number} fileHeight
 * @property {string} decoder      what has decoded it
 * @property {string} reason       why not another one, or ''
 * @property {ImageBitmap} bitmap  the engine's pixels, in the size of the display frame
 */

/**
 * Every call of the worker: what goes in, what comes out.
 * @typedef {object} Calls
 * @property {(args: {device: 'auto' | 'webgpu' | 'cpu', parts: import('./builds.js').Part[]}) =>
 *   EngineReady} open   loads the program, the device and the network; `parts`: of which the page
 *   consists
 * @property {(args: {source: import('./photo_pixels.js').PictureSource}) => OpenedPicture}
 *   setPicture
 * @property {(args: {}) => {scores: Float32Array, probabilities: Float32Array}} classify
 * @property {(args: {target: EngineTarget, method: string, views: 1 | 10}) => IntensityMap}
 *   saliency
 * @property {(args: {target: EngineTarget, seeds: Seeds, strokes: Stroke[]}) => Cut} cutObject
 *   kept for the next five calls, and corrected by the strokes; `map`: from the newest saliency map
 * @property {(args: {seeds: Seeds}) => Cut} previewCut   the same from the newest saliency map,
 *   coarser and at once
 * @property {(args: {classIndex: number, seeds: Seeds, method: string, views: 1 | 10}) => Cut}
 *   locate   `map`: from one by the method
 * @property {(args: {rectangle: Box}) => Cut} cutRectangle   the object in the rectangle,
 *   instead of the one at which a map points
 * @property {(args: {size: number}) => Cut} resizeCut   the object at another of its sizes
 * @property {(args: Stroke) => Cut} strokeCut
 * @property {(args: {}) => Cut} undoStroke
 * @property {(args: {}) => Cut} clearStrokes
 * @property {(args: {map: IntensityMap, colourMap: string, ground: string, opacity: number}) =>
 *   Blob} overlayPng   the photo in its own size with the map over it
 * @property {(args: {}) => Blob} cutoutPng   of the cut that is kept, in the photo's own size: its
 *   pixels on nothing, with a soft edge
 * @property {(args: {}) => Blob} maskPng     likewise: white object, black background
 * @property {(args: {target: EngineTarget, method: string, views: 1 | 10}) => CoverTest} coverTest
 * @property {(args: {target: EngineTarget, method: string}) => {map: IntensityMap, test: CoverTest}}
 *   boardTile   of one crop
 * @property {(args: {target: EngineTarget}) => Relation} relation
 * @property {(args: {target: EngineTarget, method: string}) => {layers: number, original:
 *   BothMaps}} startSanityCheck
 * @property {(args: {}) => RandomisedMap | null} stepSanityCheck   null when no layer is left
 * @property {(args: ModelSettings) => null} startModel   replaces the model of this name, if
 *   there is one
 * @property {(args: {model: string, steps: number}) => ModelStep} stepModel   `steps`: at most; the
 *   next ones may be under way already
 * @property {(args: {model: string}) => null} endModel
 */

/**
 * @typedef {{phase: 'download' | 'prepare' | 'warm-up' | 'passes', done: number, total: number}}
 *   Progress
 */

/**
 * The longest side of everything that is drawn on the page: photo, map and cut share this frame, so
 * that they line up.
 */
export const FRAME_SIDE = 1024;

/** The size of the display frame of a photo. @param {number} width @param {number} height */
export function frameOf(width, height) {
  const scale = Math.min(1, FRAME_SIDE / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** An error with a code, as the engine's are. */
export class CodedError extends Error {
  /** It happened twice in a short time, so the engine was not restarted. */
  repeated = false;

  /** @param {string} code @param {string} [detail] @param {string} [message] */
  constructor(code, detail = '', message = '') {
    super(message || code);
    this.name = 'CodedError';
    this.code = code;
    this.detail = detail;
  }
}

/** A thrown value of any kind as plain data. @param {unknown} error @returns {Problem} */
export function problemOf(error) {
  const thrown = /** @type {Partial<Problem & Error> | null | undefined} */ (error);
  const fromEngine = thrown?.name === 'EngineError';
  if (typeof thrown?.code === 'string' && (fromEngine || error instanceof CodedError)) {
    return {
      code: thrown.code,
      message: (fromEngine && thrown.message) || '',
      detail: thrown.detail ?? '',
      repeated: thrown.repeated,
    };
  }
  if (thrown?.name === 'AbortError') return { code: 'cancelled', message: '', detail: '' };
  return { code: 'internal', message: '', detail: thrown?.message ?? String(error) };
}
