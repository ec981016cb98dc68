/** Gifts of any amount: what is typed, and what it comes to. Pure. */

import { t } from '../../lib/i18n.js';
import { formatMoney, parseMoney } from '../../lib/money.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/** A gift at the amount that was typed, the suggested one before anything was; other offers as they are. @param {Offer} offer @param {string} [amount] @returns {Offer} */
export const withAmount = (offer, amount) => (offer.donation && amount !== undefined ? { ...offer, price: parseMoney(amount, offer.price.currency) ?? offer.price } : offer);

/** @param {Offer} offer as typed @param {{ amount?: string }} draft @returns {{ amount?: string }} */
export function giftFaults(offer, draft) {
  const amount = draft.amount === undefined ? offer.price : parseMoney(draft.amount, offer.price.currency);
  const { least, most } = /** @type {NonNullable<Offer['donation']>} */ (offer.donation);
  const fits = amount && amount.amount_minor >= least.amount_minor && amount.amount_minor <= most.amount_minor;
  return fits ? {} : { amount: t('Give an amount from {least} to {most}.', { least: formatMoney(least), most: formatMoney(most) }) };
}
