// Chromium as the tests want it: WebGPU on the software adapter, a camera that shows a test
// picture.

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

const WEBGPU_FLAGS = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--ignore-gpu-blocklist',
];

/**
 * @param {{webgpu?: boolean, flags?: string[]}} [options]   `flags`: others than those of every
 *   test
 */
export function launch({ webgpu = true, flags = [] } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      ...FLAGS,
      ...(webgpu ? WEBGPU_FLAGS : ['--disable-features=WebGPU,WebGPUService']),
      ...flags,
    ],
  });
}
