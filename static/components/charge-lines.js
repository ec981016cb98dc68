import { html } from 'htm/preact';
import { t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';

/** Tax, shipping and fees under the goods. @param {{ charges?: import('../lib/types.js').Charge[] }} props */
export const ChargeLines = ({ charges = [] }) =>
  charges.map(
    (charge, index) => html`<p key=${index} class=${charge.included ? 'order-charge muted small' : 'order-charge'}>
      <span><bdi>${charge.title}</bdi>${charge.included && html` <span class="muted small">(${t('included')})</span>`}</span>
      <bdi class="tabular">${formatMoney(charge.amount)}</bdi>
    </p>`,
  );
