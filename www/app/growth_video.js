// The frames of a class model as a video, by the browser's own encoder.

import { drawModelFrame } from './canvas/surface.js';
import { CodedError } from './messages.js';

const FRAMES_A_SECOND = 15;
/** How long the finished picture is shown. */
const LAST_MS = 1500;
/** Formats; the first that the browser can write is used. */
const TYPES = /** @type {const} */ ([
  ['video/webm', 'webm'],
  ['video/mp4', 'mp4'],
]);

/**
 * @param {import('./messages.js').ModelFrame[]} frames
 * @returns {Promise<{blob: Blob, extension: string}>}   takes as long as the video: browsers
 *   encode in real time only
 */
export async function growthVideo(frames) {
  const [type, extension] =
    TYPES.find(([name]) => globalThis.MediaRecorder?.isTypeSupported(name)) ?? [];
  if (!type || !extension) throw new CodedError('save-failed', 'this browser records no video');
  const canvas = document.createElement('canvas');
  drawModelFrame(canvas, frames[0]);
  const stream = canvas.captureStream(FRAMES_A_SECOND);
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 8_000_000 });
  /** @type {Blob[]} */
  const parts = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const stopped = new Promise((resolve, reject) => {
    recorder.addEventListener('stop', resolve, { once: true });
    recorder.addEventListener(
      'error',
      () => reject(new CodedError('save-failed', 'the recorder failed')),
      { once: true },
    );
  });
  const pause = (/** @type {number} */ milliseconds) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  recorder.start();
  for (const frame of frames) {
    drawModelFrame(canvas, frame);
    await pause(1000 / FRAMES_A_SECOND);
  }
  // A canvas is captured only when it is drawn.
  for (let shown = 0; shown < LAST_MS; shown += 100) {
    drawModelFrame(canvas, frames[frames.length - 1]);
    await pause(100);
  }
  recorder.stop();
  await stopped;
  for (const track of stream.getTracks()) track.stop();
  return { blob: new Blob(parts, { type }), extension };
}
