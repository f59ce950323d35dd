// The npm package's entry. The program comes in three builds with the same API: two that compute on
// the CPU, of which one is fetched at once, and one that also has the WebGPU backend and is four
// times as large, which only those fetch who have use for it.

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

// Bundlers find the package's files by these addresses, if each is spelt out where it is made.
const PLAIN = new URL('./cpu/deep_inside_bg.wasm', import.meta.url);
const RELAXED = new URL('./cpu/deep_inside_relaxed_bg.wasm', import.meta.url);
const WEBGPU = new URL('./webgpu/deep_inside_bg.wasm', import.meta.url);
/** @type {Record<string, URL>} */
const WEIGHTS = {
  'squeezenet1_1.safetensors': new URL('./weights/squeezenet1_1.safetensors', import.meta.url),
};

/**
 * Which build the package is: the programs and their JavaScript say the same, else they do not
 * belong together. Put in when it is built.
 */
const BUILD = '';

/** `f32x4.relaxed_madd`, in a program of one function. */
// prettier-ignore
const RELAXED_SIMD = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // header
  1, 5, 1, 0x60, 0, 1, 0x7b, // a type: nothing to v128
  3, 2, 1, 0, // a function of it
  10, 19, 1, 17, 0, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0xfd, 0x85, 0x02, 0x0b,
);

/** @type {ReturnType<typeof start> | null} */
let starting = null;

/** Starts the program, once: the given one, else the faster of those that run here. */
export default function init(options) {
  starting ??= load(options).catch((error) => {
    starting = null; // so that another try may follow
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
 * Opens an engine on the device: by the program with WebGPU if the device calls for it, else by the
 * CPU's.
 * @param {'auto' | 'webgpu' | 'cpu'} device
 * @returns {Promise<Engine>}
 */
export async function openEngine(device) {
  if (await takesWebGpu(device)) {
    const program = await loadWebGpu().catch((error) => {
      if (error.code === 'program-mismatch') throw error;
      return null; // the CPU's program then says that WebGPU is unavailable
    });
    if (program) return program.Engine.open(device);
  }
  // The program makes an object of its own class; it becomes one of the class exported here.
  return Object.setPrototypeOf(await CpuEngine.open(device), Engine.prototype);
}

/** The CPU program's class, but `open` chooses between the programs. */
export class Engine extends CpuEngine {
  static open(device) {
    return openEngine(device);
  }
}

async function loadWebGpu() {
  const program = await import('./webgpu/deep_inside.js');
  await program.default({ module_or_path: compileOwn(WEBGPU, program.BUILD) });
  program.readOwnFilesWith(fetchWeights);
  // Its objects are instances of the classes that this module exports, too. Bundlers rename
  // classes, but not these keys.
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
 * A program of this package, checked to be of its build: one that is not may start, and compute
 * something else.
 * @param {URL} address
 * @param {string | undefined} glue   the build of the program's JavaScript
 */
async function compileOwn(address, glue) {
  const response = await fetchOwn(address);
  if (!response.ok) throw new TypeError(`the server answered ${response.status}`);
  // Servers that do not know the type of programs are common; then it is compiled when all of it
  // has come.
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
  // Node's `fetch` reads no files. The module's name is not for bundlers to look up: they build for
  // browsers.
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
  // Hosts of single-page programs answer so for files that they do not have.
  if (response.headers.get('content-type')?.startsWith('text/html'))
    throw new Error('the server sent a web page instead');
  return response.arrayBuffer();
}
