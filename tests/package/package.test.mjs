// pkg/ as other projects have it: packed, installed, and used by the README's own code, without any
// configuration.

import assert from 'node:assert/strict';
import { execFile as execFileWithCallback, execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import webpack from 'webpack';

import { launch } from '../e2e/browser.mjs';
import { serveFolder } from './serve_folder.mjs';

const execFile = promisify(execFileWithCallback);

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../..');
const PHOTO = join(ROOT, 'www/samples/chelsea.jpg');
const NETWORK = join(ROOT, 'weights/pp_lcnet_orientation.onnx');
const MINUTE = 60_000;

/** @type {import('playwright-core').Browser} */
let browser;
/** What Node.js finds: the others are compared with it. @type {any} */
let inNode;

before(async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  writeFileSync(
    join(HERE, 'readme.js'),
    readme.match(/## From JavaScript\n[^]*?```js\n([^]*?)```/)[1],
  );
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--pack-destination', HERE, join(ROOT, 'pkg')],
    { cwd: HERE, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [{ filename }] = JSON.parse(packed.toString());
  execFileSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--silent', `./${filename}`],
    { cwd: HERE },
  );
  browser = await launch();
});
after(() => browser?.close());

test(
  'Node.js: the program and the weights are found, and every call of the README works',
  { timeout: 3 * MINUTE },
  async () => {
    const { stdout } = await execFile('node', [join(HERE, 'node/main.js'), PHOTO, NETWORK]);
    inNode = JSON.parse(stdout);
    const { scores, share, box, corrected, ...plain } = inNode;
    assert.deepEqual(plain, {
      label: 'Egyptian cat',
      frame: [451, 300],
      sound: [true, true, true],
      model: [4 * 227 * 227, 227, 227],
      // The labels in the file come before those beside it.
      opened: ['metadata', ['0', '90', '180', '270'], 4],
      isEngine: true,
      device: 'cpu',
    });
    assert.equal(scores.indexOf(Math.max(...scores)), 285);
    assert.ok(
      share > 0.1 && share < 0.5 && corrected > 0.1 && corrected < 0.6,
      `${share}, ${corrected}`,
    );
    // The cat's face is in the middle.
    assert.ok(
      box.x > 50 && box.y > 10 && box.x + box.width < 440 && box.width > 100 && box.height > 100,
      JSON.stringify(box),
    );
  },
);

test(
  'Node.js: the program is the one that its V8 runs, and is loaded once',
  { timeout: MINUTE },
  async () => {
    const source = (/** @type {boolean | null} */ relaxed) => `
    const sizes = [];
    const { compileStreaming } = WebAssembly;
    if (${relaxed} !== null) WebAssembly.validate = () => ${relaxed};
    WebAssembly.compileStreaming = async (response) => {
      sizes.push((await (await response).clone().arrayBuffer()).byteLength);
      return compileStreaming(response);
    };
    const { default: init, Engine } = await import('deep-inside');
    await Promise.all([init(), init()]);
    await init();
    console.log(JSON.stringify({ sizes, device: (await Engine.open('auto')).device.kind }));`;
    const size = (/** @type {string} */ file) => readFileSync(join(ROOT, 'pkg/cpu', file)).length;
    const run = async (/** @type {boolean | null} */ relaxed) =>
      JSON.parse(
        (await execFile('node', ['--input-type=module', '--eval', source(relaxed)], { cwd: HERE }))
          .stdout,
      );
    assert.deepEqual(await run(false), { sizes: [size('deep_inside_bg.wasm')], device: 'cpu' });
    const found = await run(null); // whichever it is, it starts
    assert.equal(found.device, 'cpu');
    assert.ok(
      [size('deep_inside_bg.wasm'), size('deep_inside_relaxed_bg.wasm')].includes(found.sizes[0]),
      String(found.sizes),
    );
  },
);

describe('in a browser', () => {
  test('Vite, while developing', { timeout: 5 * MINUTE }, async () => {
    // Forced, as it keeps what it has prepared of an earlier package of this version.
    await withVite(['--force'], (address) => works(address));
  });

  test('Vite, built and served', { timeout: 5 * MINUTE }, async () => {
    await execFile('npx', ['vite', 'build'], { cwd: join(HERE, 'vite') });
    await withVite(['preview'], (address) => works(address));
  });

  test('webpack', { timeout: 5 * MINUTE }, async () => {
    const stats = await promisify(webpack)({
      mode: 'production',
      context: join(HERE, 'webpack'),
      entry: './main.js',
      output: { path: join(HERE, 'webpack/dist') },
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    // Weights are large: it says so, and no more.
    assert.deepEqual(
      [errors, warnings.filter(({ message }) => !/size limit|code splitting/.test(message))],
      [[], []],
    );
    await withFolder('webpack/', works);
  });

  test('an import map, without a bundler', { timeout: 5 * MINUTE }, async () => {
    await withFolder('import_map/', works);
  });

  test(
    'weights that do not come are a coded error, and may be asked for again',
    { timeout: 2 * MINUTE },
    async () => {
      await withFolder('import_map/', async (address) => {
        const page = await open(address);
        for (const answer of [
          { status: 404 },
          { status: 200, contentType: 'text/html', body: '<!doctype html>' },
        ]) {
          await page.route('**/*.onnx', (route) => route.fulfill(answer));
          const code = await page.evaluate(async () => {
            const { default: init } = await import('deep-inside');
            await init();
            globalThis.engine ??= await Engine.open('cpu');
            return engine.loadNetwork('squeezenet1_1').then(
              () => 'loaded',
              (error) => error.code,
            );
          });
          assert.equal(code, 'weights-download-failed', JSON.stringify(answer));
          await page.unroute('**/*.onnx');
        }
        assert.equal(
          await page.evaluate(() =>
            engine.loadNetwork('squeezenet1_1').then(() => engine.layers().length > 20),
          ),
          true,
        );
        await page.context().close();
      });
    },
  );
});

describe('types', () => {
  for (const compiler of ['typescript', 'typescript-5']) {
    for (const resolution of ['bundler', 'nodenext']) {
      test(`${compiler}, ${resolution}`, { timeout: 2 * MINUTE }, async () => {
        const bin = JSON.parse(
          readFileSync(join(HERE, 'node_modules', compiler, 'package.json'), 'utf8'),
        ).bin.tsc;
        const project = join(HERE, `types/tsconfig.${resolution}.json`);
        const { stdout } = await execFile('node', [
          join(HERE, 'node_modules', compiler, bin),
          '--project',
          project,
        ]).catch((error) => error);
        assert.equal(stdout, '');
      });
    }
  }

  test('every class that the program has is exported', async () => {
    const declared = readFileSync(join(ROOT, 'pkg/cpu/deep_inside.d.ts'), 'utf8').matchAll(
      /^export class (\w+)/gm,
    );
    const exported = await import(join(ROOT, 'pkg/deep_inside.js'));
    for (const [, name] of declared) assert.equal(typeof exported[name], 'function', name);
  });

  test('every network has its weights in the package', async () => {
    const files = readdirSync(join(HERE, 'node_modules/deep-inside/weights'));
    for (const { file } of JSON.parse(readFileSync(join(ROOT, 'weights/manifest.json'), 'utf8')))
      assert.ok(files.includes(file), file);
  });
});

/**
 * @param {string} address
 * @returns {Promise<import('playwright-core').Page>} with the project's code loaded
 */
async function open(address) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await page.waitForFunction(() => globalThis.explain, null, { timeout: MINUTE });
  return page;
}

/**
 * The README's code finds in the project at `address` what it finds in Node.js, on the CPU and on
 * WebGPU.
 * @param {string} address
 */
async function works(address) {
  const page = await open(address);
  const fetched = [];
  page.on('request', (request) => fetched.push(request.url()));
  const photo = readFileSync(PHOTO).toString('base64');
  const found = await page.evaluate(async (base64) => {
    const photo = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
    const { engine, label, map, cut } = await explain(photo);
    const scores = Array.from(await engine.classify());
    return {
      label,
      scores,
      frame: [map.width, map.height],
      strongest: map.values.indexOf(map.values.reduce((a, b) => Math.max(a, b))),
      share: cut.share,
    };
  }, photo);
  assert.deepEqual([found.label, found.frame], [inNode.label, inNode.frame]);
  assert.ok(Math.abs(found.share - inNode.share) < 0.01, `${found.share} and ${inNode.share}`);
  assert.ok(apart(found.scores, inNode.scores) < 1e-4);
  assert.equal(
    fetched.filter((url) => url.includes('.wasm')).length,
    1,
    'one program is fetched, and not the one for GPUs',
  );

  const onGpu = await page.evaluate(async (base64) => {
    const engine = await Engine.open('webgpu');
    await engine.loadNetwork('squeezenet1_1');
    engine.setPictureFile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
    return {
      kind: engine.device.kind,
      isEngine: engine instanceof Engine,
      scores: Array.from(await engine.classify()),
    };
  }, photo);
  assert.deepEqual([onGpu.kind, onGpu.isEngine], ['webgpu', true]);
  assert.ok(apart(onGpu.scores, inNode.scores) < 1e-4);
  await page.context().close();
}

/** Relative L2 distance. @param {number[]} values @param {number[]} from */
function apart(values, from) {
  const norm = (/** @type {number[]} */ v) => Math.hypot(...v);
  return norm(values.map((value, i) => value - from[i])) / norm(from);
}

/** @param {string} folder @param {(address: string) => Promise<void>} act */
async function withFolder(folder, act) {
  const server = await serveFolder(HERE);
  try {
    await act(`${server.address}${folder}index.html`);
  } finally {
    await server.close();
  }
}

/** @param {string[]} args @param {(address: string) => Promise<void>} act */
async function withVite(args, act) {
  const port = await freePort();
  const vite = spawn(
    'node',
    [
      join(HERE, 'node_modules/vite/bin/vite.js'),
      ...args,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--strictPort',
    ],
    { cwd: join(HERE, 'vite') },
  );
  try {
    await new Promise((resolve, reject) => {
      let said = '';
      const listen = (/** @type {Buffer} */ text) => {
        said += text;
        if (said.includes(String(port))) resolve(undefined);
      };
      vite.stdout.on('data', listen);
      vite.stderr.on('data', listen);
      vite.on('exit', () => reject(new Error(said)));
    });
    await act(`http://127.0.0.1:${port}/`);
  } finally {
    vite.kill();
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
