// A computation that the visitor starts, stops and starts again.

/** Runs one computation at a time: starting another stops the one before. */
export class Job {
  #controller = new AbortController();
  #onError;

  /** @param {(error: unknown) => void} onError   called if a run fails that was not stopped */
  constructor(onError) {
    this.#onError = onError;
  }

  /** Aborted when the present run is stopped. */
  get signal() {
    return this.#controller.signal;
  }

  /** Stops the present run. */
  stop() {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  /** @param {(signal: AbortSignal) => Promise<void>} compute   the signal is this run's */
  async run(compute) {
    this.stop();
    const { signal } = this;
    try {
      await compute(signal);
    } catch (error) {
      if (!signal.aborted) this.#onError(error);
    }
  }
}
