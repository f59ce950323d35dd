export {
  default,
  ClassModelRun,
  Engine,
  ObjectCut,
  SaliencyMap,
  SanityCheck,
  Segmentation,
} from './cpu/deep_inside.js';
export type * from './cpu/deep_inside.js';

import type { Engine } from './cpu/deep_inside.js';

/** Opens an engine on the device, as `Engine.open` does. */
export function openEngine(device: 'auto' | 'webgpu' | 'cpu'): Promise<Engine>;
