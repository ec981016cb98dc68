/** How often an order's page asks whether something happened to it. */

import { waitsByHand } from './by-hand.js';

/** @typedef {import('./types.js').Order} Order */

/** Parcels that somebody still has on the way. */
const MOVING = ['packed', 'shipped', 'in_transit', 'failed'];

/**
 * Often while money is on its way, seldom until it is handed over, more seldom while parcels are under way or money may
 * be asked back; then no more.
 *
 * @param {Order} order
 * @param {{ return_until: string|null, returns: { state: string, refund: string|null }[] } | null} service what is known of it
 * @param {number} nowMs this device's clock
 * @returns {number} in ms; 0: nothing happens to it any more
 */
export function orderPollMs(order, service, nowMs) {
  const { status } = order;
  if (status === 'pending_payment') return waitsByHand(order) ? 10_000 : 3_000;
  if (status === 'paid') return 20_000;
  if (status !== 'fulfilled') return 0;
  if (service?.returns.some(({ state, refund }) => state === 'asked' || (state === 'approved' && refund === 'due'))) return 20_000;
  const isMoving = order.shipments?.some((shipment) => MOVING.includes(shipment.status)) ?? false;
  const mayBeAskedBack = Boolean(service?.return_until && nowMs < Date.parse(service.return_until));
  return isMoving || mayBeAskedBack ? 30_000 : 0;
}
