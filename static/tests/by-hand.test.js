import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handWords, isByHand, mayComeLate, waitsByHand, waitsForDays } from '../lib/by-hand.js';
import { paidTitle, payTitle } from '../lib/pay-ways.js';

const words = { waits: 'Post a cheque.', give_back: 'Write one.', comes_back: 'One comes.' };
const way = { id: 'cheque', title: 'Cheque', by_hand: true, paid_first: true, words: { en: words } };
const order = (/** @type {any} */ more) => /** @type {any} */ ({ status: 'pending_payment', placed_at: '2026-01-01T12:00:00Z', expires_at: null, history: [], payment: { provider: 'cheque', status: 'pending' }, ...more });

test('the server says which ways to pay are by hand, and the names of its own do until it has', () => {
  assert.equal(isByHand('cheque', way), true);
  assert.equal(isByHand('transfer', { ...way, by_hand: false }), false);
  assert.deepEqual(['manual', 'transfer', 'sandbox', 'cheque'].map((id) => isByHand(id, null)), [true, true, false, false]);
});

test('a way speaks the language of its reader, or English, or leaves it to the interface', () => {
  assert.equal(handWords(way)?.waits, 'Post a cheque.');
  assert.equal(handWords({ ...way, words: {} }), null);
  assert.equal(handWords(undefined), null);
});

test('minutes to pay are no days', () => {
  assert.equal(waitsForDays(order({ expires_at: '2026-01-01T12:15:00Z' })), false);
  assert.equal(waitsForDays(order({ expires_at: '2026-01-02T12:00:00Z' })), true);
  assert.equal(waitsForDays(order({})), false);
});

test('the shop says that the money is there: of what waits by hand, of whichever package', () => {
  assert.equal(waitsByHand(order({})), true);
  assert.equal(waitsByHand(order({ expires_at: '2026-01-08T12:00:00Z' })), true);
  assert.equal(waitsByHand(order({ expires_at: '2026-01-01T12:15:00Z' })), false);
  assert.equal(waitsByHand(order({ status: 'paid' })), false);
});

test('money may come late for what waited for days, until it has', () => {
  const expired = (/** @type {string} */ at, status = 'pending') => order({ status: 'expired', history: [{ status: 'expired', at }], payment: { provider: 'cheque', status } });
  assert.equal(mayComeLate(expired('2026-01-08T12:00:00Z')), true);
  assert.equal(mayComeLate(expired('2026-01-01T12:15:00Z')), false);
  assert.equal(mayComeLate(expired('2026-01-08T12:00:00Z', 'refunded')), false);
});

test('a shop reads in words how its money came, of a package in its own, and by its id of one that is no more', () => {
  assert.deepEqual(['manual', 'transfer', 'sandbox', 'stripe'].map((id) => paidTitle(id, 'as the server has it')), [
    'On pick-up or delivery', 'Bank transfer', 'Test payment', 'Card and more (Stripe)',
  ]);
  assert.equal(paidTitle('cheque', 'Cheque'), 'Cheque');
  assert.equal(paidTitle('gone', undefined), 'gone');
  assert.equal(payTitle('manual', 'Pay on pick-up or delivery'), 'Pay when I get it');
  assert.equal(payTitle('stripe', 'as the server has it'), 'Card and more (Stripe)');
});
