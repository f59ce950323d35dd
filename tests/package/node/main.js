// Prints what the README's code finds in the photo whose path is given, and in the network whose path
// is given after it.
import { readFile } from 'node:fs/promises';

import { Engine } from 'deep-inside';
import { explain, explore, open } from '../readme.js';

const { engine, classIndex, label, map, cut } = await explain(
  new Blob([await readFile(process.argv[2])]),
);
const { other, unit, corrected, model } = await explore(engine, classIndex);
const sound = (values) => values.every(Number.isFinite) && values.some((value) => value > 0);
const scores = Array.from(await engine.classify());
const network = await open(engine, [
  new File([await readFile(process.argv[3])], 'orientation.onnx'),
  new File(['up\nright\ndown\nleft\n'], 'labels.txt'),
]);
console.log(
  JSON.stringify({
    label,
    scores,
    frame: [map.width, map.height],
    share: cut.share,
    box: cut.box,
    sound: [map, other, unit].map(({ values }) => sound(values)),
    corrected: corrected.share,
    model: [model.rgba.length, model.width, model.height],
    opened: [network.labelsFrom, network.classes, (await engine.classify()).length],
    isEngine: engine instanceof Engine,
    device: engine.device.kind,
  }),
);
