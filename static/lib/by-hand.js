/** Money that comes outside of any system, so that the shop says when it is there. */

/** @param {string} provider */
export const isByHand = (provider) => provider === 'manual' || provider === 'transfer';

/** Also by a way to pay of another package: such an order waits without an end. @param {import('./types.js').Order} order */
export const waitsByHand = ({ status, payment, expires_at }) => status === 'pending_payment' && (isByHand(payment.provider) || (!expires_at && payment.status === 'pending'));
