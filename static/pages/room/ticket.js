import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { ChargeLines } from '../../components/charge-lines.js';
import { Button } from '../../components/button.js';
import { Countdown, useSecondsUntil } from '../../components/countdown.js';
import { DigitalItems } from '../../components/digital-items.js';
import { Icon } from '../../components/icon.js';
import { useService } from '../../components/order-papers.js';
import { Picture } from '../../components/picture.js';
import { Said } from '../../components/said.js';
import { errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { PayBy, TransferFacts } from '../../components/transfer-facts.js';
import { announce } from '../../lib/announce.js';
import { handWords, isByHand, mayComeLate } from '../../lib/by-hand.js';
import { formatDate } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';

/** @typedef {import('../../lib/types.js').Order} Order */

const POLL_MS = 4_000;

/** @param {Order} order @param {import('../../lib/types.js').PayWay | undefined} way @returns {{ icon: import('../../components/icon.js').IconName, tone: string, title: string, text: string }} */
function look(order, way) {
  const { status, payment, delivery } = order;
  const isManual = isByHand(payment.provider, way);
  const said = handWords(way);
  const isPickup = delivery.method === 'pickup';
  const isSent = delivery.method !== 'none';
  switch (status) {
    case 'pending_payment':
      if (payment.status === 'failed') return { icon: 'alert', tone: 'bad', title: t('The payment was declined'), text: t('Nothing was charged. You can try again while we keep it for you.') };
      return isManual
        ? { icon: 'check', tone: 'good', title: t('Ordered'), text: said ? said.waits : payment.provider === 'transfer' ? t('Reserved until your transfer is there.') : isPickup ? t('You pay when you pick it up.') : t('You pay when it arrives.') }
        : { icon: 'clock', tone: 'warn', title: t('Waiting for your payment'), text: t('Finish the payment in the other window. This page notices by itself.') };
    case 'paid':
      return { icon: 'check', tone: 'good', title: t('Paid. Thank you!'), text: !isSent ? t('That is all; nothing has to be sent.') : isPickup ? t('The shop tells you when it is ready.') : t('The shop prepares your parcel.') };
    case 'fulfilled':
      return { icon: 'check', tone: 'good', title: isPickup ? t('Handed over') : !isSent ? t('Delivered') : t('On its way'), text: t('Enjoy it!') };
    case 'expired':
      if (['paid', 'refunded', 'released'].includes(payment.status)) return { icon: 'clock', tone: 'bad', title: t('Others were faster'), text: t('Your money goes back to you by itself.') };
      if (mayComeLate(order)) return { icon: 'clock', tone: 'bad', title: t('The time to pay is over'), text: t('If you have sent the money already, you get the goods if they are still there, or your money back.') };
      return { icon: 'clock', tone: 'bad', title: t('The time to pay is over'), text: t('Nothing was charged. You can order again while it is in stock.') };
    case 'refunded':
      return { icon: 'check', tone: 'neutral', title: t('Refunded'), text: said?.comes_back ?? t('The money is on its way back to you.') };
    default:
      return { icon: 'close', tone: 'neutral', title: t('Cancelled'), text: t('Nothing was charged.') };
  }
}

/**
 * An order's state, kept current by the room's events and, should they fail, by asking.
 *
 * @param {{ session: import('./show-session.js').ShowSession, order: Order, onBack: () => void }} props
 */
export function Ticket({ session, order, onBack }) {
  const [isCancelling, setCancelling] = useState(false);
  const isPending = order.status === 'pending_payment';
  const way = session.payments?.find(({ id }) => id === order.payment.provider);
  const isOpen = isPending && !isByHand(order.payment.provider, way);
  const { service } = useService(isPending && order.payment.provider === 'transfer' ? order : null);
  const view = look(order, way);

  useEffect(() => {
    announce(view.title);
  }, [view.title]);
  useEffect(() => {
    if (!isPending) return undefined;
    const ask = () => session.refreshOrder(order.id).catch((error) => console.warn('livehub: the order’s state is not known', error));
    const timer = setInterval(ask, POLL_MS);
    window.addEventListener('focus', ask);
    return () => {
      clearInterval(timer);
      window.removeEventListener('focus', ask);
    };
  }, [order.id, isPending]);

  const cancel = async () => {
    setCancelling(true);
    try {
      await session.cancelOrder(order.id);
    } catch (error) {
      toast(errorText(error), { kind: 'bad' });
    }
    setCancelling(false);
  };

  return html`<div class="ticket">
    <div class=${`ticket-head ticket-${view.tone}`} role="status">
      <span class="ticket-icon"><${Icon} name=${view.icon} size=${26} /></span>
      <div><h3>${view.title}</h3><p dir="auto">${view.text}</p></div>
    </div>
    ${isOpen && order.expires_at && html`<${Hold} until=${order.expires_at} />`}
    ${isOpen &&
    order.payment.action_url &&
    html`<${Button} kind="primary" wide size="l" href=${order.payment.action_url} target="_blank" rel="noopener">${order.payment.status === 'failed' ? t('Try the payment again') : t('Open the payment page')}<//>`}
    <${PayBy} order=${order} class="hold" />
    <${TransferFacts} order=${order} service=${service} />
    <${DigitalItems} order=${order} />
    <div class="ticket-body">
      <p class="ticket-number"><span class="muted">${t('Order')}</span> <strong class="tabular"><bdi>${order.number}</bdi></strong></p>
      ${order.lines.map(
        (line) => html`<div key=${line.offer} class="ticket-line">
          <${Picture} picture=${line.picture} size="s" />
          <span class="grow"><${Said} words=${session.state.words} text=${line.title} />${line.variant_title && html`<br /><span class="muted small"><${Said} words=${session.state.words} text=${line.variant_title} withMark=${false} /></span>`}${line.ships_at && html`<br /><span class="muted small">${t('Ships from {date}', { date: formatDate(line.ships_at) })}</span>`}</span>
          <span class="tabular">${line.quantity} × ${formatMoney(line.unit_price)}</span>
        </div>`,
      )}
      <${ChargeLines} charges=${order.charges} />
      ${order.coupon && html`<p class="total total-off"><span>${t('Coupon')}</span><span class="tabular">−${formatMoney(order.coupon.discount)}</span></p>`}
      <p class="total"><span>${t('Total')}</span><strong class="tabular">${formatMoney(order.total)}</strong></p>
    </div>
    <div class="stack stack-s">
      <${Button} kind=${isOpen ? 'secondary' : 'primary'} wide onClick=${onBack}>${t('Back to the show')}<//>
      <div class="row ticket-links">
        <a class="button button-quiet button-s" href=${`/orders/${order.id}`} target="_blank">${t('Order page')}</a>
        ${isPending && html`<${Button} kind="quiet" size="s" busy=${isCancelling} onClick=${cancel}>${t('Cancel the order')}<//>`}
      </div>
    </div>
  </div>`;
}

/** How long the goods stay put by. @param {{ until: string }} props */
function Hold({ until }) {
  const seconds = useSecondsUntil(until);
  return html`<p class=${`hold ${seconds < 60 ? 'is-short' : ''}`}><${Icon} name="lock" size=${18} /><span>${t('Kept for you for')}</span> <strong><${Countdown} until=${until} /></strong></p>`;
}
