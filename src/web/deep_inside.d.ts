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
