/** What an offer means to a buyer, as pure functions. */

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * @param {Offer} offer
 * @param {number} [nowMs]
 * @returns {'open'|'soon'|'over'|'sold_out'}
 */
export function availability(offer, nowMs = Date.now()) {
  if (offer.ends_at && Date.parse(offer.ends_at) <= nowMs) return 'over';
  if (offer.available <= 0) return 'sold_out';
  return offer.starts_at && Date.parse(offer.starts_at) > nowMs ? 'soon' : 'open';
}

/** Whether it has to get to its buyer: neither a gift nor delivered by itself. @param {Offer} offer */
export const isSent = (offer) => (offer.parts?.length ? offer.parts.some((part) => !part.digital) : !offer.donation && !offer.digital);

/** The most one buyer can take now. @param {Offer} offer */
export const mostUnits = (offer) => Math.max(0, Math.min(offer.available, offer.per_buyer_limit ?? Infinity));

/** Offers of one product (its variants), in their order. @param {Offer[]} offers @param {Offer} offer */
export const siblings = (offers, offer) => (offer.variant_title ? offers.filter((other) => other.title === offer.title && other.variant_title) : [offer]);

/** The flash deal that runs, if it has all of that quantity. @param {Offer} offer @param {number} [quantity] @param {number} [nowMs] */
export function dealOf(offer, quantity = 1, nowMs = Date.now()) {
  const { deal } = offer;
  return deal && deal.left >= quantity && Date.parse(deal.ends_at) > nowMs ? deal : null;
}

/** What each of so many units costs now. @param {Offer} offer @param {number} [quantity] @param {number} [nowMs] @returns {import('../../lib/types.js').Money} */
export function unitPrice(offer, quantity = 1, nowMs = Date.now()) {
  const reached = (offer.tiers ?? []).filter((tier) => quantity >= tier.quantity).map((tier) => tier.price);
  const deal = dealOf(offer, quantity, nowMs);
  return [offer.price, ...reached, ...(deal ? [deal.price] : [])].reduce((least, price) => (price.amount_minor < least.amount_minor ? price : least));
}

/** What is struck through beside a price. @param {Offer} offer */
export const listPrice = (offer) => (offer.list_price && offer.list_price.amount_minor > offer.price.amount_minor ? offer.list_price : offer.price);

/** The tray's order: pinned first, sold out last, else as the host put them. @param {Offer[]} offers @param {string[]} pinnedIds */
export function trayOrder(offers, pinnedIds) {
  const rank = (/** @type {Offer} */ offer) => (pinnedIds.includes(offer.id) ? 0 : availability(offer) === 'open' ? 1 : availability(offer) === 'soon' ? 2 : 3);
  return offers.map((offer, at) => ({ offer, at })).sort((a, b) => rank(a.offer) - rank(b.offer) || a.at - b.at).map(({ offer }) => offer);
}
