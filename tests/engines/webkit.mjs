// WebKitGTK, driven by its own WebDriver, on a screen that nobody sees.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';

/** The key under which WebDriver hands out elements. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

const DRIVER_PATIENCE_MS = 10_000;

/** @returns {Promise<import('./page.test.mjs').Driver>} */
export async function openWebKit() {
  const screen = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1440x1000x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const [display] = await once(screen.stdio[3], 'data');
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    env: { ...process.env, DISPLAY: `:${String(display).trim()}` },
    stdio: 'ignore',
  });
  const stop = () => {
    driver.kill();
    screen.kill();
  };

  /** @param {string} method @param {string} path @param {object} [body] */
  async function call(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  try {
    await answering(() => call('GET', '/status'));
    const { sessionId } = await call('POST', '/session', { capabilities: {} });
    const session = `/session/${sessionId}`;
    await call('POST', `${session}/timeouts`, { script: 120_000, pageLoad: 120_000 });
    await call('POST', `${session}/window/rect`, { x: 0, y: 0, width: 1440, height: 1000 });

    const find = async (/** @type {string} */ selector) =>
      (await call('POST', `${session}/element`, { using: 'css selector', value: selector }))[
        ELEMENT
      ];

    return {
      open: (address) => call('POST', `${session}/url`, { url: address }),
      back: () => call('POST', `${session}/back`, {}),
      reload: () => call('POST', `${session}/refresh`, {}),
      evaluate: (run, ...args) =>
        call('POST', `${session}/execute/sync`, { script: `return (${run})(...arguments)`, args }),
      click: async (selector) =>
        call('POST', `${session}/element/${await find(selector)}/click`, {}),
      upload: async (selector, file) =>
        call('POST', `${session}/element/${await find(selector)}/value`, { text: file }),
      async drag(...places) {
        const moves = places.map(([x, y]) => ({
          type: 'pointerMove',
          x: Math.round(x),
          y: Math.round(y),
          duration: 50,
        }));
        const actions = [
          moves[0],
          { type: 'pointerDown', button: 0 },
          ...moves.slice(1),
          { type: 'pointerUp', button: 0 },
        ];
        await call('POST', `${session}/actions`, {
          actions: [{ type: 'pointer', id: 'mouse', actions }],
        });
      },
      screenshot: async () => Buffer.from(await call('GET', `${session}/screenshot`), 'base64'),
      async close() {
        await call('DELETE', session);
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** A port that nobody listens at. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Until the driver has started. @param {() => Promise<unknown>} ask */
async function answering(ask) {
  for (const started = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() - started > DRIVER_PATIENCE_MS) throw error;
    }
  }
}
