import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { handWords, isByHand, usePayWay } from '../lib/by-hand.js';
import { t } from '../lib/i18n.js';
import { formatMoney, parseMoney, plainAmount } from '../lib/money.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { ChoiceTiles, FormField, QuantityStepper } from './form-field.js';
import { refusalText } from './refusal.js';
import { refundOfLines, returnedUnits } from './refund-sum.js';
import { SkeletonText } from './states.js';
import { useLoad } from './use-load.js';

/** @typedef {import('../lib/types.js').Order} Order */
/** @typedef {import('../lib/types.js').Refund} Refund */

/**
 * Money back: everything that is left, some of the goods, or an amount.
 *
 * @param {{ order: Order, onChanged: (order: Order) => void, onClose: () => void }} props
 */
export function RefundDialog({ order, onChanged, onClose }) {
  const { data: before } = useLoad(async () => /** @type {Refund[]} */ ((await api.get(`/orders/${order.id}/refunds`)).items), [order.id]);
  const [kind, setKind] = useState('all');
  const [units, setUnits] = useState(/** @type {Record<string, number>} */ ({}));
  const [amount, setAmount] = useState('');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const way = usePayWay(order.payment.provider);
  const { currency } = order.total;
  const left = { currency, amount_minor: order.total.amount_minor - (order.refunded?.amount_minor ?? 0) };
  const returned = returnedUnits(before ?? []);
  const lines = order.lines.filter((line) => units[line.offer] > 0).map((line) => ({ offer: line.offer, quantity: units[line.offer] }));
  const typed = parseMoney(amount, currency);
  const wanted = kind === 'all' ? left : kind === 'lines' ? refundOfLines(order, lines, returned) : typed;
  const isFit = Boolean(wanted && wanted.amount_minor > 0 && wanted.amount_minor <= left.amount_minor);

  const give = async () => {
    setBusy(true);
    setProblem('');
    try {
      const what = kind === 'all' ? {} : kind === 'lines' ? { lines } : { amount: typed };
      await api.post(`/orders/${order.id}/refunds`, { ...what, ...(reason.trim() && { reason: reason.trim() }) });
      onChanged(await api.get(`/orders/${order.id}`));
      onClose();
    } catch (refused) {
      setProblem(refusalText(refused));
      setBusy(false);
    }
  };
  const footer = html`<div class="row confirm-foot"><${Button} class="grow" onClick=${onClose}>${t('Not now')}<//>
    <${Button} class="grow" kind="danger" busy=${isBusy} disabled=${!isFit} onClick=${give}>${wanted && isFit ? t('Give {amount} back', { amount: formatMoney(wanted) }) : t('Refund')}<//></div>`;
  return html`<${Dialog} title=${t('Refund')} onClose=${onClose} footer=${footer}>
    <div class="stack">
      ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
      <${ChoiceTiles} legend=${t('What goes back?')} name="refund" value=${kind} onChange=${(/** @type {string} */ value) => (setKind(value), setProblem(''))}
        options=${[
          { value: 'all', title: t('Everything that is left'), text: formatMoney(left) },
          { value: 'lines', title: t('Some of the goods') },
          { value: 'amount', title: t('An amount') },
        ]} />
      ${kind === 'lines' && (before ? html`<ul class="desk-list">${order.lines.map((line) => {
        const most = line.quantity - (returned.get(line.offer) ?? 0);
        return html`<li key=${line.offer} class="row"><span class="grow"><bdi>${line.title}</bdi><span class="muted small">${line.variant_title && html`<bdi>${line.variant_title}</bdi> · `}${t('{quantity} × {price}', { quantity: most, price: formatMoney(line.unit_price) })}</span></span>
          <${QuantityStepper} label=${line.title} value=${units[line.offer] ?? 0} min=${0} max=${most} less=${t('One less')} more=${t('One more')} onChange=${(/** @type {number} */ n) => setUnits({ ...units, [line.offer]: n })} /></li>`;
      })}</ul>` : html`<${SkeletonText} lines=${2} />`)}
      ${kind === 'amount' && html`<${FormField} label=${t('Amount')} suffix=${currency} inputmode="decimal" autocomplete="off" dir="ltr" placeholder=${plainAmount(left)} value=${amount}
        error=${amount && !isFit ? t('At most {amount} can go back.', { amount: formatMoney(left) }) : ''} onInput=${setAmount} />`}
      <${FormField} label=${t('Reason')} optional=${t('optional')} value=${reason} onInput=${setReason} maxlength="300" dir="auto" />
      <p class="muted small">${isByHand(order.payment.provider, way) ? html`${t('The order is marked as refunded.')} <span dir="auto">${handWords(way)?.give_back ?? t('Give the money back the way you got it.')}</span>` : t('The money goes back to the buyer. This cannot be undone.')}</p>
    </div>
  <//>`;
}
