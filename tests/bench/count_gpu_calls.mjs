/**
 * Makes every document that `page` opens from now on count what it asks of WebGPU, in
 * `globalThis.gpuCalls`. `bytes` are those of the buffers that dispatches read and write, each part
 * once a dispatch.
 * @param {import('playwright-core').Page} page
 */
export async function countGpuCalls(page) {
  await page.addInitScript(() => {
    const calls = { dispatches: 0, submits: 0, pipelines: 0, buffers: 0, readbacks: 0, bytes: 0 };
    const wrap = (type, method, after) => {
      const original = type?.prototype[method];
      if (!original) return;
      type.prototype[method] = function (...args) {
        const result = original.apply(this, args);
        after.call(this, args, result);
        return result;
      };
    };
    wrap(globalThis.GPUQueue, 'submit', () => calls.submits++);
    wrap(globalThis.GPUDevice, 'createComputePipeline', () => calls.pipelines++);
    wrap(globalThis.GPUDevice, 'createBuffer', () => calls.buffers++);
    wrap(globalThis.GPUBuffer, 'mapAsync', () => calls.readbacks++);
    const sizes = new WeakMap(); // of a bind group's buffers
    wrap(globalThis.GPUDevice, 'createBindGroup', ([{ entries }], group) => {
      const size = ({ resource: { buffer, offset = 0, size } }) => size ?? buffer.size - offset;
      sizes.set(
        group,
        [...entries].reduce((sum, entry) => sum + size(entry), 0),
      );
    });
    const bound = new WeakMap(); // by pass, the sizes of what is set
    wrap(globalThis.GPUComputePassEncoder, 'setBindGroup', function ([index, group]) {
      bound.set(this, { ...bound.get(this), [index]: sizes.get(group) ?? 0 });
    });
    wrap(globalThis.GPUComputePassEncoder, 'dispatchWorkgroups', function () {
      calls.dispatches++;
      calls.bytes += Object.values(bound.get(this) ?? {}).reduce((sum, size) => sum + size, 0);
    });
    globalThis.gpuCalls = calls;
  });
}
