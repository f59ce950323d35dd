// Runs the web tests (tests/web.rs) in Firefox on WebGPU: cargo's runner for wasm.
// wasm-bindgen-test-runner serves them and Firefox opens what it serves; going by its own way
// through WebDriver it would need geckodriver, which has to be compiled.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openFirefox } from './firefox.mjs';

const PATIENCE_MS = 300_000;

// The runner serves from it until it is killed, and does not clean up
const folder = mkdtempSync(join(tmpdir(), 'web-tests-'));
const runner = spawn('wasm-bindgen-test-runner', process.argv.slice(2), {
  env: {
    ...process.env,
    TMPDIR: folder,
    NO_HEADLESS: '1',
    WASM_BINDGEN_TEST_ADDRESS: '127.0.0.1:0',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});

/** Where it serves, once it does. */
async function served() {
  for await (const line of createInterface(runner.stdout)) {
    const [address] = /http:\/\/\S+/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('the tests are not served');
}

/** @type {import('./page.test.mjs').Driver | undefined} */
let firefox;
try {
  const address = await served();
  firefox = await openFirefox({ webgpu: true });
  await firefox.open(address);
  let printed = '';
  for (const started = Date.now(); !/^test result: /m.test(printed);) {
    if (Date.now() - started > PATIENCE_MS)
      throw new Error(`no result within ${PATIENCE_MS / 1000} s`);
    await new Promise((again) => setTimeout(again, 250));
    const output = await firefox.evaluate(() => document.querySelector('#output').textContent);
    process.stdout.write(output.slice(printed.length));
    printed = output;
  }
  console.log();
  if (!/^test result: ok\. [1-9]/m.test(printed)) process.exitCode = 1;
} finally {
  await firefox?.close();
  runner.kill();
  rmSync(folder, { recursive: true });
}
