import { html } from 'htm/preact';
import { Icon } from '../components/icon.js';
import { statusWord } from '../components/order-facts.js';
import { handWords, mayComeLate } from '../lib/by-hand.js';
import { formatTime } from '../lib/format.js';
import { t } from '../lib/i18n.js';

/** @typedef {import('../lib/types.js').Order} Order */

/** Where the order stands, in one sentence. @param {Order} order @param {import('../lib/types.js').PayWay | null} way */
export function stateSentence(order, way) {
  const { status, payment, delivery } = order;
  const said = handWords(way);
  const isCourier = delivery?.method === 'courier';
  switch (status) {
    case 'pending_payment':
      if (said) return said.waits;
      if (payment.provider === 'transfer') return t('Reserved until your transfer is there.');
      if (payment.provider === 'manual') return isCourier ? t('Reserved. You pay when it is delivered.') : t('Reserved. You pay when you pick it up.');
      return t('Waiting for your payment.');
    case 'paid': return isCourier ? t('Paid. The shop is getting it ready to send.') : t('Paid. The shop is getting it ready for you.');
    case 'fulfilled': return isCourier ? t('On its way to you.') : delivery?.method === 'none' ? t('Delivered') : t('Handed over. Enjoy it!');
    case 'cancelled': return t('Cancelled. Nothing is owed.');
    case 'expired': return mayComeLate(order) ? `${t('The time to pay ran out, so it went back on sale.')} ${t('If you have sent the money already, you get the goods if they are still there, or your money back.')}` : t('The time to pay ran out, so it went back on sale.');
    case 'refunded': return said?.comes_back ?? t('Refunded. The money is on its way back.');
    default: return '';
  }
}

/** Placed → paid → handed over, or where it left that way. @param {{ order: Order }} props */
export function OrderSteps({ order }) {
  const at = (/** @type {string} */ status) => order.history.find((step) => step.status === status)?.at;
  const method = order.delivery?.method;
  const isBroken = ['cancelled', 'expired', 'refunded'].includes(order.status);
  const way = /** @type {{ id: import('../lib/types.js').OrderStatus, title: string }[]} */ ([
    { id: 'pending_payment', title: t('Placed') },
    { id: 'paid', title: t('Paid') },
    { id: 'fulfilled', title: statusWord('fulfilled', method) },
  ]);
  const steps = isBroken ? [...way.filter((step) => at(step.id)), { id: order.status, title: statusWord(order.status) }] : way;
  const reached = (/** @type {string} */ id) => id === 'pending_payment' || Boolean(at(id));
  return html`<ol class=${`steps ${isBroken ? 'is-broken' : ''}`} aria-label=${t('State of the order')}>
    ${steps.map(({ id, title }) => {
      const time = id === 'pending_payment' ? order.placed_at : at(id);
      return html`<li key=${id} class=${`step ${reached(id) ? 'is-done' : ''}`} aria-current=${id === order.status ? 'step' : undefined}>
        <span class="step-dot">${reached(id) && html`<${Icon} name=${isBroken && id === order.status ? 'close' : 'check'} size=${16} />`}</span>
        <span class="step-title">${title}</span>
        ${time && html`<time class="step-time tabular" dateTime=${time}>${formatTime(time)}</time>`}
      </li>`;
    })}
  </ol>`;
}
