// Any neuron instead of a class: a layer of the network and one of its channels.

import { isClass, isContrast } from '../target.js';
import { h } from '../dom.js';
import { neuron as words } from '../strings/en.js';

/**
 * @param {import('../state.js').Store} store
 * @param {{choose: (target: import('../target.js').Neuron) => void}} actions
 */
export function makeNeuronPicker(store, actions) {
  const layer = h('select', { id: 'neuron-layer', disabled: true, on: { change: () => bound() } });
  const channel = h('input', {
    type: 'number',
    id: 'neuron-channel',
    class: 'search',
    min: '0',
    step: '1',
    value: '0',
    required: true,
    disabled: true,
  });
  const show = h('button', { disabled: true }, words.show);

  /** The channels that the layer has. */
  function bound() {
    const target = store.state.engine.ready?.layers.find(({ name }) => name === layer.value);
    channel.max = String((target?.channels ?? 1) - 1);
    channel.title = target ? words.shape(target) : '';
  }

  const form = h(
    'form',
    {
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault(); // the browser has checked the number
          actions.choose({ layer: layer.value, channel: channel.valueAsNumber });
        },
      },
    },
    h('div', { class: 'field' }, h('label', { for: 'neuron-layer' }, words.layer), layer),
    h('div', { class: 'field' }, h('label', { for: 'neuron-channel' }, words.channel), channel),
    show,
  );

  store.watch(['engine', 'photo'], ({ engine, photo }) => {
    const layers = engine.ready?.layers ?? [];
    if (layer.length !== layers.length) {
      layer.replaceChildren(
        ...layers.map((one) => h('option', { value: one.name }, words.option(one))),
      );
      bound();
    }
    for (const control of [layer, channel, show]) control.disabled = !photo || layers.length === 0;
  });
  store.watch(['target'], ({ target }) => {
    if (target === null || isClass(target) || isContrast(target)) return;
    layer.value = target.layer;
    channel.value = String(target.channel);
    bound();
  });

  return h(
    'details',
    { class: 'neuron' },
    h('summary', {}, words.summary),
    h('p', { class: 'panel-hint' }, words.hint),
    form,
  );
}
