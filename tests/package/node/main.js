// Prints what the README's code finds in the photo whose path is given.
import { readFile } from 'node:fs/promises';

import { Engine } from 'deep-inside';
import { explain, explore } from '../readme.js';

const { engine, classIndex, label, map, cut } = await explain(
  new Blob([await readFile(process.argv[2])]),
);
const { other, unit, corrected, model } = await explore(engine, classIndex);
const sound = (values) => values.every(Number.isFinite) && values.some((value) => value > 0);
console.log(
  JSON.stringify({
    label,
    scores: Array.from(await engine.classify()),
    frame: [map.width, map.height],
    share: cut.share,
    box: cut.box,
    sound: [map, other, unit].map(({ values }) => sound(values)),
    corrected: corrected.share,
    model: [model.rgba.length, model.width, model.height],
    isEngine: engine instanceof Engine,
    device: engine.device.kind,
  }),
);
