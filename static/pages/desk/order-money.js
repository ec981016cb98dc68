import { html } from 'htm/preact';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { usePayWays } from '../../lib/by-hand.js';
import { formatDateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { paidTitle } from '../../lib/pay-ways.js';

/** @typedef {import('../../lib/types.js').Movement} Movement */

/**
 * The ledger's lines of one order: what came in, what went back, and what is left of it.
 *
 * @param {{ order: import('../../lib/types.js').Order }} props
 */
export function OrderMoney({ order }) {
  const { data, error, reload } = useLoad(
    async () => /** @type {Movement[]} */ ((await api.get(`/stores/${order.store.id}/ledger?order=${order.id}&limit=200`)).items),
    [order.id, order.status, order.payment.status, order.refunded?.amount_minor],
  );
  const ways = usePayWays();
  const wayOf = (/** @type {Movement} */ one) => {
    const till = (one.kind === 'payment' ? one.to : one.from).replace(/^provider:/, '');
    return paidTitle(till, ways.find(({ id }) => id === till)?.title);
  };
  if (data && !data.length) return null;
  const sum = (data ?? []).reduce((total, one) => total + (one.kind === 'payment' ? 1 : -1) * one.amount.amount_minor, 0);
  return html`<section aria-labelledby="order-money"><h3 id="order-money" class="desk-h3">${t('Money')}</h3>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${data && html`<ul class="desk-list">${[...data].reverse().map((one) => html`<li key=${one.id} class="row">
      <span class="grow"><span>${one.kind === 'payment' ? t('Payment') : t('Refund')} <span class="muted">· <bdi>${wayOf(one)}</bdi></span></span>
        <time class="muted small tabular" dateTime=${one.at}>${formatDateTime(one.at)}</time></span>
      <bdi class="tabular">${one.kind === 'payment' ? '' : '−'}${formatMoney(one.amount)}</bdi>
    </li>`)}</ul>
    <p class="order-total"><span>${t('Stays with you')}</span><bdi class="tabular">${formatMoney({ amount_minor: sum, currency: order.total.currency })}</bdi></p>`}
  </section>`;
}
