import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { handWords, mayComeLate, usePayWay, waitsByHand } from '../lib/by-hand.js';
import { t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { Button } from './button.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { refusalText } from './refusal.js';
import { RefundDialog } from './refund-dialog.js';

/** @typedef {import('../lib/types.js').Order} Order */

/**
 * What a merchant can do with an order now. Money going back and cancelling are asked once more.
 *
 * @param {{ order: Order, onChanged: (order: Order) => void }} props
 */
export function OrderActions({ order, onChanged }) {
  const way = usePayWay(order.payment.provider);
  const [asked, ask] = useState(/** @type {'paid'|'cancel'|'refunds'|null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const post = async (/** @type {string} */ verb, /** @type {unknown} */ body = {}) => onChanged(await api.post(`/orders/${order.id}/${verb}`, body));
  const fulfil = async () => {
    setBusy(true);
    setError(null);
    await post('fulfil').catch(setError);
    setBusy(false);
  };
  const close = () => ask(null);

  return html`<div class="order-actions">
    ${waitsByHand(order) && html`<${Button} kind="primary" icon="check" onClick=${() => ask('paid')}>${t('Mark as paid')}<//>`}
    ${(mayComeLate(order) || (order.status === 'cancelled' && order.payment.status === 'pending' && way?.paid_first)) && html`<${Button} kind="primary" icon="check" onClick=${() => ask('paid')}>${t('The money has come')}<//>`}
    ${order.status === 'paid' && html`<${Button} kind="primary" icon="truck" busy=${isBusy} onClick=${fulfil}>${order.delivery?.method === 'courier' ? t('Mark as sent') : t('Mark as handed over')}<//>`}
    ${order.status === 'pending_payment' && html`<${Button} kind="danger" onClick=${() => ask('cancel')}>${t('Cancel the order')}<//>`}
    ${(order.status === 'paid' || order.status === 'fulfilled') && html`<${Button} kind="danger" onClick=${() => ask('refunds')}>${t('Refund')}<//>`}
    ${error && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    ${asked === 'paid' && html`<${PaidDialog} order=${order} way=${way} onPaid=${(/** @type {boolean} */ orGiveBack) => post('paid', { or_give_back: orGiveBack })} onClose=${close} />`}
    ${asked === 'cancel' && html`<${ConfirmDialog} title=${t('Cancel this order?')} confirm=${t('Cancel the order')} onClose=${close} onConfirm=${() => post('cancel')}>
      <p>${t('The buyer is told, and what was held for them can be sold again.')}</p>
    <//>`}
    ${asked === 'refunds' && html`<${RefundDialog} order=${order} onChanged=${onChanged} onClose=${close} />`}
  </div>`;
}

/**
 * Money that came by hand; where others have the goods by now, it goes back.
 *
 * @param {{ order: Order, way: import('../lib/types.js').PayWay | null, onPaid: (orGiveBack: boolean) => Promise<void>, onClose: () => void }} props
 */
function PaidDialog({ order, way, onPaid, onClose }) {
  const isCancelled = order.status === 'cancelled';
  const [isTooLate, setTooLate] = useState(isCancelled);
  const total = formatMoney(order.total);
  const paid = async () => {
    try {
      return await onPaid(isTooLate);
    } catch (refused) {
      if (/** @type {{ code?: string }} */ (refused).code !== 'sold_out') throw refused;
      setTooLate(true);
      return false;
    }
  };
  if (isTooLate) {
    return html`<${ConfirmDialog} key="back" title=${isCancelled ? t('The money has come') : t('Nothing is left for this order')} confirm=${t('Give the money back')} onClose=${onClose} onConfirm=${paid}>
      <p>${isCancelled ? t('The order was cancelled. If you have the {total} already, they are kept with the order as received and given back.', { total }) : t('Others were faster. If you have the {total} already, they are kept with the order as received and given back.', { total })} <span dir="auto">${handWords(way)?.give_back ?? t('Give the money back the way you got it.')}</span></p>
    <//>`;
  }
  return html`<${ConfirmDialog} key="paid" title=${t('Has the money arrived?')} confirm=${t('Yes, it is paid')} kind="primary" onClose=${onClose} onConfirm=${paid}>
    <p>${t('{total} for order {number}. The buyer sees the order as paid.', { total, number: order.number })}</p>
    ${order.status === 'expired' && html`<p class="muted small">${t('Its time was over, so this works while its goods are still there.')}</p>`}
  <//>`;
}
