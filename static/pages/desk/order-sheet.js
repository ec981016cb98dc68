import { html } from 'htm/preact';
import { OrderBadge } from '../../components/badge.js';
import { Countdown } from '../../components/countdown.js';
import { Sheet } from '../../components/dialog.js';
import { OrderActions } from '../../components/order-actions.js';
import { OrderContact, OrderHistory } from '../../components/order-facts.js';
import { OrderLines } from '../../components/order-lines.js';
import { OrderReturns } from '../../components/order-returns.js';
import { OrderPapers, useService } from '../../components/order-papers.js';
import { PayBy } from '../../components/transfer-facts.js';
import { waitsForDays } from '../../lib/by-hand.js';
import { formatDateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { OrderMoney } from './order-money.js';
import { OrderParcels } from './order-parcels.js';

/**
 * One order, as its merchant works with it.
 *
 * @param {{ order: import('../../lib/types.js').Order, showTitle: string, onChanged: (order: import('../../lib/types.js').Order) => void, onClose: () => void }} props
 */
export function OrderSheet({ order, showTitle, onChanged, onClose }) {
  const served = useService(order);
  return html`<${Sheet} title=${t('Order {number}', { number: order.number })} onClose=${onClose} class="desk-sheet"
  footer=${html`<${OrderActions} order=${order} onChanged=${onChanged} />`}>
  <div class="stack stack-l">
    <div class="row row-wrap">
      <${OrderBadge} order=${order} />
      <span class="muted small">${formatDateTime(order.placed_at)}${showTitle && html` · <bdi>${showTitle}</bdi>`}</span>
    </div>
    <${PayBy} order=${order} class="note row" />
    ${order.status === 'pending_payment' && order.expires_at && !waitsForDays(order) && html`<p class="note">${t('Held for the buyer for')} <${Countdown} until=${order.expires_at} class="strong" /></p>`}
    <${OrderReturns} order=${order} served=${served} isMerchant isMine=${false} onChanged=${onChanged} />
    <${OrderLines} order=${order} />
    ${order.note && html`<p class="note"><strong>${t('Note to the shop')}:</strong> <span class="lines" dir="auto">${order.note}</span></p>`}
    <${OrderParcels} order=${order} onChanged=${onChanged} />
    <${OrderMoney} order=${order} />
    <section><h3 class="desk-h3">${t('Buyer')}</h3><${OrderContact} order=${order} /></section>
    <section><h3 class="desk-h3">${t('What happened')}</h3><${OrderHistory} order=${order} /></section>
    <${OrderPapers} service=${served.service} />
  </div>
<//>`;
}
