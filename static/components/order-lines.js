import { html } from 'htm/preact';
import { formatDate } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';
import { formatMoney, times } from '../lib/money.js';
import { ChargeLines } from './charge-lines.js';
import { Picture } from './picture.js';
import { Said } from './said.js';

/**
 * What was ordered, and what it comes to.
 *
 * @param {{ order: import('../lib/types.js').Order, words?: import('../lib/words-state.js').Words }} props `words`: titles in the reader's language
 */
export const OrderLines = ({ order, words }) => html`<div class="order-lines">
  <ul class="order-line-list">
    ${order.lines.map(
      (line) => html`<li key=${line.offer} class="order-line">
        <${Picture} picture=${line.picture} size="s" />
        <span class="grow">
          <span class="order-line-title"><${Said} words=${words} text=${line.title} /></span>
          <span class="muted small">${line.variant_title && html`<${Said} words=${words} text=${line.variant_title} withMark=${false} /> · `}${line.parts?.map((part) => html`<bdi key=${part.offer}>${t('{quantity} × {title}', { quantity: part.quantity * line.quantity, title: words?.plain(part.title) ?? part.title })}</bdi> · `)}<span class="tabular">${t('{quantity} × {price}', { quantity: line.quantity, price: formatMoney(line.unit_price) })}</span>${line.ships_at && html` · ${t('Ships from {date}', { date: formatDate(line.ships_at) })}`}</span>
        </span>
        <bdi class="tabular">${formatMoney(times(line.unit_price, line.quantity))}</bdi>
      </li>`,
    )}
  </ul>
  ${order.coupon && html`<p class="order-total order-off"><span>${t('Coupon')} <bdi>${order.coupon.code}</bdi></span><bdi class="tabular">−${formatMoney(order.coupon.discount)}</bdi></p>`}
  <${ChargeLines} charges=${order.charges} />
  <p class="order-total"><span>${t('Total')}</span><bdi class="tabular">${formatMoney(order.total)}</bdi></p>
  ${order.refunded && order.refunded.amount_minor > 0 && html`<p class="order-charge"><span>${t('Given back')}</span><bdi class="tabular">${formatMoney(order.refunded)}</bdi></p>`}
</div>`;

/**
 * "Mug, Bowl and 2 more" in one line.
 *
 * @param {import('../lib/types.js').Order} order
 * @param {string} [title] what its first article is called in the reader's language
 */
export function orderSummary(order, title = order.lines[0]?.title) {
  const first = order.lines[0];
  if (!first) return '';
  const rest = order.lines.length - 1;
  const name = first.quantity > 1 ? t('{quantity} × {title}', { quantity: first.quantity, title }) : title;
  return rest ? `${name} ${tn('and {n} more', 'and {n} more', rest)}` : name;
}

/** "2 × Mug, 1 × Bowl". @param {import('../lib/types.js').Order} order @param {{ offer: string, quantity: number }[]} lines some of it @param {import('../lib/words-state.js').Words} [words] */
export const unitsText = (order, lines, words) =>
  lines.map(({ offer, quantity }) => {
    const title = order.lines.find((line) => line.offer === offer)?.title ?? '';
    return t('{quantity} × {title}', { quantity, title: words?.plain(title) ?? title });
  }).join(', ');

/** Units in an order. @param {import('../lib/types.js').Order} order */
export const unitsOf = (order) => order.lines.reduce((sum, line) => sum + line.quantity, 0);
