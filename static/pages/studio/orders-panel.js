import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { OrderBadge } from '../../components/badge.js';
import { orderSummary } from '../../components/order-lines.js';
import { formatTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { ClaimsList } from './claims-list.js';
import { OrderSheet } from '../desk/order-sheet.js';

/** Orders of the show as they come, newest first. @param {{ session: import('./session.js').StudioSession }} props */
export function OrdersPanel({ session }) {
  const [openId, setOpenId] = useState('');
  const orders = session.orders.value;
  const open = orders.find((order) => order.id === openId);
  return html`<div class="panel panel-scroll">
    <${ClaimsList} session=${session} />
    ${!orders.length && html`<p class="muted panel-empty">${t('Orders come in here. Pin a product to get the first.')}</p>`}
    <ul class="order-feed">
      ${orders.map((order) => html`<li key=${order.id}><button type="button" class="feed-row" onClick=${() => setOpenId(order.id)}>
        <span class="grow"><bdi class="strong">${order.contact?.name ?? order.buyer.display_name}</bdi><bdi class="muted small">${orderSummary(order)}</bdi></span>
        <span class="feed-side"><bdi class="strong tabular">${formatMoney(order.total)}</bdi><span class="row"><time class="muted small tabular">${formatTime(order.placed_at)}</time><${OrderBadge} order=${order} /></span></span>
      </button></li>`)}
    </ul>
    ${open && html`<${OrderSheet} order=${open} showTitle="" onChanged=${(/** @type {import('../../lib/types.js').Order} */ order) => session.state.putOrder(order)} onClose=${() => setOpenId('')} />`}
  </div>`;
}
