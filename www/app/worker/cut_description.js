// A cut as the page shows it.

import { frameOf } from '../messages.js';
import { Transferred } from './handlers.js';

/**
 * What seeded a cut, without what the engine's cut has: the quantiles, and the method of the map if
 * the engine computed it.
 * @typedef {{rectangle: import('../messages.js').Box} | {seeds: import('../messages.js').Seeds,
 *   method?: string, views: number}} Seeding
 */

/**
 * @param {import('../../pkg/deep_inside.js').Segmentation} segmentation
 * @param {import('../../pkg/deep_inside.js').ObjectCut} cut   that it is of
 * @param {Seeding} seeding
 * @returns {Transferred<import('../messages.js').Cut>}
 */
export function describeCut(segmentation, cut, seeding) {
  const { width: photoWidth, height: photoHeight, energy, flow, share } = segmentation;
  const { x, y, width, height } = segmentation.box;
  const frame = frameOf(photoWidth, photoHeight);
  const cover = segmentation.cover(frame.width, frame.height);
  const seeds = cut.seeds(frame.width, frame.height);
  const description = {
    cover,
    seeds,
    ...frame,
    photoWidth,
    photoHeight,
    box: { x, y, width, height },
    share,
    energy,
    flow,
    sizes: cut.sizes.length,
    size: cut.size ?? 0,
    made: originOf(cut, seeding),
  };
  return new Transferred(description, [cover.buffer, seeds.buffer]);
}

/**
 * @param {import('../../pkg/deep_inside.js').ObjectCut} cut
 * @param {Seeding} seeding
 * @returns {import('../messages.js').CutOrigin}
 */
function originOf({ method, foregroundQuantile, backgroundQuantile }, seeding) {
  if ('rectangle' in seeding) return seeding;
  // A cut from a map has both quantiles.
  return /** @type {import('../messages.js').CutOrigin} */ ({
    method,
    ...seeding,
    foregroundQuantile,
    backgroundQuantile,
  });
}
