import { html } from 'htm/preact';
import { AccountGate } from '../components/account-gate.js';
import { Button } from '../components/button.js';
import { EmptyState, ErrorState, SkeletonText } from '../components/states.js';
import { useLoad } from '../components/use-load.js';
import { api } from '../lib/api.js';
import { dayOf, formatDateTime, timesOf } from '../lib/format.js';
import { t } from '../lib/i18n.js';

/** @typedef {import('../lib/types.js').Order} Order */

const MOST = 100;

/** One sheet of paper for each order, without prices: what goes into the parcel, and where it goes. */
export default function SlipsPage() {
  return html`<main id="main" class="page slips-page"><${AccountGate} page=${Slips} skeleton=${html`<${SkeletonText} lines=${8} />`} /></main>`;
}

function Slips() {
  const ids = (new URLSearchParams(window.location.search).get('orders') ?? '').split(',').filter((id) => /^[\w-]{1,64}$/.test(id)).slice(0, MOST);
  const { data, error, reload } = useLoad(() => /** @type {Promise<Order[]>} */ (Promise.all(ids.map((id) => api.get(`/orders/${id}`)))), []);
  if (error) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${SkeletonText} lines=${8} />`;
  if (!data.length) return html`<${EmptyState} icon="bag" title=${t('No orders were chosen')} action=${html`<${Button} href="/desk#orders">${t('Orders')}<//>`} />`;
  return html`<header class="slips-head row"><h1 class="grow">${t('Packing slips')}</h1><${Button} kind="primary" onClick=${() => window.print()}>${t('Print')}<//></header>
    ${data.map((order) => html`<${Slip} key=${order.id} order=${order} />`)}`;
}

/** @param {{ order: Order }} props */
function Slip({ order }) {
  const { delivery, contact } = order;
  return html`<article class="slip">
    <header class="row"><h2 class="grow tabular">${t('Order {number}', { number: order.number })}</h2><span class="muted small">${formatDateTime(order.placed_at)}</span></header>
    <p><bdi>${order.store.title}</bdi></p>
    <section>
      <p class="slip-name"><bdi>${contact.name}</bdi>${contact.phone && html`<br /><bdi dir="ltr">${contact.phone}</bdi>`}</p>
      ${delivery.address && html`<p class="lines" dir="auto">${delivery.address}</p>`}
      ${delivery.contactless && html`<p><strong>${t('Leave it without ringing')}${delivery.leave_at && html`: <bdi>${delivery.leave_at}</bdi>`}</strong></p>`}
      ${delivery.pickup && html`<p><strong>${t('Pick-up')}: <bdi>${delivery.pickup.place.title}</bdi></strong><br />${dayOf(delivery.pickup.starts_at, delivery.pickup.place)}, <bdi>${timesOf(delivery.pickup, delivery.pickup.place)}</bdi></p>`}
    </section>
    <table class="slip-table"><thead><tr><th scope="col">${t('Article number')}</th><th scope="col">${t('Article')}</th><th scope="col">${t('Quantity')}</th><th scope="col">${t('Packed')}</th></tr></thead>
      <tbody>${order.lines.map((line) => html`<tr key=${line.offer}><td><bdi>${line.sku}</bdi></td><td><bdi>${line.title}</bdi>${line.variant_title && html` · <bdi>${line.variant_title}</bdi>`}</td><td class="tabular">${line.quantity}</td><td class="slip-box"></td></tr>`)}</tbody></table>
    ${order.note && html`<p class="note"><strong>${t('Note to the shop')}:</strong> <span class="lines" dir="auto">${order.note}</span></p>`}
  </article>`;
}
