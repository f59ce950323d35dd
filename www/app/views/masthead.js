// Name, device badge, and the device's notice.

import { h, setText } from '../dom.js';
import { device as words, kept as keptWords, page } from '../strings/en.js';

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
    const failed = engine.phase === 'failed' || engine.phase === 'stopped';
    const kind = !device
      ? failed
        ? words.notLoaded
        : words.starting
      : device.kind === 'cpu'
        ? words.cpu
        : device.software
          ? words.softwareWebgpu
          : words.webgpu;
    setText(
      badge,
      device?.kind === 'webgpu' && device.adapter ? `${kind}: ${device.adapter}` : kind,
    );
    badge.dataset.kind = device?.kind ?? '';
    badge.title = device?.reason ?? '';
    setText(
      notice,
      !device
        ? ''
        : device.kind === 'cpu'
          ? words.cpuNotice(device.reason)
          : device.software
            ? words.softwareNotice(device.reason)
            : '',
    );
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

/** @param {import('../state.js').Store} store */
export function makePageFoot(store) {
  const network = h('p', {});
  const keeping = h('p', { id: 'kept' });
  store.watch(['kept'], ({ kept }) => setText(keeping, keptWords[kept]));
  store.watch(['engine'], ({ engine }) =>
    setText(
      network,
      engine.ready ? page.network(engine.ready.network.title, engine.ready.network.licence) : '',
    ),
  );
  return h(
    'footer',
    { class: 'page-foot' },
    h('p', { class: 'privacy' }, page.privacy),
    h('p', {}, h('a', { href: page.paperLink, rel: 'noopener', target: '_blank' }, page.paper)),
    network,
    keeping,
  );
}
