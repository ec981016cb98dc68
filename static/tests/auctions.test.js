import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byOwnClock, isAtCeiling, RoomAuctions, standingOf, withMine } from '../lib/auctions.js';

const euros = (amount_minor) => ({ amount_minor, currency: 'EUR' });
const auction = (more = {}) => ({
  id: 'a1', state: 'open', start: euros(1000), price: null, minimum: euros(1000), leader: null, bids: 0, started_at: '2026-01-01T00:00:00.000Z',
  ends_at: '2026-01-01T00:01:00.000Z', closed_at: null, winner: null, now: '2026-01-01T00:00:00.000Z', ...more,
});
const leads = (identity) => ({ leader: { identity, display_name: identity }, price: euros(1000), bids: 1 });

/** A room whose connection a test drives by hand. */
function made(me = 'ana') {
  const listeners = new Map();
  const room = new RoomAuctions('r1', /** @type {any} */ ({ on: (name, listener) => listeners.set(name, listener) }), () => me);
  return { room, happen: (name, payload) => listeners.get(name)(payload) };
}

test('the end is counted by the server, however wrong this clock is', () => {
  const wrong = Date.parse('2026-01-01T03:00:00.000Z');
  assert.equal(byOwnClock(auction(), wrong).ends_at, '2026-01-01T03:01:00.000Z');
});

test('what is told to everybody takes nothing away of what is mine', () => {
  const known = auction({ ...leads('ana'), mine: { max: euros(5000), leads: true, order: null } });
  const told = withMine(auction({ ...leads('ben') }), known, 'ana');
  assert.deepEqual(told.mine, { max: euros(5000), leads: false, order: null, of: 'ana' });
  assert.equal(standingOf(told, 'ana'), 'outbid');
  assert.equal(standingOf(withMine(auction(leads('ben')), undefined, 'ana'), 'ana'), 'watching');
});

test('of two answers that cross the later one stays', () => {
  const { room, happen } = made();
  happen('auction:changed', { auction: auction({ ...leads('ben'), now: '2026-01-01T00:00:05.000Z' }) });
  happen('auction:changed', { auction: auction({ now: '2026-01-01T00:00:04.000Z' }) });
  assert.equal(room.latest.value.bids, 1);
});

test('the answer to my bid says my maximum, though news of it or an older answer came between', () => {
  const mine = { max: euros(3000), leads: true, order: null };
  const answer = auction({ ...leads('ana'), mine, now: '2026-01-01T00:00:04.000Z' });
  const news = auction({ ...leads('ana'), now: '2026-01-01T00:00:05.000Z' });
  const older = auction({ ...leads('ben'), mine: { max: null, leads: false, order: null }, now: '2026-01-01T00:00:03.000Z' });
  for (const order of [[answer, news, older], [news, answer, older], [older, news, answer], [news, older, answer]]) {
    const { room, happen } = made();
    for (const each of order) happen('auction:changed', { auction: each });
    assert.equal(standingOf(room.latest.value, 'ana'), 'leading');
    assert.deepEqual(room.latest.value.mine.max, euros(3000));
  }
});

test('what somebody had before they signed in under another name is not theirs', () => {
  const known = withMine(auction({ ...leads('ana'), mine: { max: euros(3000), leads: true, order: null } }), undefined, 'ana');
  assert.equal(withMine(auction(leads('ana')), known, 'ben').mine.max, null);
});

test('what stands at its ceiling takes no more bids', () => {
  assert.equal(isAtCeiling(auction({ ceiling: euros(1000) })), false);
  assert.equal(isAtCeiling(auction({ ...leads('ana'), ceiling: euros(1001) })), false);
  assert.equal(isAtCeiling(auction({ ...leads('ana'), ceiling: euros(1000) })), true);
  assert.equal(isAtCeiling(auction({ ...leads('ana'), ceiling: null })), false);
});

test('who won can order until it is ordered', () => {
  const { room, happen } = made();
  const winner = { identity: 'ana', display_name: 'Ana', price: euros(1000), until: '2026-01-01T00:20:00.000Z', is_runner_up: false };
  const closed = { ...leads('ana'), closed_at: '2026-01-01T00:01:01.000Z', winner };
  happen('auction:changed', { auction: auction({ ...closed, state: 'awarded', now: '2026-01-01T00:01:01.000Z' }) });
  assert.equal(standingOf(room.latest.value, 'ana'), 'won');
  assert.equal(standingOf(room.latest.value, 'ben'), 'lost');
  assert.equal(room.won.value.length, 1);
  happen('auction:changed', { auction: auction({ ...closed, state: 'ordered', now: '2026-01-01T00:02:00.000Z' }) });
  assert.equal(standingOf(room.latest.value, 'ana'), 'ordered');
  assert.equal(room.won.value.length, 0);
});
