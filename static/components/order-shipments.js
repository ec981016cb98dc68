import { html } from 'htm/preact';
import { formatDateTime } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Icon } from './icon.js';
import { unitsText } from './order-lines.js';

/** @typedef {import('../lib/types.js').Order} Order */
/** @typedef {import('../lib/types.js').Shipment} Shipment */

/** @param {Shipment['status']} status @param {'pickup'|'courier'|'none'} [method] */
export function shipmentWord(status, method) {
  switch (status) {
    case 'packed': return t('Packed');
    case 'shipped': return method === 'pickup' ? t('Handed over') : t('Sent');
    case 'in_transit': return t('On its way');
    case 'delivered': return t('Delivered');
    case 'failed': return t('Could not be delivered');
    case 'returned': return t('Came back');
    default: return status;
  }
}

/** A link of the web or nothing: other schemes have no business in a link. @param {string} url */
export function webLink(url) {
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol) ? url : '';
  } catch {
    return '';
  }
}

/** What was packed and sent together, and where it is. @param {{ order: Order, words?: import('../lib/words-state.js').Words, children?: (shipment: Shipment) => any }} props `children` draws what can be done with one */
export const OrderShipments = ({ order, words, children }) => html`<ul class="shipments">
  ${(order.shipments ?? []).map((shipment) => html`<li key=${shipment.id} class="shipment">
    <p class="row row-wrap"><${Icon} name="truck" size=${18} /><strong>${shipmentWord(shipment.status, order.delivery.method)}</strong><time class="muted small" dateTime=${shipment.history.at(-1)?.at}>${formatDateTime(shipment.history.at(-1)?.at ?? order.placed_at)}</time></p>
    <p class="small"><bdi>${unitsText(order, shipment.lines, words)}</bdi></p>
    ${shipment.tracking_number && html`<p class="small">${t('Tracking number')}: ${webLink(shipment.tracking_url)
      ? html`<a href=${webLink(shipment.tracking_url)} target="_blank" rel="noopener noreferrer" dir="ltr">${shipment.tracking_number}</a>`
      : html`<bdi>${shipment.tracking_number}</bdi>`}${shipment.carrier && html` · <bdi>${shipment.carrier}</bdi>`}</p>`}
    ${children?.(shipment)}
  </li>`)}
</ul>`;
