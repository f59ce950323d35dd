// Below everything: privacy, paper, network, and what is stored on this computer.

import { h, setText } from '../dom.js';
import { kept as keptWords, page } from '../strings/en.js';

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
