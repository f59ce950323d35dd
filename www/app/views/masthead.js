// Name, device badge, and the device's notice.

import { h, setText } from '../dom.js';
import { device as words, page } from '../strings/en.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{useCpu: () => void}} actions
 */
export function makeMasthead(store, actions) {
  const badge = h('p', { class: 'badge', id: 'device' });
  const notice = h('p', { class: 'device-notice', id: 'device-notice' });
  const keeping = h('p', { class: 'device-notice', id: 'keeping-notice' });
  store.watch(['kept'], ({ kept }) =>
    setText(keeping, kept === 'nothing' ? words.nothingKept : ''),
  );
  const useCpu = h(
    'button',
    { type: 'button', class: 'quiet', hidden: true, on: { click: actions.useCpu } },
    words.useCpu,
  );

  store.watch(['engine'], ({ engine }) => {
    const device = engine.ready?.device;
    setText(badge, badgeText(engine));
    badge.dataset.kind = device?.kind ?? '';
    badge.title = device?.reason ?? '';
    setText(notice, device ? noticeText(device) : '');
    useCpu.hidden = !(device?.kind === 'webgpu' && device.software);
  });

  return h(
    'header',
    { class: 'masthead' },
    h(
      'div',
      { class: 'name' },
      h('h1', {}, page.title),
      h('p', { class: 'tagline' }, page.tagline),
    ),
    h('div', { class: 'device' }, badge, notice, keeping, useCpu),
  );
}

/** @param {import('../state.js').EngineState} engine */
function badgeText({ ready, phase }) {
  if (!ready) return phase === 'failed' || phase === 'stopped' ? words.notLoaded : words.starting;
  const { kind, adapter, software } = ready.device;
  if (kind === 'cpu') return words.cpu;
  const name = software ? words.softwareWebgpu : words.webgpu;
  return adapter ? `${name}: ${adapter}` : name;
}

/** @param {import('../messages.js').DeviceInfo} device */
function noticeText({ kind, software, reason }) {
  if (kind === 'cpu') return words.cpuNotice(reason);
  return software ? words.softwareNotice(reason) : '';
}
