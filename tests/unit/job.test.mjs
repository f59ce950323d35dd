// A computation that can be stopped and started again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Job } from '../../www/app/job.js';

test('another run stops the one before', async () => {
  const job = new Job(assert.fail);
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
  const errors = [];
  const job = new Job((error) => errors.push(error));
  await job.run(async () => {
    throw 'first';
  });
  const stopped = job.run(async () => {
    await null;
    throw 'second';
  });
  job.stop();
  await stopped;
  assert.deepEqual(errors, ['first']);
});
