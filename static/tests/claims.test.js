import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seenWith, withClaims } from '../lib/claims.js';

const claim = (more = {}) => /** @type {any} */ ({ id: 'c', offer: 'o', quantity: 2, wanted: 2, state: 'held', ahead: null, claimed_at: '2026-01-01T00:00:00Z', ...more });
const offer = /** @type {any} */ ({ id: 'o', available: 1 });

test('what is kept for me is there for me', () => {
  assert.equal(seenWith(offer, claim()).available, 3);
  for (const other of [undefined, claim({ state: 'waiting', quantity: 0 }), claim({ state: 'open' })]) assert.equal(seenWith(offer, other).available, 1);
});

test('a claim that is over stays over, whatever is told late', () => {
  const held = withClaims(new Map(), [claim()]);
  const over = withClaims(held, [claim({ state: 'ordered' })]);
  assert.equal(over.get('c')?.state, 'ordered');
  assert.equal(withClaims(over, [claim()]).get('c')?.state, 'ordered');
  assert.equal(withClaims(new Map(), [claim({ state: 'expired' })]).size, 0);
});
