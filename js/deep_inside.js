// The npm package's entry. The program comes in three builds with the same API: two for the CPU, of
// which one is fetched at the start, and one that also has the WebGPU backend. That one is four
// times as large and is fetched only when a caller opens an engine on WebGPU.

import start, {
  BUILD as BUILD_ON_CPU,
  ClassModelRun,
  Engine as CpuEngine,
  ObjectCut,
  SaliencyMap,
  SanityCheck,
  Segmentation,
  readOwnFilesWith,
  takesWebGpu,
} from './cpu/deep_inside.js';

export { ClassModelRun, ObjectCut, SaliencyMap, SanityCheck, Segmentation };

// Bundlers find the package's files only if each address is written out in its `new URL`.
const PLAIN = new URL('./cpu/deep_inside_bg.wasm', import.meta.url);
const RELAXED = new URL('./cpu/deep_inside_relaxed_bg.wasm', import.meta.url);
const WEBGPU = new URL('./webgpu/deep_inside_bg.wasm', import.meta.url);
/** @type {Record<string, URL>} */
const WEIGHTS = {
  'squeezenet1_1.onnx': new URL('./weights/squeezenet1_1.onnx', import.meta.url),
  'efficientnet_lite0.onnx': new URL('./weights/efficientnet_lite0.onnx', import.meta.url),
  'pp_lcnet_orientation.onnx': new URL('./weights/pp_lcnet_orientation.onnx', import.meta.url),
};

/**
 * Identifies the package's build. The programs and their JavaScript carry the same value; if not,
 * they do not belong together. The build script fills it in.
 */
const BUILD = '';

/** A program of one function that uses `f32x4.relaxed_madd`. */
// prettier-ignore
const RELAXED_SIMD = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // header
  1, 5, 1, 0x60, 0, 1, 0x7b, // a type: nothing to v128
  3, 2, 1, 0, // a function of it
  10, 19, 1, 17, 0, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0xfd, 0x85, 0x02, 0x0b,
);

/** @type {ReturnType<typeof start> | null} */
let starting = null;

/** Starts the program once: the given one, else the faster of those that this browser runs. */
export default function init(options) {
  starting ??= load(options).catch((error) => {
    starting = null; // so that the caller may try again
    throw error;
  });
  return starting;
}

async function load(options) {
  const program = await start(
    options ?? {
      module_or_path: compileOwn(
        WebAssembly.validate(RELAXED_SIMD) ? RELAXED : PLAIN,
        BUILD_ON_CPU,
      ),
    },
  );
  readOwnFilesWith(fetchWeights);
  return program;
}

/**
 * Opens an engine on the device, in the program with WebGPU if the device needs it, else in the CPU
 * program.
 * @param {'auto' | 'webgpu' | 'cpu'} device
 * @returns {Promise<Engine>}
 */
export async function openEngine(device) {
  if (await takesWebGpu(device)) {
    const program = await loadWebGpu().catch((error) => {
      if (error.code === 'program-mismatch') throw error;
      return null; // the CPU program then reports that WebGPU is unavailable
    });
    if (program) return program.Engine.open(device);
  }
  // The program makes an object of its own class; it becomes one of the class exported here.
  return Object.setPrototypeOf(await CpuEngine.open(device), Engine.prototype);
}

/** The CPU program's class with an `open` that chooses between the programs. */
export class Engine extends CpuEngine {
  static open(device) {
    return openEngine(device);
  }
}

async function loadWebGpu() {
  const program = await import('./webgpu/deep_inside.js');
  await program.default({ module_or_path: compileOwn(WEBGPU, program.BUILD) });
  program.readOwnFilesWith(fetchWeights);
  // Makes its objects instances of the classes that this module exports. Bundlers rename classes,
  // but not these keys.
  for (const [name, exported] of Object.entries({
    ClassModelRun,
    Engine,
    ObjectCut,
    SaliencyMap,
    SanityCheck,
    Segmentation,
  })) {
    Object.setPrototypeOf(program[name].prototype, exported.prototype);
  }
  return program;
}

/**
 * Compiles a program of this package and checks that it belongs to this build: another may start
 * and give wrong results.
 * @param {URL} address
 * @param {string | undefined} glue   the build of the program's JavaScript
 */
async function compileOwn(address, glue) {
  const response = await fetchOwn(address);
  if (!response.ok) throw new TypeError(`the server answered ${response.status}`);
  // Many servers do not know the media type of wasm; then it is compiled after the whole download.
  const streams = response.headers.get('content-type') === 'application/wasm';
  const program = await (streams
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer()));
  const [mark] = WebAssembly.Module.customSections(program, 'build');
  const builds = [BUILD, glue ?? '', mark ? new TextDecoder().decode(mark) : ''];
  if (new Set(builds).size > 1) {
    const error = new Error('The program and its JavaScript are of two builds.');
    throw Object.assign(error, {
      name: 'EngineError',
      code: 'program-mismatch',
      detail: builds.join(', '),
    });
  }
  return program;
}

/** One of the package's files. @param {URL} address @returns {Promise<Response>} */
async function fetchOwn(address) {
  if (address.protocol !== 'file:' || !globalThis.process?.versions?.node) return fetch(address);
  // Node's `fetch` reads no files. Bundlers build for browsers and must not resolve this module.
  const files = 'node:fs/promises';
  const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ files);
  const type = address.pathname.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
  return new Response(await readFile(address), { headers: { 'content-type': type } });
}

/**
 * The package's own copy of a network's weights.
 * @param {string} file
 * @returns {Promise<ArrayBuffer>}
 */
async function fetchWeights(file) {
  if (!WEIGHTS[file]) throw new Error('the package does not hold it');
  const response = await fetchOwn(WEIGHTS[file]);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  // Hosts of single-page applications answer with the page for files that they do not have.
  if (response.headers.get('content-type')?.startsWith('text/html'))
    throw new Error('the server sent a web page instead');
  return response.arrayBuffer();
}
