// Maps of the photo side by side: by every method, or for each of the five likeliest classes.

import { likeliest } from '../ranking.js';
import { engineTarget } from '../target.js';
import { Job } from './job.js';

/** The likeliest classes on the board. */
const CLASSES = 5;

export class Board extends Job {
  /** @param {import('./job.js').JobContext} context */
  constructor(context) {
    super(context, 'board');
  }

  /** @param {'methods' | 'classes'} by   what differs from tile to tile */
  start(by) {
    const { target, probabilities, settings, engine } = this.store.state;
    if (target === null || !probabilities || !engine.ready) return;
    const { method } = settings;
    const tiles =
      by === 'methods'
        ? engine.ready.methods.map(({ id }) => ({ target, method: id }))
        : likeliest(probabilities, CLASSES).map((index) => ({ target: index, method }));
    this.run(async (signal) => {
      this.store.set({ board: { phase: 'working', by, count: tiles.length, tiles: [] } });
      for (const tile of tiles) {
        const result = await this.client.call(
          'boardTile',
          { target: engineTarget(tile.target), method: tile.method },
          { signal },
        );
        if (signal.aborted) return;
        const { board } = this.store.state;
        this.store.update('board', { tiles: [...board.tiles, { ...tile, ...result }] });
      }
      this.store.update('board', { phase: 'ready' });
    });
  }
}
