// The npm package's entry. The program comes in two sizes with the same API: one that computes on the CPU, which is there at once, and
// one that also has the WebGPU backend and is four times as large, which only those fetch who have use for it.

import { Engine, takesWebGpu } from './cpu/deep_inside.js';

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

export { default, ClassModelRun, Engine, SaliencyMap, SanityCheck, Segmentation } from './cpu/deep_inside.js';
