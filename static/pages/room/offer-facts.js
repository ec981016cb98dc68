import { html } from 'htm/preact';
import { CountdownRing } from '../../components/countdown.js';
import { Icon } from '../../components/icon.js';
import { Price, StockBar } from '../../components/price.js';
import { formatDate } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { dealOf, listPrice, unitPrice } from './offer-view.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * What an offer costs and how many are left; the flash deal while one runs. Draw it inside `useAvailability`.
 *
 * @param {{ offer: Offer, quantity?: number }} props
 */
export function OfferFacts({ offer, quantity = 1 }) {
  const deal = dealOf(offer, quantity);
  if (offer.donation) return html`<span class="muted small">${t('Give from {least} on', { least: formatMoney(offer.donation.least) })}</span>`;
  return html`<${Price} price=${unitPrice(offer, quantity)} list=${listPrice(offer)} />
    ${deal
      ? html`<span class="deal-words tabular"><${Icon} name="clock" size=${13} />${tn('{n} left at this price', '{n} left at this price', deal.left)}</span>`
      : html`<${StockBar} available=${offer.available} quantity=${offer.quantity} />`}
    ${offer.digital && html`<span class="muted small">${t('Delivered at once')}</span>`}
    ${offer.ships_at && html`<span class="muted small">${t('Ships from {date}', { date: formatDate(offer.ships_at) })}</span>`}`;
}

/** "2 or more: €11 each". @param {{ offer: Offer }} props */
export const TierWords = ({ offer }) =>
  html`${(offer.tiers ?? []).map((tier) => html`<span key=${tier.quantity} class="tier tabular">${t('{n} or more: {price} each', { n: tier.quantity, price: formatMoney(tier.price) })}</span>`)}`;

/** The ring of what ends first: the deal or the offer. @param {{ offer: Offer, isOpen: boolean }} props */
export function OfferRing({ offer, isOpen }) {
  const deal = dealOf(offer);
  if (!isOpen || !(deal || offer.ends_at)) return null;
  return html`<${CountdownRing} from=${deal ? null : offer.starts_at} until=${deal?.ends_at ?? offer.ends_at} />`;
}
