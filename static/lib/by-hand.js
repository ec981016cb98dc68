/** Money that comes outside of any system, so that the shop says when it is there. */

/** @param {string} provider */
export const isByHand = (provider) => provider === 'manual' || provider === 'transfer';

/** Also by a way to pay of another package: such an order waits without an end. @param {import('./types.js').Order} order */
export const waitsByHand = ({ status, payment, expires_at }) => status === 'pending_payment' && (isByHand(payment.provider) || (!expires_at && payment.status === 'pending'));

const DAY_MS = 24 * 3600 * 1000;

/**
 * It waits, or waited, for days as the shop's terms say, and not only the minutes that others have for paying.
 *
 * @param {import('./types.js').Order} order
 */
export function waitsForDays({ status, placed_at, expires_at, history }) {
  const end = status === 'expired' ? history.find((step) => step.status === 'expired')?.at : expires_at;
  return Boolean(end) && Date.parse(/** @type {string} */ (end)) - Date.parse(placed_at) >= DAY_MS;
}

/** It was given up, and its money may come still. @param {import('./types.js').Order} order */
export const mayComeLate = (order) => order.status === 'expired' && ['pending', 'failed'].includes(order.payment.status) && waitsForDays(order);
