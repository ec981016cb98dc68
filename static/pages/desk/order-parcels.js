import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { OrderShipments } from '../../components/order-shipments.js';
import { refusalText } from '../../components/refusal.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').Order} Order */
/** @typedef {import('../../lib/types.js').Shipment} Shipment */

/** Units by offer that are in no parcel yet. @param {Order} order */
const leftOf = (order) => order.lines.map((line) => {
  const inside = (order.shipments ?? []).flatMap(({ lines }) => lines).filter(({ offer }) => offer === line.offer);
  return { line, left: line.quantity - inside.reduce((sum, { quantity }) => sum + quantity, 0) };
}).filter(({ left }) => left > 0);

/**
 * Packing and sending an order, in one parcel or several.
 *
 * @param {{ order: Order, onChanged: (order: Order) => void }} props
 */
export function OrderParcels({ order, onChanged }) {
  const [open, setOpen] = useState(/** @type {{ kind: 'pack' } | { kind: 'send', shipment: Shipment } | null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const isByHand = order.status === 'pending_payment' && !order.expires_at;
  const mayPack = (order.status === 'paid' || isByHand) && leftOf(order).length > 0;
  if (!mayPack && !order.shipments?.length) return null;
  const unpack = async (/** @type {Shipment} */ shipment) => {
    setError(null);
    await api.delete(`/orders/${order.id}/shipments/${shipment.id}`).then(onChanged, setError);
  };
  const close = () => setOpen(null);
  return html`<section><h3 class="desk-h3">${t('Parcels')}</h3>
    <${OrderShipments} order=${order}>${(/** @type {Shipment} */ shipment) => html`<p class="row row-wrap">
      ${shipment.status === 'packed' && html`<${Button} size="s" icon="truck" onClick=${() => setOpen({ kind: 'send', shipment })}>${t('Send …')}<//><${Button} size="s" kind="quiet" onClick=${() => unpack(shipment)}>${t('Unpack')}<//>`}
      ${shipment.status !== 'packed' && html`<${Button} size="s" kind="quiet" onClick=${() => setOpen({ kind: 'send', shipment })}>${t('Tracking …')}<//>`}
    </p>`}<//>
    ${mayPack && html`<${Button} size="s" icon="bag" onClick=${() => setOpen({ kind: 'pack' })}>${t('Pack …')}<//>`}
    ${error && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    ${open?.kind === 'pack' && html`<${PackDialog} order=${order} onChanged=${onChanged} onClose=${close} />`}
    ${open?.kind === 'send' && html`<${SendDialog} order=${order} shipment=${open.shipment} onChanged=${onChanged} onClose=${close} />`}
  </section>`;
}

/** @param {{ order: Order, onChanged: (order: Order) => void, onClose: () => void }} props */
function PackDialog({ order, onChanged, onClose }) {
  const [counts, setCounts] = useState(() => Object.fromEntries(leftOf(order).map(({ line, left }) => [line.offer, String(left)])));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [isBusy, setBusy] = useState(false);
  const pack = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const lines = Object.entries(counts).map(([offer, text]) => ({ offer, quantity: Number(text) || 0 })).filter(({ quantity }) => quantity > 0);
    setBusy(true);
    setError(null);
    try {
      onChanged(await api.post(`/orders/${order.id}/shipments`, { lines }));
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t('What goes into this parcel?')} onClose=${onClose} footer=${html`<${Button} kind="primary" wide type="submit" form="pack-form" busy=${isBusy}>${t('Packed')}<//>`}>
    <form id="pack-form" class="stack" onSubmit=${pack}>
      ${leftOf(order).map(({ line, left }) => html`<${FormField} key=${line.offer} label=${line.title} type="number" inputmode="numeric" min="0" max=${left} value=${counts[line.offer]} optional=${t('of {n}', { n: left })}
        onInput=${(/** @type {string} */ text) => setCounts({ ...counts, [line.offer]: text })} />`)}
      ${error && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    </form>
  <//>`;
}

/** @param {{ order: Order, shipment: Shipment, onChanged: (order: Order) => void, onClose: () => void }} props */
function SendDialog({ order, shipment, onChanged, onClose }) {
  const [values, setValues] = useState({ carrier: shipment.carrier, tracking_number: shipment.tracking_number, tracking_url: shipment.tracking_url });
  const [label, setLabel] = useState('');
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState('');
  const { data: couriers } = useLoad(() => /** @type {Promise<{ items: { id: string, title: string }[] }>} */ (api.get('/couriers')), []);
  const path = `/orders/${order.id}/shipments/${shipment.id}`;
  const field = (/** @type {string} */ name) => (error?.field === name || error?.field === `tracking.${name}` ? refusalText(error) : '');
  const act = async (/** @type {string} */ name, /** @type {() => Promise<void>} */ step) => {
    setBusy(name);
    setError(null);
    await step().catch(setError);
    setBusy('');
  };
  const ask = (/** @type {string} */ courier) => act(courier, async () => {
    const made = await api.post(`${path}/label`, { courier });
    onChanged(made.order);
    const { carrier, tracking_number, tracking_url } = made.order.shipments.find((/** @type {Shipment} */ one) => one.id === shipment.id);
    setValues({ carrier, tracking_number, tracking_url });
    setLabel(made.label_url);
  });
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    act('send', async () => {
      onChanged(await api.patch(path, { tracking: values, ...(shipment.status === 'packed' && { status: 'shipped' }) }));
      onClose();
    });
  };
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ text) => setValues({ ...values, [name]: text });
  return html`<${Dialog} title=${shipment.status === 'packed' ? t('Send this parcel') : t('Tracking')} onClose=${onClose}
    footer=${html`<${Button} kind="primary" wide type="submit" form="send-form" busy=${busy === 'send'}>${shipment.status === 'packed' ? t('Mark as sent') : t('Save')}<//>`}>
    <form id="send-form" class="stack" onSubmit=${send}>
      ${order.delivery.method === 'courier' && couriers?.items.map(({ id, title }) => html`<${Button} key=${id} icon="truck" busy=${busy === id} onClick=${() => ask(id)}>${t('Get a label from {courier}', { courier: title })}<//>`)}
      ${label && html`<p><a href=${label} target="_blank" rel="noopener noreferrer">${t('Print the label')}</a></p>`}
      <${FormField} label=${t('Courier')} optional=${t('optional')} value=${values.carrier} maxlength="80" dir="auto" error=${field('carrier')} onInput=${set('carrier')} />
      <${FormField} label=${t('Tracking number')} optional=${t('optional')} value=${values.tracking_number} maxlength="100" dir="ltr" error=${field('tracking_number')} onInput=${set('tracking_number')} />
      <${FormField} label=${t('Tracking page')} optional=${t('optional')} type="url" value=${values.tracking_url} maxlength="1000" dir="ltr" placeholder="https://" error=${field('tracking_url')} onInput=${set('tracking_url')} />
      ${error && !error.field && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    </form>
  <//>`;
}
