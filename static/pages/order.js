import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { ConfirmDialog } from '../components/confirm-dialog.js';
import { Countdown } from '../components/countdown.js';
import { DigitalItems } from '../components/digital-items.js';
import { Header } from '../components/header.js';
import { Icon } from '../components/icon.js';
import { OrderActions } from '../components/order-actions.js';
import { OrderContact, OrderHistory } from '../components/order-facts.js';
import { OrderLines } from '../components/order-lines.js';
import { OrderPapers, useService } from '../components/order-papers.js';
import { OrderReturns } from '../components/order-returns.js';
import { OrderShipments } from '../components/order-shipments.js';
import { ErrorState, ReconnectBanner, Skeleton, SkeletonText } from '../components/states.js';
import { PayBy, TransferFacts } from '../components/transfer-facts.js';
import { useLoad, useWhileVisible } from '../components/use-load.js';
import { useOrderWords } from '../components/use-words.js';
import { api } from '../lib/api.js';
import { usePayWay, waitsForDays } from '../lib/by-hand.js';
import { formatDateTime } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { orderPollMs } from '../lib/order-news.js';
import { isSignedIn, me } from '../lib/session.js';
import { OrderSteps, stateSentence } from './order-steps.js';

/** @typedef {import('../lib/types.js').Order} Order */

/** The buyer's ticket, and what can be done about the order now. @param {{ order: string }} props */
export default function OrderPage({ order: id }) {
  const path = `/orders/${encodeURIComponent(id)}`;
  const { data: order, error, reload, set } = useLoad((signal) => /** @type {Promise<Order>} */ (api.get(path, { signal })), [path]);
  const [isStale, setStale] = useState(false);
  const served = useService(order);
  useWhileVisible(async () => {
    try {
      set(await api.get(path));
      served.again();
      setStale(false);
    } catch (problem) {
      setStale(/** @type {{ code?: string }} */ (problem).code === 'offline');
    }
  }, order ? orderPollMs(order, served.service, Date.now()) : 0);

  return html`<${Header} />
    <${ReconnectBanner} visible=${isStale} />
    <main id="main" class="page order-page">
      ${error && !order ? html`<${Refused} error=${error} onRetry=${reload} />` : order ? html`<${Ticket} order=${order} served=${served} onChanged=${set} />` : html`<${TicketSkeleton} />`}
    </main>`;
}

/** @param {{ order: Order, served: ReturnType<typeof useService>, onChanged: (order: Order) => void }} props */
function Ticket({ order, served, onChanged }) {
  const [isCancelling, cancel] = useState(false);
  const isMine = !order.buyer || order.buyer.id === me.value?.id;
  const isMerchant = Boolean(me.value?.stores?.some((store) => store.id === order.store?.id));
  const isPending = order.status === 'pending_payment';
  const way = usePayWay(order.payment.provider);
  const mayCancel = served.service?.may_cancel ?? isPending;
  const words = useOrderWords(order.id, served.service?.returns.filter(({ answer }) => answer).length);
  const payUrl = isPending ? webAddress(order.payment.action_url) : null;

  return html`<article class="ticket">
    <header class=${`ticket-head is-${order.status}`}>
      <p class="small"><bdi>${order.store?.title}</bdi></p>
      <h1 class="ticket-title">${t('Order {number}', { number: order.number })}</h1>
      <p class="ticket-state" role="status" dir="auto">${stateSentence(order, way)}</p>
      ${isPending && order.expires_at && !waitsForDays(order) && html`<p class="ticket-hold"><${Icon} name="clock" size=${18} /><span>${t('Held for you for')} <${Countdown} until=${order.expires_at} class="strong" /></span></p>`}
      <${PayBy} order=${order} class="ticket-hold" />
    </header>
    <${OrderSteps} order=${order} />
    <div class="ticket-body stack">
      ${payUrl && isMine && html`<${Button} kind="primary" size="l" wide href=${payUrl}>${t('Pay {total}', { total: formatMoney(order.total) })}<//>`}
      ${isPending && order.payment.status === 'failed' && html`<p class="note note-bad" role="alert">${t('The payment did not go through. Nothing was taken; you can try again.')}</p>`}
      ${isMine && html`<${DigitalItems} order=${order} />`}
      <${OrderLines} order=${order} words=${words} />
      ${isMine && html`<${TransferFacts} order=${order} service=${served.service} />`}
      ${isMerchant && html`<${OrderActions} order=${order} onChanged=${onChanged} />`}
    </div>
    <section class="ticket-part"><h2 class="ticket-h2">${t('How you get it')}</h2><${OrderContact} order=${order} words=${words} /></section>
    ${order.shipments?.length ? html`<section class="ticket-part"><h2 class="ticket-h2">${t('Parcels')}</h2><${OrderShipments} order=${order} words=${words} /></section>` : null}
    <section class="ticket-part"><h2 class="ticket-h2">${t('What happened')}</h2><${OrderHistory} order=${order} />
      <${OrderPapers} service=${served.service} /><${OrderReturns} order=${order} words=${words} served=${served} isMine=${isMine} isMerchant=${isMerchant} onChanged=${onChanged} /><p class="muted small ticket-placed">${t('Placed {when}', { when: formatDateTime(order.placed_at) })}</p></section>
    <footer class="ticket-foot row row-wrap">
      <${Button} icon="live" href=${`/r/${order.room_id}`}>${t('Back to the show')}<//>
      <${Button} onClick=${() => window.print()}>${t('Print')}<//>
      ${mayCancel && isMine && html`<${Button} kind="danger" onClick=${() => cancel(true)}>${t('Cancel the order')}<//>`}
    </footer>
    ${isCancelling && html`<${ConfirmDialog} title=${t('Cancel this order?')} confirm=${t('Cancel the order')} onClose=${() => cancel(false)}
      onConfirm=${async () => onChanged(await api.post(`/orders/${order.id}/cancel`))}><p>${isPending ? t('What was held for you can be bought by others.') : t('You get all your money back.')}</p><//>`}
  </article>`;
}

/** @param {{ error: unknown, onRetry: () => void }} props */
function Refused({ error, onRetry }) {
  const { status } = /** @type {{ status?: number }} */ (error);
  const here = encodeURIComponent(window.location.pathname);
  if (status === 401 || status === 403 || status === 404) {
    return html`<${ErrorState} error=${error} title=${t('This order cannot be shown')} action=${html`${!isSignedIn() && html`<${Button} kind="primary" href=${`/signin?next=${here}`}>${t('Sign in')}<//>`}<${Button} href="/">${t('Start page')}<//>`} />
      <p class="muted small order-hint">${t('Orders open in the browser they were placed in, or after signing in to the account that placed them.')}</p>`;
  }
  return html`<${ErrorState} error=${error} onRetry=${onRetry} />`;
}

const TicketSkeleton = () => html`<div class="ticket" aria-busy="true"><${Skeleton} class="ticket-skeleton" /><div class="ticket-body"><${SkeletonText} lines=${5} /></div></div>`;

/** A link of the web or nothing: other schemes have no business in a pay button. @param {string | null | undefined} url */
function webAddress(url) {
  if (!url) return null;
  const { protocol } = new URL(url, window.location.href);
  return protocol === 'https:' || protocol === 'http:' ? url : null;
}
