// Scores and a gradient of EfficientNet-Lite0 beside jax-js, which differentiates ONNX files, and
// onnxruntime-web, which has scores alone: one headless Chromium, a page for each, in alternation,
// from the picture's values in to the result's values out. What they give is compared with ours on
// the CPU.
// usage: node tests/bench/peers/networks.mjs   (`make bench-peers` prepares it)

import { join } from 'node:path';

import { countGpuCalls } from '../count_gpu_calls.mjs';
import { quietPage } from '../quiet_page.mjs';
import { RUNS, WARM, contest, openContest } from './contest.mjs';

const NETWORK = 'efficientnet_lite0';
const [SIDE, CLASS, MEAN, STD] = [224, 285, 127, 128];

const { server, context, machine, close } = await openContest({
  '**/network.onnx': join(import.meta.dirname, `../../../weights/${NETWORK}.onnx`),
});
console.log(`${machine}; ${NETWORK}, side ${SIDE}, medians of ${RUNS} after ${WARM}`);

const [ours, ort, gpu, jax] = [
  'ours, CPU',
  'onnxruntime-web, wasm, 1 thread',
  'ours, WebGPU',
  'jax-js, WebGPU',
];
const pages = {
  [ours]: await contestant(openOurs, 'cpu'),
  [ort]: await contestant(openOnnxruntime),
  [gpu]: await contestant(openOurs, 'webgpu'),
  [jax]: await contestant(openJax, 'webgpu'),
};
await contest('scores', pages, ort);
const { [ort]: _, ...differentiating } = pages;
await contest('gradient', differentiating, ours);

for (const operation of ['scores', 'gradient']) {
  const calls = await pages[gpu].evaluate(async (operation) => {
    const before = { ...gpuCalls };
    await globalThis.contest[operation]();
    return Object.entries(gpuCalls).map(([name, count]) => `${count - before[name]} ${name}`);
  }, operation);
  console.log(`${gpu}, ${operation}: ${calls.join(', ')}`);
}
await close();

/** A page in which `prepare` has left `globalThis.contest`. */
async function contestant(prepare, device) {
  const page = await quietPage(context, server, countGpuCalls);
  await page.evaluate(
    ({ side, mean, std }) => {
      // A picture with shapes and noise: its RGBA pixels, and its planes as the network reads them.
      let state = 1;
      const rgba = Uint8ClampedArray.from({ length: side * side * 4 }, (_, i) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 900) + ((state / 65536) % 30);
      });
      const planes = [0, 1, 2].flatMap((colour) =>
        Array.from({ length: side * side }, (_, i) => (rgba[4 * i + colour] - mean) / std),
      );
      globalThis.picture = { rgba, planes: Float32Array.from(planes) };
    },
    { side: SIDE, mean: MEAN, std: STD },
  );
  await page.evaluate(prepare, {
    side: SIDE,
    classIndex: CLASS,
    std: STD,
    id: NETWORK,
    device,
  });
  return page;
}

// What follows runs in the pages. Gradients are per unit of a pixel value.

async function openOurs({ side, classIndex, id, device }) {
  const { engine } = await openEngine(device, id);
  engine.setPicturePixels(picture.rgba, side, side);
  globalThis.contest = {
    scores: () => engine.classify(),
    gradient: () => engine.inputGradient(classIndex),
  };
}

async function openOnnxruntime({ side }) {
  const ort = await import('/peers/onnxruntime-web/dist/ort.wasm.min.mjs');
  ort.env.wasm.wasmPaths = '/peers/onnxruntime-web/dist/';
  ort.env.wasm.numThreads = 1;
  const file = new Uint8Array(await (await fetch('/network.onnx')).arrayBuffer());
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const [input, output] = [session.inputNames[0], session.outputNames[0]];
  globalThis.contest = {
    async scores() {
      const tensor = new ort.Tensor('float32', picture.planes, [1, 3, side, side]);
      return (await session.run({ [input]: tensor }))[output].data;
    },
  };
}

async function openJax({ side, classIndex, std, device }) {
  const map = document.createElement('script');
  map.type = 'importmap';
  map.textContent = JSON.stringify({
    imports: {
      '@jax-js/jax': '/peers/@jax-js/jax/dist/index.js',
      '@jax-js/onnx': '/peers/@jax-js/onnx/dist/index.js',
      'onnx-buf': '/peers/onnx-buf/dist/onnx_pb.js',
      '@bufbuild/protobuf': '/peers/@bufbuild/protobuf/dist/esm/index.js',
      '@bufbuild/protobuf/codegenv1': '/peers/@bufbuild/protobuf/dist/esm/codegenv1/index.js',
      '@bufbuild/protobuf/codegenv2': '/peers/@bufbuild/protobuf/dist/esm/codegenv2/index.js',
    },
  });
  document.head.append(map);
  const { init, defaultDevice, numpy: np, jit, grad } = await import('@jax-js/jax');
  const { ONNXModel } = await import('@jax-js/onnx');
  await init(device);
  defaultDevice(device);
  const file = new Uint8Array(await (await fetch('/network.onnx')).arrayBuffer());
  const model = new ONNXModel(file);
  const [{ name }] = model.model.graph.input;
  const scores = (x) => Object.values(model.run({ [name]: x }))[0];
  const run = jit(scores);
  const gradient = jit(
    grad((x) => {
      const row = scores(x);
      return np.sum(row.slice([], [classIndex, classIndex + 1]));
    }),
  );
  const upload = () => np.array(picture.planes).reshape([1, 3, side, side]);
  globalThis.contest = {
    scores: async () => await run(upload()).data(),
    gradient: async () => (await gradient(upload()).data()).map((value) => value / std),
  };
}
