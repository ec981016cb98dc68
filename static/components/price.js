import { html } from 'htm/preact';
import { stockWords } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';

/**
 * A price, and the list price struck through when it is a deal.
 *
 * @param {{ price: import('../lib/types.js').Money, list?: import('../lib/types.js').Money | null, class?: string }} props
 */
export function Price({ price, list, class: extra = '' }) {
  const isDeal = list && list.currency === price.currency && list.amount_minor > price.amount_minor;
  return html`<span class=${`price ${isDeal ? 'is-deal' : ''} ${extra}`}>
    <span class="price-now tabular"><bdi>${formatMoney(price)}</bdi></span>
    ${isDeal && html`<s class="price-before tabular"><span class="sr-only">${t('Before:')} </span><bdi>${formatMoney(list)}</bdi></s>`}
  </span>`;
}

/**
 * What is left, as words and as a bar; the bar colours when little is left.
 *
 * @param {{ available: number, quantity: number }} props
 */
export function StockBar({ available, quantity }) {
  const share = quantity > 0 ? Math.max(0, Math.min(1, available / quantity)) : 0;
  return html`<span class=${`stock ${share <= 0.25 ? 'is-low' : ''}`}>
    <span class="stock-words tabular">${stockWords(available)}</span>
    <span class="stock-bar" aria-hidden="true"><span class="stock-fill" style=${{ inlineSize: `${Math.round(share * 100)}%` }} /></span>
  </span>`;
}
