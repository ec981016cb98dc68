import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMoney, parseMoney, plainAmount } from '../lib/money.js';
import { faultsOf, firstOpenStep, orderBody, placeOf } from '../pages/room/checkout-draft.js';
import { discountOf } from '../lib/coupons.js';
import { availability, dealOf, mostUnits, siblings, trayOrder, unitPrice } from '../pages/room/offer-view.js';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const offer = (more = {}) => ({
  id: 'o', room_id: 'r', sku: 'S', title: 'Cup', variant_title: '', picture: null, price: { amount_minor: 100, currency: 'EUR' }, list_price: null, quantity: 10,
  available: 5, per_buyer_limit: null, starts_at: null, ends_at: null, pinned: false, ...more,
});
const draft = (more = {}) => ({ lines: [{ offer: 'o', quantity: 1 }], method: 'courier', address: 'Calle Mayor 3', contactless: false, leaveAt: '', slot: '', note: '', name: 'Mira', email: 'mira@example.org', phone: '', provider: 'sandbox', ...more });

test('money is read with comma or point and never rounded', () => {
  assert.deepEqual(parseMoney('12,5', 'EUR'), { amount_minor: 1250, currency: 'EUR' });
  assert.deepEqual(parseMoney('1200', 'JPY'), { amount_minor: 1200, currency: 'JPY' });
  for (const text of ['12.505', '-1', 'abc', '', '1.2.3']) assert.equal(parseMoney(text, 'EUR'), null, text);
  assert.equal(parseMoney('12.5', 'JPY'), null);
  assert.equal(plainAmount({ amount_minor: 1205, currency: 'EUR' }), '12.05');
  assert.equal(formatMoney({ amount_minor: 2400, currency: 'EUR' }), '€24');
  assert.equal(formatMoney({ amount_minor: 2450, currency: 'EUR' }), '€24.50');
});

test('an offer is open, to come, over or sold out', () => {
  assert.equal(availability(offer(), NOW), 'open');
  assert.equal(availability(offer({ available: 0 }), NOW), 'sold_out');
  assert.equal(availability(offer({ starts_at: '2026-06-01T12:00:01Z' }), NOW), 'soon');
  assert.equal(availability(offer({ ends_at: '2026-06-01T12:00:00Z' }), NOW), 'over');
});

test('nobody can take more than is left or allowed', () => {
  assert.equal(mostUnits(offer({ available: 5, per_buyer_limit: 2 })), 2);
  assert.equal(mostUnits(offer({ available: 1, per_buyer_limit: 2 })), 1);
  assert.equal(mostUnits(offer({ available: -1 })), 0);
});

test('a unit costs the least that its quantity and the moment allow', () => {
  const money = (/** @type {number} */ amount_minor) => ({ amount_minor, currency: 'EUR' });
  const deal = { price: money(900), quantity: 5, left: 3, ends_at: '2026-06-01T12:00:01Z' };
  const dear = offer({ price: money(1000), tiers: [{ quantity: 4, price: money(800) }], deal });
  assert.deepEqual([1, 3, 4].map((quantity) => unitPrice(dear, quantity, NOW).amount_minor), [900, 900, 800]);
  assert.deepEqual([1, 3, 4].map((quantity) => unitPrice(dear, quantity, NOW + 1000).amount_minor), [1000, 1000, 800]);
  assert.equal(dealOf(dear, 4, NOW), null);
  assert.equal(unitPrice(offer({ price: money(500) }), 9, NOW).amount_minor, 500);
});

test('the tray shows the pinned offer first and what is gone last', () => {
  const list = [offer({ id: 'gone', available: 0 }), offer({ id: 'a' }), offer({ id: 'pinned' })];
  assert.deepEqual(trayOrder(list, ['pinned']).map(({ id }) => id), ['pinned', 'a', 'gone']);
  const variants = [offer({ id: 'x', variant_title: 'Sand' }), offer({ id: 'y', variant_title: 'Ink' }), offer({ id: 'z', title: 'Bowl' })];
  assert.deepEqual(siblings(variants, variants[0]).map(({ id }) => id), ['x', 'y']);
  assert.deepEqual(siblings(variants, variants[2]).map(({ id }) => id), ['z']);
});

test('a returning buyer has nothing left to fill in, a new one is led through', () => {
  assert.equal(firstOpenStep(draft()), 'review');
  assert.equal(firstOpenStep(draft({ address: ' ' })), 'delivery');
  assert.equal(firstOpenStep(draft({ address: '', method: 'pickup' })), 'review');
  assert.equal(firstOpenStep(draft({ email: '', phone: '' })), 'contact');
  assert.deepEqual(Object.keys(faultsOf(draft({ name: '', email: 'x' }), 'contact')), ['name', 'email']);
});

test('the order’s body has what was chosen and nothing else', () => {
  const unitPrice = { amount_minor: 2400, currency: 'EUR' };
  assert.deepEqual(orderBody(draft({ method: 'pickup', phone: ' ' }), () => unitPrice), {
    lines: [{ offer: 'o', quantity: 1, unit_price: unitPrice }], delivery: { method: 'pickup' }, contact: { name: 'Mira', email: 'mira@example.org' }, payment_provider: 'sandbox',
  });
});

test('a refused member leads back to where it was typed', () => {
  assert.deepEqual(placeOf('lines[0].quantity'), { step: 'item', name: 'quantity' });
  assert.deepEqual(placeOf('contact.phone'), { step: 'contact', name: 'phone' });
  assert.deepEqual(placeOf('delivery.address'), { step: 'delivery', name: 'address' });
  assert.equal(placeOf('room'), null);
});

test('a coupon takes off what the server would, and never everything', () => {
  const euro = (/** @type {number} */ amount_minor) => ({ amount_minor, currency: 'EUR' });
  /** @type {import('../lib/types.js').Coupon} */
  const ten = { code: 'TEN', percent: 10, amount: null, minimum: euro(0), per_buyer: 1, claim: true, starts_at: null, ends_at: null, open: true };
  assert.equal(discountOf(ten, euro(1259)).amount_minor, 125);
  assert.equal(discountOf({ ...ten, minimum: euro(1260) }, euro(1259)).amount_minor, 0);
  assert.equal(discountOf({ ...ten, percent: null, amount: euro(500), minimum: euro(501) }, euro(501)).amount_minor, 500);
  assert.equal(discountOf(null, euro(500)).amount_minor, 0);
});
