/**
 * Makes every document that `page` opens from now on count what it asks of WebGPU, in `globalThis.gpuCalls`.
 * @param {import('playwright-core').Page} page
 */
export async function countGpuCalls(page) {
  await page.addInitScript(() => {
    const calls = { dispatches: 0, submits: 0, pipelines: 0, buffers: 0, readbacks: 0 };
    const count = (type, method, key) => {
      const original = type?.prototype[method];
      if (original) type.prototype[method] = function (...args) { calls[key]++; return original.apply(this, args); };
    };
    count(globalThis.GPUComputePassEncoder, 'dispatchWorkgroups', 'dispatches');
    count(globalThis.GPUQueue, 'submit', 'submits');
    count(globalThis.GPUDevice, 'createComputePipeline', 'pipelines');
    count(globalThis.GPUDevice, 'createBuffer', 'buffers');
    count(globalThis.GPUBuffer, 'mapAsync', 'readbacks');
    globalThis.gpuCalls = calls;
  });
}
