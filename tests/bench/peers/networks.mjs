// Scores and a gradient of EfficientNet-Lite0 beside onnxruntime-web (scores) and TF.js: one
// headless Chromium, a page for each, in alternation, from the picture's values in to the result's
// values out. What they give is compared with ours on the CPU. (jax-js, which differentiates ONNX
// files, does not load this one: @jax-js/onnx 0.1.2 has no GlobalAveragePool.)
// usage: node tests/bench/peers/networks.mjs FOLDER   (`make bench-peers` prepares it)

import { join } from 'node:path';

import { countGpuCalls } from '../count_gpu_calls.mjs';
import { quietPage } from '../quiet_page.mjs';
import { RUNS, WARM, contest, openContest } from './contest.mjs';

const NETWORK = 'efficientnet_lite0';
const [SIDE, CLASS, MEAN, STD] = [224, 285, 127, 128];

const { server, context, machine, close } = await openContest({
  '**/network.onnx': join(import.meta.dirname, `../../../weights/${NETWORK}.onnx`),
  '**/network.json': join(process.argv[2], 'network.json'),
  '**/network.bin': join(process.argv[2], 'network.bin'),
});
console.log(`${machine}; ${NETWORK}, side ${SIDE}, medians of ${RUNS} after ${WARM}`);

const [ours, ort, gpu] = ['ours, CPU', 'onnxruntime-web, wasm, 1 thread', 'ours, WebGPU'];
const pages = {
  [ours]: await contestant(openOurs, 'cpu'),
  [ort]: await contestant(openOnnxruntime),
  'TF.js, cpu': await contestant(openTensorflow, 'cpu'),
  'TF.js, webgl': await contestant(openTensorflow, 'webgl'),
  'TF.js, webgpu': await contestant(openTensorflow, 'webgpu'),
  [gpu]: await contestant(openOurs, 'webgpu'),
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

async function openTensorflow({ side, classIndex, std, device }) {
  const tf = await startTensorflow(device);
  const { nodes, tensors } = await (await fetch('/network.json')).json();
  const numbers = new Float32Array(await (await fetch('/network.bin')).arrayBuffer());
  const weights = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, offset }]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, tf.tensor(numbers.slice(offset, offset + size), shape)];
    }),
  );
  // [out, in, rows, columns] -> [rows, columns, in, out]; depthwise, where `in` is 1, the other way.
  for (const { type, inputs, group } of nodes)
    if (type === 'Conv')
      weights[inputs[1]] = tf.transpose(
        weights[inputs[1]],
        group > 1 ? [2, 3, 0, 1] : [2, 3, 1, 0],
      );
  const operators = {
    Conv: ([x, kernel, bias], { strides, group }) =>
      tf.add((group > 1 ? tf.depthwiseConv2d : tf.conv2d)(x, kernel, strides, 'same'), bias),
    Clip: ([x]) => tf.clipByValue(x, 0, 6),
    Add: ([a, b]) => tf.add(a, b),
    GlobalAveragePool: ([x]) => tf.mean(x, [1, 2]),
    Flatten: ([x]) => x,
    Gemm: ([x, matrix, bias]) => tf.add(tf.matMul(x, matrix, false, true), bias),
  };
  const scores = (x) => {
    const values = { ...weights, input: x };
    for (const node of nodes)
      values[node.output] = operators[node.type](
        node.inputs.map((name) => values[name]),
        node,
      );
    return values[nodes.at(-1).output];
  };
  const gradient = tf.grad((x) => tf.sum(tf.slice(scores(x), [0, classIndex], [1, 1])));
  const picture4d = () =>
    tf.transpose(tf.tensor4d(picture.planes, [1, 3, side, side]), [0, 2, 3, 1]);
  const read = async (compute) => {
    const result = tf.tidy(compute);
    const values = await result.data();
    result.dispose();
    return values;
  };
  globalThis.contest = {
    scores: () => read(() => scores(picture4d())),
    gradient: () => read(() => tf.transpose(tf.div(gradient(picture4d()), std), [0, 3, 1, 2])),
  };
}
