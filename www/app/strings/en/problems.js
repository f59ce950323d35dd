// What goes wrong: faults of links and downloads, and what to do about each problem.

import { LARGEST_SEED } from '../../url_state.js';

export const transfer = {
  unreachable: 'The server could not be reached.',
  /** @param {number} status */
  status: (status) => `The server answered ${status}.`,
  webPage: 'The server sent a web page instead of the file.',
  /** @param {number} done @param {number} expected */
  cutShort: (done, expected) => `The connection ended after ${done} of ${expected} bytes.`,
  /** @param {number} expected */
  tooLong: (expected) => `The server sent more than the expected ${expected} bytes.`,
  noProgram: 'A part of the program was not delivered.',
};

/** Why a setting in the address was refused. */
export const link = {
  /**
   * @param {import('../../url_state.js').LinkFault} fault
   * @param {number} [classes]   that the network has, once it is there
   */
  fault({ key, value: whole }, classes) {
    const value = whole.length > 40 ? `${whole.slice(0, 40)}…` : whole;
    if (key === 'class')
      return `It asks for class ${value}; ${classes === undefined ? 'classes have numbers' : `this network has 0 to ${classes - 1}`}.`;
    if (key === 'photo') return `It asks for the photo “${value}”, which is none of the samples.`;
    if (key === 'neuron')
      return `It asks for the neuron ${value}, which this network does not have.`;
    if (key === 'opacity') return `It asks for an opacity of ${value}; opacity goes from 0 to 1.`;
    if (key === 'seed')
      return `It asks for the seed ${value}; seeds are whole numbers from 0 to ${LARGEST_SEED}.`;
    const name = Object.hasOwn(link.names, key) && link.names[key];
    return name
      ? `It asks for ${name} “${value}”, which does not exist, so the default is used.`
      : `It says “${key.slice(0, 40)}=${value}”, which this page has no setting for.`;
  },
  /** @type {Record<string, string>} */
  names: {
    method: 'the method',
    map: 'the colours',
    ground: 'the background',
    seeds: 'the seeds',
    recipe: 'the recipe',
    side: 'the size',
    start: 'the start',
    device: 'the device',
  },
};

export const problems = {
  heading: 'Something went wrong',
  dismiss: 'Dismiss',
  retry: 'Try again',
  useCpu: 'Use the CPU',
  reload: 'Reload the page',
  reloadEverything: 'Reload the page',
  useUpdate: 'Reload the page',
};

/**
 * What went wrong and what to do, by code. `ifRepeated`: what to do if it happened twice in half
 * a minute and the engine was not restarted; `action`: what the card's button does.
 * @type {Record<string, {sentence: string, advice: string, ifRepeated?: string, action?: 'retry' |
 *   'useCpu' | 'reload' | 'reloadEverything' | 'useUpdate'}>}
 */
export const errors = {
  'picture-empty': { sentence: 'This file is empty.', advice: 'Choose another picture.' },
  'picture-too-large': {
    sentence: 'This picture is too large.',
    advice:
      'Choose one of at most 200 MB, 150 megapixels and 65,535 pixels a side, or scale it down first.',
  },
  'picture-unsupported': {
    sentence: 'This is not a picture that can be read here.',
    advice: 'Save the picture as a JPEG or PNG with an image editor, then choose that file.',
  },
  'picture-corrupt': {
    sentence: 'This picture is damaged.',
    advice: 'Choose another one, or save it again with an image editor.',
  },
  'no-picture': {
    sentence: 'No photo has been chosen yet.',
    advice: 'Choose a photo, or one of the samples.',
  },
  'sample-download-failed': {
    sentence: 'The sample picture could not be loaded.',
    advice: 'Check the connection, then choose it again.',
  },
  'drop-web-address': {
    sentence: 'That was a web address, not the picture itself.',
    advice:
      'Copy the picture there and paste it here, or save it and drop the file. This page loads nothing from other sites.',
  },
  'link-not-understood': {
    sentence: 'This link asks for something that does not exist.',
    advice: 'The page ignores it.',
  },
  'copy-failed': {
    sentence: 'The browser did not let the page copy this.',
    advice: 'Allow it, and try again. The link is also in the address bar.',
  },
  'drop-without-picture': {
    sentence: 'What was dropped contained no picture.',
    advice: 'Drop a picture file.',
  },
  'paste-without-picture': {
    sentence: 'The clipboard contains no picture.',
    advice: 'Copy a picture (not its file name or address), then paste again.',
  },
  'weights-download-failed': {
    sentence: 'The network’s weights could not be downloaded.',
    advice: 'Check the connection, then try again.',
    action: 'retry',
  },
  'weights-corrupt': {
    sentence: 'The network’s weights arrived damaged.',
    advice: 'Try again. If this happens again, the copy on the server is damaged.',
    action: 'retry',
  },
  'weights-mismatch': {
    sentence: 'The weights belong to another network.',
    advice: 'The page was probably updated: reload it.',
    action: 'reloadEverything',
  },
  'network-corrupt': {
    sentence: 'This network’s file is damaged.',
    advice: 'Export the network again, then choose the new file.',
  },
  'network-unsupported': {
    sentence: 'This network has a part that does not work here.',
    advice: 'The details name it. Export the network without it, or choose another one.',
  },
  'network-too-large': {
    sentence: 'This network is too large.',
    advice: 'Choose a smaller one, or export it for a smaller picture.',
  },
  'program-load-failed': {
    sentence: 'The program could not be loaded.',
    advice:
      'Check the connection, then try again. If this happens again, the copy on the server is incomplete.',
    action: 'retry',
  },
  'program-mismatch': {
    sentence: 'The page was updated.',
    advice:
      'Its parts are from two versions, which do not work together. Reloading downloads all of them again.',
    action: 'reloadEverything',
  },
  'server-unreachable': {
    sentence: 'The page could not be reloaded.',
    advice: 'It stays as it is. Check the connection, then try again.',
    action: 'reloadEverything',
  },
  'update-ready': {
    sentence: 'A new version is ready. Reload whenever you like.',
    advice: 'Until then this page keeps running the old version only.',
    action: 'useUpdate',
  },
  'share-without-picture': {
    sentence: 'The shared picture did not arrive.',
    advice: 'Share it again, or choose it here.',
  },
  'browser-too-old': {
    sentence: 'This browser lacks something that the page needs.',
    advice: 'Use a current version of Chrome, Edge, Firefox or Safari.',
  },
  'class-out-of-range': { sentence: 'There is no such class.', advice: 'Choose one of the list.' },
  'setting-out-of-range': {
    sentence: 'One of the settings is out of range.',
    advice: 'Choose another value, or reload the page.',
  },
  'no-network': {
    sentence: 'The network is not loaded yet.',
    advice: 'Try again.',
    action: 'retry',
  },
  'gpu-unavailable': {
    sentence: 'WebGPU is not available in this browser.',
    advice: 'Continue on the CPU.',
    action: 'useCpu',
  },
  'gpu-lost': {
    sentence: 'The connection to the GPU was lost.',
    advice:
      'The engine was restarted: choose the class again. If this happens again, continue on the CPU.',
    ifRepeated:
      'It was lost twice within half a minute, so the engine was not restarted. Continue on the CPU.',
    action: 'useCpu',
  },
  'out-of-memory': {
    sentence: 'The memory available to this page is full.',
    advice: 'The engine was restarted: choose the class again, or use a smaller picture.',
    ifRepeated:
      'It was full twice within half a minute, so the engine was not restarted. Start again above, then use a smaller picture.',
  },
  'camera-not-allowed': {
    sentence: 'The camera may not be used.',
    advice: 'Allow it in the browser’s address bar, then click again.',
  },
  'camera-not-found': {
    sentence: 'No camera was found.',
    advice: 'Connect one, or choose a file.',
  },
  'camera-not-readable': {
    sentence: 'The camera does not respond.',
    advice: 'Close other programs that use it, then click again.',
  },
  'camera-overconstrained': {
    sentence: 'No camera has the requested properties.',
    advice: 'Try the other camera, or choose a file.',
  },
  'camera-insecure': {
    sentence: 'Browsers allow the camera only on secure pages.',
    advice: 'Open this page over https, or on localhost; or choose a file.',
  },
  'camera-lost': {
    sentence: 'The camera was disconnected.',
    advice: 'Connect it again, or choose a file.',
  },
  'save-failed': {
    sentence: 'The file could not be created.',
    advice: 'Try again with a smaller picture.',
  },
  internal: {
    sentence: 'An internal error stopped the computation.',
    advice:
      'The engine was restarted: choose the class again. If this happens again, reload the page.',
    ifRepeated:
      'That happened twice within half a minute, so the engine was not restarted. Reload the page.',
    action: 'reload',
  },
};
