// The npm package's entry. The program comes in three builds with the same API: two that compute on the CPU, of which one is fetched at
// once, and one that also has the WebGPU backend and is four times as large, which only those fetch who have use for it.

import start, { Engine, takesWebGpu } from './cpu/deep_inside.js';

/** `f32x4.relaxed_madd`, in a program of one function. */
const RELAXED_SIMD = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // header
  1, 5, 1, 0x60, 0, 1, 0x7b, // a type: nothing to v128
  3, 2, 1, 0, // a function of it
  10, 19, 1, 17, 0, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0xfd, 0x85, 0x02, 0x0b,
);

/** Starts the program: the given one, else the faster of those that this browser runs. */
export default function init(options) {
  const file = WebAssembly.validate(RELAXED_SIMD) ? './cpu/deep_inside_relaxed_bg.wasm' : './cpu/deep_inside_bg.wasm';
  return start(options ?? { module_or_path: new URL(file, import.meta.url) });
}

const openOnCpu = Engine.open;

Engine.open = async (device) => {
  if (await takesWebGpu(device)) {
    const program = await loadWebGpu().catch(() => null);
    if (program) return program.Engine.open(device);
  }
  return openOnCpu(device); // where the other program did not load, this one says so
};

async function loadWebGpu() {
  const program = await import('./webgpu/deep_inside.js');
  await program.default();
  return program;
}

export { ClassModelRun, Engine, SaliencyMap, SanityCheck, Segmentation } from './cpu/deep_inside.js';
