// Long work that can be stopped and started again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Job } from '../../www/app/jobs/job.js';
import { problemOf } from '../../www/app/messages.js';
import { createStore, initialState } from '../../www/app/state.js';

/** A job of map and cut, its store, and the codes of the problems that it reports. */
function someJob() {
  const store = createStore(initialState({}));
  const reported = [];
  const job = new Job(
    { store, report: (error) => reported.push(problemOf(error).code) },
    'saliency',
    'cut',
  );
  return { job, store, reported };
}

const fail = async () => {
  throw new Error('no');
};

test('another run stops the one before', async () => {
  const { job } = someJob();
  const signals = [];
  const compute = async (signal) => void signals.push(signal);
  await Promise.all([job.run(compute), job.run(compute)]);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  assert.equal(job.signal, signals[1]);
});

test('the error of a run is reported, that of a stopped run is not', async () => {
  const { job, reported } = someJob();
  await job.run(fail);
  assert.deepEqual(reported, ['internal']);
  const stopped = job.run(async () => {
    await null;
    await fail();
  });
  job.stop();
  await stopped;
  assert.deepEqual(reported, ['internal']);
});

test('an error and a cancel end what is under way, and nothing else', async () => {
  const { job, store, reported } = someJob();
  store.update('saliency', { phase: 'ready' });
  store.update('cut', { phase: 'working' });
  await job.run(fail);
  assert.deepEqual([store.state.saliency.phase, store.state.cut.phase], ['ready', 'failed']);

  store.update('cut', { phase: 'working' });
  const { signal } = job;
  assert.equal(job.underWay, true);
  job.cancel();
  assert.equal(signal.aborted, true);
  assert.deepEqual([store.state.saliency.phase, store.state.cut.phase], ['ready', 'cancelled']);
  assert.equal(job.underWay, false);

  store.update('cut', { phase: 'working' });
  await job.run(async () => {
    throw new DOMException('stopped elsewhere', 'AbortError');
  });
  assert.equal(store.state.cut.phase, 'cancelled');
  assert.deepEqual(reported, ['internal']);
});

test('clearing stops the run and removes its results', async () => {
  const { job, store } = someJob();
  const { signal } = job;
  store.update('saliency', { phase: 'ready', total: 10 });
  job.clear();
  assert.equal(signal.aborted, true);
  assert.deepEqual(store.state.saliency, initialState({}).saliency);
});
