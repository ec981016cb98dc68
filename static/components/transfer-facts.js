import { html } from 'htm/preact';
import { waitsForDays } from '../lib/by-hand.js';
import { formatDateTime } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { CopyField } from './copy-field.js';
import { Icon } from './icon.js';

/**
 * Where a buyer transfers the money to, and what to write on it; nothing once it is there.
 *
 * @param {{ order: import('../lib/types.js').Order, service: import('./order-papers.js').Service | null }} props
 */
export function TransferFacts({ order, service }) {
  const transfer = service?.transfer;
  if (!transfer || order.status !== 'pending_payment') return null;
  return html`<section class="note stack stack-s transfer-facts">
    <p>${t('Transfer {amount} to this account:', { amount: formatMoney(order.total) })}</p>
    <p class="lines strong" dir="auto">${transfer.to}</p>
    <${CopyField} label=${t('Reference')} value=${transfer.reference} hint=${t('Write it on the transfer, so that the shop knows it is yours.')} />
  </section>`;
}

/**
 * Until when an order is kept whose buyer has days to pay; nothing of others.
 *
 * @param {{ order: import('../lib/types.js').Order, class: string }} props
 */
export const PayBy = ({ order, class: className }) => order.status === 'pending_payment' && waitsForDays(order) && html`<p class=${className}><${Icon} name="clock" size=${18} /><span>${t('The money has to be there by {when}.', { when: formatDateTime(order.expires_at ?? '') })}</span></p>`;
