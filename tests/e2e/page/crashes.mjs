// A worker that crashes or hangs is replaced.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arrive, site } from './site.mjs';

describe('a worker that fails is replaced', () => {
  /**
   * Makes the engine fail in the worker, once: the next worker gets a sound one.
   * @param {string} method
   * @param {string} body
   */
  function breakOnce(method, body) {
    let done = false;
    site.server.put('pkg/deep_inside.js', (program) => {
      if (done) return { body: program };
      done = true;
      return { body: `${program}\nEngine.prototype.${method} = function () { ${body} };` };
    });
  }

  test('a crash in the worker: a new one takes over', async () => {
    breakOnce('objectCut', 'throw new WebAssembly.RuntimeError("unreachable");');
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    await v.problem('internal');
    await v.dismissProblems();
    await v.chooseClass(1);
    await v.threeCardsShow(names[1]);
    await v.finished();
  });

  test('a worker that no longer answers is replaced two seconds after the cancel', async () => {
    breakOnce('saliency', 'return new Promise(() => {});');
    const v = await arrive();
    await v.ready();
    await v.takeSample('chelsea.jpg');
    const names = await v.classes();
    await v.chooseClass(0);
    // The model's first steps precede the map, which never comes.
    await v.page.waitForTimeout(1000);
    assert.equal(await v.page.textContent('#saliency .card-state'), '');
    await v.chooseClass(1);
    await v.threeCardsShow(names[1]);
    await v.finished();
  });
});
