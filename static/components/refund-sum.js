/** What refunds come to. No DOM. */

/** @typedef {import('../lib/types.js').Order} Order */

/**
 * As the server reckons: at the price they were bought for, less what a coupon took off. That is shared so that the parts
 * sum to the whole, so it depends on what came back before.
 *
 * @param {Order} order
 * @param {{ offer: string, quantity: number }[]} lines
 * @param {Map<string, number>} [returned] units of earlier refunds
 * @returns {import('../lib/types.js').Money}
 */
export function refundOfLines(order, lines, returned = new Map()) {
  const price = new Map(order.lines.map((line) => [line.offer, line.unit_price.amount_minor]));
  const sum = lines.reduce((total, { offer, quantity }) => total + (price.get(offer) ?? 0) * quantity, 0);
  const goods = order.lines.reduce((total, line) => total + line.unit_price.amount_minor * line.quantity, 0);
  const before = order.lines.reduce((total, line) => total + line.unit_price.amount_minor * (returned.get(line.offer) ?? 0), 0);
  const off = order.coupon?.discount.amount_minor ?? 0;
  const paid = (/** @type {number} */ of) => (off ? Math.floor((of * (goods - off)) / goods) : of);
  return { amount_minor: paid(before + sum) - paid(before), currency: order.total.currency };
}

/**
 * Units of each offer that came back with earlier refunds; those that failed gave nothing back.
 *
 * @param {import('../lib/types.js').Refund[]} refunds
 * @returns {Map<string, number>}
 */
export function returnedUnits(refunds) {
  const found = new Map();
  for (const refund of refunds.filter(({ state }) => state !== 'failed')) {
    for (const { offer, quantity } of refund.lines) found.set(offer, (found.get(offer) ?? 0) + quantity);
  }
  return found;
}
