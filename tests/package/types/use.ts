// Compiled, never run: what the types have to say yes and no to.
import init, {
  ClassModelRun,
  Engine,
  ObjectCut,
  SaliencyMap,
  SanityCheck,
  Segmentation,
  openEngine,
} from 'deep-inside';
import type { Bytes, NetworkInfo, PictureInfo, SaliencyOptions } from 'deep-inside';

export async function use(
  file: File,
  buffer: ArrayBuffer,
  pixels: ImageData,
  signal: AbortSignal,
): Promise<void> {
  await init();
  await init({ module_or_path: new URL('https://example.org/deep_inside_bg.wasm') });
  const engine: Engine = await Engine.open('auto');
  const same: Engine = await openEngine('cpu');
  same.free();
  const networks: NetworkInfo[] = Engine.networks();
  await engine.loadNetwork('squeezenet1_1');
  for (const weights of [buffer, new Uint8Array(buffer), new DataView(buffer)] satisfies Bytes[]) {
    await engine.loadNetwork(networks[0].id, weights);
  }
  await engine.loadNetwork('squeezenet1_1', file);
  const sizes: PictureInfo[] = [
    engine.setPictureFile(buffer),
    await engine.setPictureFile(file),
    engine.setPicturePixels(pixels),
    engine.setPicturePixels(pixels.data, pixels.width, pixels.height),
    await engine.setPictureFile(Math.random() < 0.5 ? file : buffer),
  ];
  await engine.warmUp();
  await engine.warmUp({
    signal,
    onProgress: (done: number, total: number) => console.log(done, total, sizes),
  });
  const gradient: Float32Array = await engine.inputGradient(1);
  const options: SaliencyOptions = {
    method: 'smooth_grad',
    views: 1,
    n: 4,
    sigma: 0.1,
    seed: 2,
    steps: 8,
    camLayer: 'features.12',
  };
  const map: SaliencyMap = await engine.saliency({ classIndex: 1, ...options, signal });
  const values: Float32Array = map.values;
  const check: SanityCheck = await engine.sanityCheck({
    layer: 'features.6',
    channel: 1,
    position: [0, 0],
  });
  const randomised = await check.step();
  const correlation: number | undefined = randomised?.correlation;
  const cuts: Segmentation[] = [
    await engine.segment({
      saliency: map,
      mode: 'best',
      foregroundQuantile: 0.9,
      backgroundQuantile: 0.5,
      workingSide: 99,
    }),
    await engine.segment({ saliency: { width: 1, height: 2, values: [0, 1] } }),
    await engine.locate({ classIndex: 1, mode: 'paper' }),
  ];
  const cut: ObjectCut = await engine.objectCut({
    rectangle: { x: -1.5, y: 0, width: 9, height: 9 },
    iterations: 2,
  });
  const ofClass: ObjectCut = await engine.objectCut({ classIndex: 1, mode: 'best', signal });
  const fractions: Float64Array = ofClass.sizes;
  cuts.push(
    await ofClass.resize((ofClass.size ?? 0) && fractions.length - 1),
    await cut.stroke({ points: [1, 2], radius: 1, object: true }),
    await cut.undo(),
    await cut.clear(),
  );
  const run: ClassModelRun = engine.classModel({
    classIndex: 1,
    recipe: 'paper',
    seed: 1,
    side: 64,
    start: 'zero',
  });
  const { probability } = await run.step(1);
  run[Symbol.dispose]();
  console.log(gradient, values, correlation, probability);

  // @ts-expect-error: no such option
  await engine.saliency({ classIndex: 1, view: 10 });
  // @ts-expect-error: another type
  await engine.saliency({ classIndex: '1' });
  // @ts-expect-error: no bytes
  engine.setPictureFile('photo.jpg');
  // @ts-expect-error: pixels without their size
  engine.setPicturePixels(new Uint8ClampedArray(4));
  // @ts-expect-error: a promise
  engine.setPictureFile(file).width;
}
