import assert from 'node:assert/strict';
import test from 'node:test';
import { orderPollMs } from '../lib/order-news.js';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const LATER = '2026-11-30T12:00:00Z';
const NOTHING = { return_until: null, returns: [] };
/** @param {string} status @param {Record<string, unknown>} [more] */
const order = (status, more = {}) => /** @type {any} */ ({ status, payment: { provider: 'stripe' }, shipments: [], ...more });
/** @param {string} status */
const parcel = (status) => order('fulfilled', { shipments: [{ status: 'delivered' }, { status }] });

test('an order is asked for while something can happen to it, and then no more', () => {
  assert.equal(orderPollMs(order('pending_payment'), null, NOW), 3_000);
  assert.equal(orderPollMs(order('pending_payment', { payment: { provider: 'manual' } }), null, NOW), 10_000);
  assert.equal(orderPollMs(order('paid'), NOTHING, NOW), 20_000);
  for (const status of ['cancelled', 'expired', 'refunded']) assert.equal(orderPollMs(order(status), { ...NOTHING, return_until: LATER }, NOW), 0);
  assert.equal(orderPollMs(order('fulfilled'), NOTHING, NOW), 0);
});

test('after it was sent: until the parcels are there, and money is neither asked back nor can be', () => {
  for (const status of ['shipped', 'in_transit', 'failed']) assert.equal(orderPollMs(parcel(status), NOTHING, NOW), 30_000);
  for (const status of ['delivered', 'returned']) assert.equal(orderPollMs(parcel(status), NOTHING, NOW), 0);
  const done = parcel('delivered');
  assert.equal(orderPollMs(done, { ...NOTHING, return_until: LATER }, NOW), 30_000);
  assert.equal(orderPollMs(done, { ...NOTHING, return_until: LATER }, Date.parse(LATER)), 0);
  /** @param {string} state @param {string|null} refund */
  const asked = (state, refund = null) => ({ ...NOTHING, returns: [{ state, refund }] });
  for (const service of [asked('asked'), asked('asked', 'failed'), asked('approved', 'due')]) assert.equal(orderPollMs(done, service, NOW), 20_000);
  for (const service of [asked('declined'), asked('withdrawn'), asked('approved', 'done')]) assert.equal(orderPollMs(done, service, NOW), 0);
});
