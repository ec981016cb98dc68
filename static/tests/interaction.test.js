import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDraw, choose, ticketOf } from '../lib/draw-check.js';
import { InteractionState } from '../lib/interaction-state.js';

/** A connection that a test drives by hand. */
function made(call = async () => ({})) {
  const listeners = new Map();
  const state = new InteractionState(/** @type {any} */ ({ on: (name, listener) => listeners.set(name, listener), call }));
  return { state, happen: (name, payload) => listeners.get(name)(payload) };
}

const poll = { id: 'p1', question: 'Which?', options: [{ text: 'a', votes: 0 }, { text: 'b', votes: 0 }], voters: 0, state: 'open' };
const question = (id, votes, more = {}) => ({ id, author: { identity: 'a', display_name: 'A' }, text: id, state: 'waiting', votes, at: `2026-01-01T00:00:0${id.slice(1)}.000Z`, answered_at: null, ...more });
const draw = { id: 'd1', title: 'A bowl', places: 1, keyword: null, state: 'open', commitment: '', entries: 0, entries_digest: null, seed: null, winners: [] };

test('sums of an open poll are taken, those of a closed or of another one are not', () => {
  const { state, happen } = made();
  state.install({ poll, my_vote: 1 });
  happen('poll:results', { poll: 'p1', votes: [2, 1], voters: 3 });
  assert.deepEqual(state.poll.value.options.map(({ votes }) => votes), [2, 1]);
  happen('poll:results', { poll: 'p0', votes: [9, 9], voters: 18 });
  happen('poll:changed', { poll: { ...poll, state: 'closed', voters: 4, options: [{ text: 'a', votes: 3 }, { text: 'b', votes: 1 }] } });
  happen('poll:results', { poll: 'p1', votes: [2, 1], voters: 3 });
  assert.equal(state.poll.value.voters, 4);
  assert.equal(state.myVote.value, 1);
  happen('poll:changed', { poll: { ...poll, id: 'p2' } });
  assert.equal(state.myVote.value, null);
});

test('a vote that is refused is taken back', async () => {
  const { state } = made(async () => {
    throw new Error('poll_closed');
  });
  state.install({ poll, my_vote: 0 });
  await assert.rejects(state.vote(1));
  assert.equal(state.myVote.value, 0);
});

test('questions stand by their votes, then by their age, and answered ones apart', () => {
  const { state, happen } = made();
  state.install({ questions: [question('q2', 1), question('q1', 1), question('q3', 0)], my_upvotes: ['q2'] });
  assert.deepEqual(state.waiting.value.map(({ id }) => id), ['q1', 'q2', 'q3']);
  happen('question:votes', { items: [{ id: 'q3', votes: 5 }] });
  happen('question:changed', { question: question('q1', 1, { state: 'answered', answered_at: '2026-01-01T01:00:00.000Z' }) });
  assert.deepEqual(state.waiting.value.map(({ id }) => id), ['q3', 'q2']);
  assert.deepEqual(state.answered.value.map(({ id }) => id), ['q1']);
  happen('question:removed', { question: 'q3' });
  assert.deepEqual(state.waiting.value.map(({ id }) => id), ['q2']);
});

test('a draw that begins forgets the ticket of the one before', () => {
  const { state, happen } = made();
  state.install({ draw, my_ticket: 'mine' });
  happen('draw:entries', { draw: 'd1', entries: 7 });
  assert.equal(state.draw.value.entries, 7);
  happen('draw:changed', { draw: { ...draw, state: 'drawn', entries: 8, winners: [{ place: 1, ticket: 'mine', display_name: 'Me' }] } });
  assert.equal(state.myPlace.value, 1);
  happen('draw:entries', { draw: 'd1', entries: 7 });
  assert.equal(state.draw.value.entries, 8);
  happen('draw:changed', { draw: { ...draw, id: 'd2' } });
  assert.equal(state.myTicket.value, null);
});

// The same draw as in tests/interaction/test_fairness.py: server, page and documentation find one result.
const seed = Uint8Array.from({ length: 32 }, (_, at) => at);

async function knownDraw() {
  const tickets = await Promise.all(['ann', 'ben', 'cem', 'dan'].map((name) => ticketOf('draw_1', name)));
  const entries = new TextEncoder().encode([...tickets].sort().map((ticket) => `${ticket}\n`).join(''));
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', entries)).toString('hex');
  return { tickets, entries, digest };
}

test('the page finds the winners that the server found', async () => {
  const { tickets, entries, digest } = await knownDraw();
  const winners = await choose(seed, 'draw_1', digest, tickets, 2);
  assert.deepEqual(winners, [tickets[2], tickets[0]]);
  const over = {
    ...draw, id: 'draw_1', places: 2, state: 'drawn', entries: 4, entries_digest: digest, seed: Buffer.from(seed).toString('hex'),
    commitment: '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd', winners: winners.map((ticket, at) => ({ place: at + 1, ticket, display_name: '' })),
  };
  assert.deepEqual(await checkDraw(over, entries, tickets[1]), { isSeedAsPromised: true, isListAsPublished: true, areWinnersRight: true, amIn: true, entries: 4 });
  const forged = { ...over, winners: [...over.winners].reverse() };
  assert.equal((await checkDraw(forged, entries, null)).areWinnersRight, false);
  assert.equal((await checkDraw({ ...over, commitment: '00' }, entries, null)).isSeedAsPromised, false);
  const shorter = entries.slice(65);
  const found = await checkDraw(over, shorter, (await knownDraw()).tickets.sort()[0]);
  assert.deepEqual([found.isListAsPublished, found.amIn], [false, false]);
});
