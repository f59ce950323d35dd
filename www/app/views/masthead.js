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
  const useCpu = h('button', { type: 'button', class: 'quiet', hidden: true, on: { click: actions.useCpu } }, words.useCpu);

  store.watch(['engine'], ({ engine }) => {
    const device = engine.ready?.device;
    const kind = !device ? words.starting : device.kind === 'cpu' ? words.cpu : device.software ? words.softwareWebgpu : words.webgpu;
    setText(badge, device?.kind === 'webgpu' && device.adapter ? `${kind}: ${device.adapter}` : kind);
    badge.dataset.kind = device?.kind ?? '';
    badge.title = device?.reason ?? '';
    setText(notice, !device ? '' : device.kind === 'cpu' ? words.cpuNotice(device.reason) : device.software ? words.softwareNotice(device.reason) : '');
    useCpu.hidden = !(device?.kind === 'webgpu' && device.software);
  });

  return h(
    'header',
    { class: 'masthead' },
    h('div', { class: 'name' }, h('h1', {}, page.title), h('p', { class: 'tagline' }, page.tagline)),
    h('div', { class: 'device' }, badge, notice, useCpu),
  );
}

/** @param {import('../state.js').Store} store */
export function makePageFoot(store) {
  const network = h('p', {});
  store.watch(['engine'], ({ engine }) => setText(network, engine.ready ? page.network(engine.ready.network.title, engine.ready.network.licence) : ''));
  return h(
    'footer',
    { class: 'page-foot' },
    h('p', { class: 'privacy' }, page.privacy),
    h('p', {}, h('a', { href: page.paperLink, rel: 'noopener', target: '_blank' }, page.paper)),
    network,
  );
}
