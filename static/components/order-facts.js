import { html } from 'htm/preact';
import { dayOf, formatDateTime, timesOf } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Said } from './said.js';

/** @typedef {import('../lib/types.js').Order} Order */

/** @param {import('../lib/types.js').OrderStatus} status @param {'pickup'|'courier'|'none'} [method] */
export function statusWord(status, method) {
  switch (status) {
    case 'pending_payment': return t('Waiting for payment');
    case 'paid': return t('Paid');
    case 'fulfilled': return method === 'pickup' ? t('Handed over') : method === 'courier' ? t('Sent') : t('Delivered');
    case 'cancelled': return t('Cancelled');
    case 'expired': return t('Expired');
    case 'refunded': return t('Refunded');
    default: return status;
  }
}

/** Who bought, and how they get it. @param {{ order: Order, words?: import('./said.js').Words }} props */
export function OrderContact({ order, words }) {
  const { contact, delivery } = order;
  const rows = [
    [t('Name'), contact?.name && html`<bdi>${contact.name}</bdi>`],
    [t('Email'), contact?.email && html`<a href=${`mailto:${encodeURIComponent(contact.email).replaceAll('%40', '@')}`} dir="ltr">${contact.email}</a>`],
    [t('Phone'), contact?.phone && html`<a href=${`tel:${contact.phone.replace(/[^\d+]/g, '')}`} dir="ltr">${contact.phone}</a>`],
    [t('Delivery'), delivery?.method === 'courier' ? t('By courier') : delivery?.method === 'none' ? t('Nothing is sent') : t('Pick-up')],
    [t('Address'), delivery?.method === 'courier' && delivery.address && html`<span class="order-address" dir="auto">${delivery.address}</span>`],
    [t('Leave it without ringing'), delivery?.contactless && html`<bdi>${delivery.leave_at || t('Yes')}</bdi>`],
    [t('Pick-up place'), delivery?.pickup && html`<${Said} words=${words} text=${delivery.pickup.place.title} /><br /><span class="order-address" dir="auto">${delivery.pickup.place.address}</span>`],
    [t('Pick-up time'), delivery?.pickup && html`${dayOf(delivery.pickup.starts_at, delivery.pickup.place)}, <bdi>${timesOf(delivery.pickup, delivery.pickup.place)}</bdi>`],
  ];
  return html`<dl class="facts">
    ${rows.filter(([, value]) => value).map(([name, value]) => html`<div key=${name} class="fact"><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

/** @param {{ order: Order }} props */
export const OrderHistory = ({ order }) => html`<ol class="order-history">
  ${order.history.map((step, i) => html`<li key=${i}><span>${statusWord(step.status, order.delivery?.method)}</span><time class="muted small tabular" dateTime=${step.at}>${formatDateTime(step.at)}</time></li>`)}
</ol>`;
