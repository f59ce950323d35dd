// The photo, and all the ways to get one: file, drop, paste, camera, samples.

import { clear, drawPhoto } from '../canvas/surface.js';
import { fromTemplate, h, setAttribute, setText } from '../dom.js';
import { photo as words } from '../strings/en.js';
import { startFilePicker } from '../sources/file_picker.js';
import { loadSamples, thumbOf } from '../sources/sample_gallery.js';
import { startWebcam } from '../sources/webcam.js';

/**
 * @param {import('../state.js').Store} store
 * @param {object} actions
 * @param {(source: import('../photo_pixels.js').PictureSource) => void} actions.usePicture
 * @param {(sample: import('../sources/sample_gallery.js').Sample) => void} actions.useSample
 * @param {(error: unknown) => void} actions.report
 */
export function makePhotoPanel(store, actions) {
  const canvas = h('canvas', { class: 'layer' });
  const video = h('video', {
    class: 'layer',
    hidden: true,
    muted: true,
    playsInline: true,
    'aria-label': words.preview,
  });
  const prompt = h(
    'div',
    { class: 'prompt' },
    h('div', { class: 'pictogram', 'aria-hidden': 'true' }, fromTemplate('pictogram-photo')),
    h('p', { class: 'by-mouse' }, words.prompt),
    h('p', { class: 'by-touch' }, words.promptTouch),
    h('p', { class: 'prompt-note' }, words.promptNote),
  );
  const input = h('input', {
    type: 'file',
    accept: 'image/*',
    hidden: true,
    id: 'file-input',
    tabIndex: -1,
  });
  const choose = h(
    'button',
    { type: 'button', class: 'main', 'aria-label': words.chooseHint, title: words.chooseHint },
    words.choose,
  );
  // On a phone its own camera, which takes better photos than a video's pictures.
  const cameraInput = h('input', {
    type: 'file',
    accept: 'image/*',
    capture: 'environment',
    hidden: true,
    id: 'camera-input',
    tabIndex: -1,
  });
  const take = h('button', { type: 'button', class: 'main by-touch' }, words.take);
  const openCamera = h(
    'button',
    { type: 'button', class: 'by-mouse', on: { click: () => useCamera() } },
    words.webcam,
  );
  const capture = h(
    'button',
    { type: 'button', class: 'main', on: { click: () => camera?.capture() } },
    words.capture,
  );
  const switchCamera = h(
    'button',
    { type: 'button', on: { click: () => camera?.switchCamera() } },
    words.switchCamera,
  );
  const closeCamera = h(
    'button',
    { type: 'button', on: { click: () => camera?.stop() } },
    words.closeCamera,
  );
  const sourceButtons = h(
    'div',
    { class: 'buttons' },
    take,
    choose,
    openCamera,
    input,
    cameraInput,
  );
  const cameraButtons = h(
    'div',
    { class: 'buttons', hidden: true },
    capture,
    switchCamera,
    closeCamera,
  );
  const credit = h('p', { class: 'credit' });
  const gallery = h('ul', { class: 'samples', 'aria-label': words.samples });

  const element = h(
    'section',
    { class: 'panel', id: 'photo', 'aria-labelledby': 'photo-heading' },
    h(
      'header',
      { class: 'panel-head' },
      h('h2', { id: 'photo-heading' }, words.heading),
      sourceButtons,
      cameraButtons,
    ),
    h('div', { class: 'stage photo-stage' }, prompt, canvas, video),
    credit,
    gallery,
  );

  startFilePicker(actions.usePicture, choose, input);
  startFilePicker(actions.usePicture, take, cameraInput);

  /** @type {ReturnType<typeof startWebcam> | null} */
  let camera = null;

  function useCamera() {
    openCamera.disabled = true;
    camera = startWebcam(actions.usePicture, actions.report, video, (live) => {
      video.hidden = !live;
      sourceButtons.hidden = live !== null;
      cameraButtons.hidden = live === null;
      switchCamera.hidden = !live?.canSwitch;
      element.classList.toggle('filming', live !== null);
      openCamera.disabled = false;
      if (live) capture.focus();
      else {
        camera = null;
        if (document.activeElement === document.body) openCamera.focus();
      }
    });
  }

  store.watch(['photo', 'opening'], ({ photo, opening }) => {
    prompt.hidden = photo !== null;
    if (photo) drawPhoto(canvas, photo.bitmap);
    else clear(canvas);
    setAttribute(canvas, 'role', photo ? 'img' : null);
    setAttribute(
      canvas,
      'aria-label',
      photo ? (photo.sample?.alt ?? words.alt(photo.width, photo.height)) : null,
    );
    setAttribute(canvas, 'aria-hidden', photo ? null : 'true');
    element.classList.toggle('opening', opening);
    showCredit(credit, photo);
    for (const button of gallery.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset.file === photo?.sample?.file));
    }
  });

  loadSamples()
    .then((samples) => {
      gallery.replaceChildren(
        ...samples.map((sample) => {
          const picture = h('img', {
            src: thumbOf(sample),
            alt: '',
            width: 96,
            height: 96,
            decoding: 'async',
          });
          return h(
            'li',
            {},
            h(
              'button',
              {
                type: 'button',
                class: 'sample',
                title: sample.title,
                'aria-label': sample.title,
                'aria-pressed': 'false',
                data: { file: sample.file },
                on: { click: () => actions.useSample(sample) },
              },
              picture,
            ),
          );
        }),
      );
    })
    .catch(actions.report);

  return { element, stopCamera: () => camera?.stop() };
}

/** @param {HTMLElement} line @param {import('../state.js').Photo | null} photo */
function showCredit(line, photo) {
  if (photo?.sample) {
    const text = words.credit(photo.sample.credit, photo.sample.licence);
    line.replaceChildren(
      h('a', { href: photo.sample.source, rel: 'noopener', target: '_blank', title: text }, text),
    );
  } else {
    setText(line, photo ? sizeText(photo) : '');
  }
}

/** @param {import('../state.js').Photo} photo */
function sizeText({ width, height, fileWidth, fileHeight }) {
  return width === fileWidth && height === fileHeight
    ? words.size(width, height)
    : words.reduced(width, height, fileWidth, fileHeight);
}
