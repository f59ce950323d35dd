// A picture from the camera. It is asked for on a click only; its light goes out on capture, on
// leaving and on every error.

import { canAskForCamera } from '../capabilities.js';
import { CodedError } from '../messages.js';

/** @typedef {'user' | 'environment'} Facing */

/** What getUserMedia throws, as the page's codes. @type {Record<string, string>} */
const CODES = {
  NotAllowedError: 'camera-not-allowed',
  SecurityError: 'camera-not-allowed',
  NotFoundError: 'camera-not-found',
  NotReadableError: 'camera-not-readable',
  AbortError: 'camera-not-readable',
  OverconstrainedError: 'camera-overconstrained',
};

/**
 * One use of the camera, from the click to the picture.
 *
 * @param {(source: import('../photo_pixels.js').PictureSource) => void} onPicture
 * @param {(error: unknown) => void} onError   the camera is off by then
 * @param {HTMLVideoElement} video             shows the preview; has the class `mirrored` where it
 *   shows the visitor
 * @param {(live: {canSwitch: boolean} | null) => void} onChange   null: the camera is off
 */
export function startWebcam(onPicture, onError, video, onChange) {
  /** @type {MediaStream | null} */
  let stream = null;
  /** @type {Facing} */
  // On a phone, the camera for what is in front of one; where there is one camera, that.
  let facing = 'environment';
  let stopped = false;

  function release() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
  }

  function stop() {
    if (stopped) return;
    stopped = true;
    release();
    document.removeEventListener('visibilitychange', stopWhenHidden);
    window.removeEventListener('pagehide', stop);
    onChange(null);
  }

  function stopWhenHidden() {
    if (document.hidden) stop();
  }

  /** @param {unknown} error */
  function fail(error) {
    if (stopped) return;
    stop();
    const name = /** @type {{name?: string} | null} */ (error)?.name ?? '';
    onError(
      error instanceof CodedError
        ? error
        : new CodedError(CODES[name] ?? 'camera-not-readable', name),
    );
  }

  async function show() {
    try {
      if (!canAskForCamera()) throw new CodedError('camera-insecure');
      release();
      const constraints = { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 960 } };
      const granted = await navigator.mediaDevices.getUserMedia({
        video: constraints,
        audio: false,
      });
      if (stopped) return granted.getTracks().forEach((track) => track.stop());
      stream = granted;
      const [track] = stream.getVideoTracks();
      track.addEventListener(
        'ended',
        () => stream === granted && fail(new CodedError('camera-lost')),
      );
      video.classList.toggle('mirrored', track.getSettings().facingMode !== 'environment');
      video.srcObject = stream;
      await video.play();
      const devices = await navigator.mediaDevices.enumerateDevices();
      if (!stopped)
        onChange({
          canSwitch: devices.filter((device) => device.kind === 'videoinput').length > 1,
        });
    } catch (error) {
      fail(error);
    }
  }

  document.addEventListener('visibilitychange', stopWhenHidden);
  window.addEventListener('pagehide', stop);
  show();

  return {
    stop,
    switchCamera() {
      facing = facing === 'user' ? 'environment' : 'user';
      show();
    },
    async capture() {
      if (!stream || !video.videoWidth) return;
      try {
        const image = await createImageBitmap(video);
        if (stopped) return image.close(); // a second click
        stop();
        onPicture({ kind: 'frame', image });
      } catch (error) {
        fail(error);
      }
    },
  };
}
