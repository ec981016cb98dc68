import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { Icon } from './icon.js';

/** @typedef {{ number: string, kind: 'invoice'|'credit', url: string, pdf_url: string }} Invoice */
/** @typedef {{ may_cancel: boolean, cancel_until: string|null, return_until: string|null, returnable: import('./order-returns.js').Units[], returns: import('./order-returns.js').Return[], invoices: Invoice[], transfer: { to: string, reference: string } | null }} Service */

/** What its buyer may do with an order, and what was issued; asked again when the order moves. @param {import('../lib/types.js').Order | null} order */
export function useService(order) {
  const [service, setService] = useState(/** @type {Service | null} */ (null));
  const [round, again] = useState(0);
  const state = order && `${round} ${order.id} ${order.status} ${order.refunded?.amount_minor} ${order.shipments?.map(({ status }) => status)}`;
  useEffect(() => {
    if (order) api.get(`/orders/${order.id}/service`).then(setService, (error) => console.warn('livehub: invoices are not known', error));
  }, [state]);
  return { service, again: () => again((n) => n + 1) };
}

/** Invoices and credit notes. @param {{ service: Service | null }} props */
export function OrderPapers({ service }) {
  if (!service?.invoices.length) return null;
  return html`<ul class="papers">${service.invoices.map((one) => html`<li key=${one.number} class="row row-wrap">
    <${Icon} name="download" size=${18} /><a href=${one.url} target="_blank" rel="noopener">${one.kind === 'invoice' ? t('Invoice {number}', { number: one.number }) : t('Credit note {number}', { number: one.number })}</a>
    <a href=${one.pdf_url} target="_blank" rel="noopener" class="small">PDF</a>
  </li>`)}</ul>`;
}
