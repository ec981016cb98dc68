import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitrateWords, detailWords, verdictOn } from '../pages/studio/health.js';
import { salesOf } from '../pages/studio/session.js';
import { readTiers } from '../pages/studio/tier-fields.js';

const health = (more = {}) => ({ bitrateBps: 2_000_000, framesPerSecond: 30, rttMs: 40, lostShare: 0, limitedBy: 'none', askedBps: 2_000_000, layers: [], ...more });
const order = (status, quantity, more = {}) => ({
  id: `${status}${quantity}`, status, total: { amount_minor: quantity * 1000, currency: 'EUR' },
  lines: [{ sku: 'MUG', title: 'Mug', variant_title: '', quantity, unit_price: { amount_minor: 1000, currency: 'EUR' } }], ...more,
});

test('a connection is judged by loss, delay and what holds the encoder back', () => {
  assert.equal(verdictOn('connected', health(), 60).tone, 'good');
  assert.equal(verdictOn('connected', health({ lostShare: 0.04 }), 60).tone, 'warn');
  assert.equal(verdictOn('connected', health({ lostShare: 0.2 }), 60).tone, 'bad');
  assert.equal(verdictOn('connected', health({ rttMs: 900 }), 60).tone, 'bad');
  assert.equal(verdictOn('connected', health({ limitedBy: 'cpu' }), 60).tone, 'warn');
  assert.equal(verdictOn('interrupted', null, 0).tone, 'bad');
  assert.equal(verdictOn('idle', null, 0).tone, 'bad');
});

test('a still picture and the first seconds are no weak network', () => {
  assert.equal(verdictOn('connected', health({ bitrateBps: 90_000 }), 60).tone, 'good');
  assert.equal(verdictOn('connected', health({ bitrateBps: 90_000, limitedBy: 'bandwidth' }), 3).tone, 'good');
  assert.equal(verdictOn('connected', health({ bitrateBps: 90_000, limitedBy: 'bandwidth' }), 60).tone, 'bad');
  assert.equal(bitrateWords(2_449_000), '2.4 Mbit/s');
  assert.equal(bitrateWords(90_400), '90 kbit/s');
});

test('a network that gives much less than is asked for is fair at best', () => {
  const held = health({ bitrateBps: 1_000_000, askedBps: 2_500_000, limitedBy: 'bandwidth' });
  assert.equal(verdictOn('connected', held, 60).tone, 'warn');
  assert.equal(verdictOn('connected', { ...held, limitedBy: 'none' }, 60).tone, 'good'); // a still picture needs no more
});

test('the details tell what is sent of what was asked, loss, and the layers that go out', () => {
  const layers = [{ rid: 'f', height: 720, framesPerSecond: 0, isActive: false }, { rid: 'h', height: 360, framesPerSecond: 30, isActive: true }, { rid: 'q', height: 180, framesPerSecond: 30, isActive: true }];
  assert.deepEqual(detailWords(health({ bitrateBps: 1_000_000, lostShare: 0.012, layers })), ['1 Mbit/s of 2 Mbit/s, 30 pictures/s, 40 ms', '1.2 % of packets lost', '360p · 180p']);
  assert.deepEqual(detailWords(health({ askedBps: NaN })), ['2 Mbit/s, 30 pictures/s, 40 ms']);
});

test('only money that arrived and stayed counts as sold', () => {
  const orders = [order('paid', 2), order('fulfilled', 1), order('refunded', 5), order('pending_payment', 3), order('cancelled', 4)];
  assert.deepEqual(salesOf(orders), { orders: 2, units: 3, money: { amount_minor: 3000, currency: 'EUR' }, waiting: 1 });
  assert.equal(salesOf([]).money, null);
});

test('prices by quantity are for more units and lower each time, empty lines are none', () => {
  const price = { amount_minor: 1000, currency: 'EUR' };
  const empty = { quantity: '', price: '' };
  assert.deepEqual(readTiers([{ quantity: '2', price: '9.50' }, empty, { quantity: '5', price: '8' }], price), {
    tiers: [{ quantity: 2, price: { amount_minor: 950, currency: 'EUR' } }, { quantity: 5, price: { amount_minor: 800, currency: 'EUR' } }], fault: '',
  });
  assert.deepEqual(readTiers([empty], price), { tiers: [], fault: '' });
  for (const wrong of [['1', '9'], ['2', '10'], ['2', '11'], ['', '9'], ['2', ''], ['2', '0'], ['x', '9']]) {
    assert.notEqual(readTiers([{ quantity: wrong[0], price: wrong[1] }], price).fault, '');
  }
  assert.notEqual(readTiers([{ quantity: '3', price: '9' }, { quantity: '2', price: '8' }], price).fault, '');
});
