// A gradient, and a class model of 30 steps, beside TF.js and onnxruntime-web: one headless
// Chromium, a page for each, in alternation (A B C, C B A, ...), from the picture's values in to
// the gradient's values out. Every gradient is checked against ours on the CPU.
// usage: node tests/bench/peers/peers.mjs FOLDER   (`make bench-peers` prepares it)

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { quietPage } from '../quiet_page.mjs';
import { RUNS, WARM, contest, openContest } from './contest.mjs';

const FOLDER = process.argv[2];
const SIDE = 227;
const CLASS = 285;
const MEAN = [103.939, 116.779, 123.68];

const { server, context, machine, close } = await openContest({
  '**/graph.onnx': join(FOLDER, 'gradient.onnx'),
});

const contestants = {
  'ours, CPU': await contestant(ours, 'cpu'),
  'onnxruntime-web, wasm, 1 thread': await contestant(onnxruntime),
  'ours, WebGPU': await contestant(ours, 'webgpu'),
  'TF.js, WebGPU': await contestant(tensorflow, 'webgpu'),
  'TF.js, WebGL': await contestant(tensorflow, 'webgl'),
};
console.log(`${machine}; side ${SIDE}, medians of ${RUNS} after ${WARM}`);
await contest('gradient', contestants, 'ours, CPU');
const names = ['ours, CPU', 'onnxruntime-web, wasm, 1 thread'];
const both = Object.fromEntries(names.map((name) => [name, contestants[name]]));
await contest('class model, 30 steps', both, names[1]);
await close();

/** A page in which `prepare` has left `globalThis.contest`. */
async function contestant(prepare, ...args) {
  const page = await quietPage(context, server);
  await page.evaluate(
    ({ side, mean }) => {
      // A picture with shapes and noise: its planes as the network reads them, and its RGBA pixels.
      let state = 1;
      const rgba = Uint8ClampedArray.from({ length: side * side * 4 }, (_, i) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 900) + ((state / 65536) % 30);
      });
      const planes = [2, 1, 0].flatMap((colour, plane) =>
        Array.from(
          { length: side * side },
          (_, i) => rgba[4 * i + colour] - Math.fround(mean[plane]),
        ),
      );
      globalThis.picture = { rgba, planes: Float32Array.from(planes) };
    },
    { side: SIDE, mean: MEAN },
  );
  await page.evaluate(prepare, {
    side: SIDE,
    classIndex: CLASS,
    weights: await weightsOf(prepare),
    args,
  });
  return page;
}

/** The bundled weights as lists, for those who build the network themselves. */
async function weightsOf(prepare) {
  if (prepare !== tensorflow) return null;
  const bytes = readFileSync(join(FOLDER, 'weights.safetensors'));
  const header = Number(bytes.readBigUInt64LE(0));
  const entries = Object.entries(JSON.parse(bytes.subarray(8, 8 + header).toString())).filter(
    ([name]) => name !== '__metadata__',
  );
  return Object.fromEntries(
    entries.map(
      ([
        name,
        {
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        const halves = new Uint16Array(
          bytes.buffer.slice(
            bytes.byteOffset + 8 + header + start,
            bytes.byteOffset + 8 + header + end,
          ),
        );
        return [name, { shape, values: Array.from(halves, float) }];
      },
    ),
  );
}

/** A 16-bit float's value. @param {number} half */
function float(half) {
  const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
  return (
    (half >> 15 ? -1 : 1) *
    (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024))
  );
}

// What follows runs in the pages. Gradients are in planes B, G, R.

async function ours({ side, classIndex, args: [device] }) {
  const { engine } = await openEngine(device);
  engine.setPicturePixels(picture.rgba, side, side);
  const planesOf = (values) =>
    [0, 1, 2].map((k) => values.subarray(k * side * side, (k + 1) * side * side));
  globalThis.contest = {
    async gradient() {
      const [red, green, blue] = planesOf(await engine.inputGradient(classIndex));
      const planes = new Float32Array(3 * side * side);
      [blue, green, red].forEach((plane, k) => planes.set(plane, k * side * side));
      return planes;
    },
    async 'class model, 30 steps'() {
      const run = engine.classModel({ classIndex, recipe: 'paper', side });
      await run.step(30);
      const { rgba } = await run.pixels();
      run.free();
      return rgba;
    },
  };
}

async function onnxruntime({ side, classIndex }) {
  const ort = await import('/peers/onnxruntime-web/dist/ort.wasm.min.mjs');
  ort.env.wasm.wasmPaths = '/peers/onnxruntime-web/dist/';
  ort.env.wasm.numThreads = 1;
  const graph = new Uint8Array(await (await fetch('/graph.onnx')).arrayBuffer());
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const index = new ort.Tensor('int64', BigInt64Array.of(BigInt(classIndex)), [1]);
  const gradient = async (planes) =>
    (await session.run({ x: new ort.Tensor('float32', planes, [1, 3, side, side]), class: index }))
      .gradient.data;
  globalThis.contest = {
    gradient: () => gradient(picture.planes),
    async 'class model, 30 steps'() {
      const planes = new Float32Array(3 * side * side);
      for (let step = 0; step < 30; step++) {
        const ascent = await gradient(planes);
        for (let i = 0; i < planes.length; i++) planes[i] += 1000 * (ascent[i] - 2e-4 * planes[i]);
      }
      const mean = [123.68, 116.779, 103.939];
      return Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) => {
        const colour = i % 4;
        return colour === 3 ? 255 : planes[(2 - colour) * side * side + (i >> 2)] + mean[colour];
      });
    },
  };
}

async function tensorflow({ side, classIndex, weights, args: [backend] }) {
  const tf = await startTensorflow(backend);
  const tensors = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => {
      const tensor = tf.tensor(values, shape);
      return [name, shape.length === 4 ? tf.transpose(tensor, [2, 3, 1, 0]) : tensor];
    }),
  );
  const convolution = (x, name, strides = 1, pad = 'valid') =>
    tf.fused.conv2d({
      x,
      filter: tensors[`${name}.weight`],
      bias: tensors[`${name}.bias`],
      strides,
      pad,
      activation: 'relu',
    });
  const fire = (x, name) => {
    const squeezed = convolution(x, `${name}.squeeze`);
    return tf.concat(
      [
        convolution(squeezed, `${name}.expand1x1`),
        convolution(squeezed, `${name}.expand3x3`, 1, 'same'),
      ],
      3,
    );
  };
  // The last window may hang over the edge.
  const pool = (x) =>
    tf.maxPool(x, 3, 2, [
      [0, 0],
      [0, (x.shape[1] + 1) % 2],
      [0, (x.shape[2] + 1) % 2],
      [0, 0],
    ]);
  const row = tf.slice(
    tf.reshape(tensors['classifier.1.weight'], [-1, 1000]),
    [0, classIndex],
    [-1, 1],
  );
  const score = (x) => {
    let features = pool(convolution(x, 'features.0', 2));
    features = pool(fire(fire(features, 'features.3'), 'features.4'));
    features = pool(fire(fire(features, 'features.6'), 'features.7'));
    for (const number of [9, 10, 11, 12]) features = fire(features, `features.${number}`);
    return tf.sum(tf.matMul(tf.mean(features, [1, 2]), row));
  };
  const gradient = tf.grad(score);
  globalThis.contest = {
    async gradient() {
      const result = tf.tidy(() =>
        tf.transpose(
          gradient(tf.transpose(tf.tensor4d(picture.planes, [1, 3, side, side]), [0, 2, 3, 1])),
          [0, 3, 1, 2],
        ),
      );
      const values = await result.data();
      result.dispose();
      return values;
    },
  };
}
