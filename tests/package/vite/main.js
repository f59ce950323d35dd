// As a project has it that has never heard of the package's insides: no configuration.
import { Engine } from 'deep-inside';
import { explain } from '../readme.js';

Object.assign(globalThis, { Engine, explain });
