export { default, ClassModelRun, Engine, SaliencyMap, SanityCheck, Segmentation } from './cpu/deep_inside.js';
export type * from './cpu/deep_inside.js';
