import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeMessages, RoomState, translate } from '../lib/room-state.js';

const message = (seq, more = {}) => ({
  id: `m${seq}`, seq, author: { identity: 'a', display_name: 'A', role: 'viewer' }, text: `line ${seq}`, locale: 'es', at: '2026-01-01T00:00:00.000Z',
  client_id: `c${seq}`, ...more,
});

/** A connection that a test drives by hand. */
function connection() {
  const listeners = new Map();
  return {
    locale: 'en',
    on: (name, listener) => listeners.set(name, listener),
    happen: (name, payload) => listeners.get(name)(payload),
    call: async () => ({}),
  };
}

const snapshot = { room: { id: 'r', state: 'live', my_role: 'viewer', can: ['buy'] }, messages: [message(1)], offers: [{ id: 'o1', available: 3 }], pinned: { id: 'o1', available: 3 }, pinned_offers: [{ id: 'o1', available: 3, pinned: true }] };

test('messages come in the order of their numbers and never twice', () => {
  const merged = mergeMessages([message(2), message(4)], [message(3), message(2)]);
  assert.deepEqual(merged.map(({ seq }) => seq), [2, 3, 4]);
});

test('the server’s copy takes the place of the line that was shown at once', () => {
  const draft = message(Infinity, { id: 'c9', client_id: 'c9', pending: true });
  const merged = mergeMessages([message(1), draft], [message(9)]);
  assert.deepEqual(merged.map(({ id }) => id), ['m1', 'm9']);
});

test('another member’s line with the same client id leaves mine alone once it is sent', () => {
  const mine = message(5, { client_id: 'same' });
  const merged = mergeMessages([mine], [message(6, { client_id: 'same' })]);
  assert.equal(merged.length, 2);
});

test('a translation finds its line, and stays when the line comes again', () => {
  const translated = translate([message(1)], 'en', [{ id: 'm1', text: 'line one', engine: 'phrasebook' }]);
  assert.equal(translated[0].translation?.text, 'line one');
  assert.equal(mergeMessages(translated, [message(1)])[0].translation?.text, 'line one');
  const takenBack = translate(translated, 'en', [{ id: 'm1', text: message(1).text, engine: '' }]);
  assert.equal(takenBack[0].translation, undefined, 'the line itself is no translation');
});

test('offers change in place and the pinned one with them', () => {
  const link = connection();
  const state = new RoomState(link);
  link.happen('snapshot', { state: snapshot, me: { identity: 'me', can: ['buy'], muted_until: null } });
  link.happen('offer:changed', { offer: { id: 'o1', available: 2 } });
  assert.deepEqual(state.pinned.value.map(({ available }) => available), [2]);
  link.happen('offer:pinned', { offer: { id: 'o2' }, offers: [{ id: 'o2', pinned: true }, { id: 'o1', pinned: true }] });
  assert.deepEqual(state.pinned.value.map(({ id }) => id), ['o2', 'o1']);
  link.happen('offer:arranged', { offers: ['o2', 'o1'] });
  assert.deepEqual(state.offers.value.map(({ id }) => id), ['o2', 'o1']);
  link.happen('offer:pinned', { offer: null, offers: [] });
  assert.deepEqual(state.pinned.value, []);
  assert.deepEqual(state.offers.value.map(({ pinned }) => pinned), [false, false]);
});

test('what I may do survives a room state that is sent to everybody', () => {
  const link = connection();
  const state = new RoomState(link);
  link.happen('snapshot', { state: snapshot, me: { identity: 'me', can: ['buy'] } });
  link.happen('room:state', { room_state: { id: 'r', state: 'live', my_role: null, can: [] } });
  assert.deepEqual(state.room.value?.can, ['buy']);
});

test('a room is over by its last event as by coming back too late', () => {
  for (const [name, payload] of [['room:removed', { reason: 'ended' }], ['refused', { code: 'room_ended' }]]) {
    const link = connection();
    const state = new RoomState(link);
    link.happen('snapshot', { state: snapshot, me: { identity: 'me', can: [] } });
    link.happen(name, payload);
    assert.equal(state.room.value?.state, 'ended');
    assert.equal(state.removed.value, null);
  }
});

test('a line that could not be sent stays, marked, and can be sent again', async () => {
  const link = connection();
  const state = new RoomState(link);
  link.happen('snapshot', { state: { ...snapshot, messages: [] }, me: { identity: 'me', display_name: 'Me', role: 'viewer', can: [] } });
  link.call = async () => {
    throw Object.assign(new Error('away'), { code: 'offline' });
  };
  await assert.rejects(state.say('hello', 'c1'));
  assert.equal(state.messages.value[0].failed, true);
  link.call = async (_name, { text, client_id }) => ({ message: message(1, { text, client_id }) });
  await state.say('hello', 'c1');
  assert.deepEqual(state.messages.value.map(({ id, failed }) => [id, failed]), [['m1', undefined]]);
});

test('a host who comes late sees the hands that are up', () => {
  const wire = connection();
  const state = new RoomState(wire);
  const hands = [{ identity: 'a', display_name: 'Ana' }, { identity: 'b', display_name: 'Ben' }];
  wire.happen('snapshot', { state: { ...snapshot, hands }, me: { identity: 'h', role: 'host', can: [] } });
  wire.happen('hand:raised', { identity: 'a', display_name: 'Ana', raised: false });
  assert.deepEqual([...state.hands.value], [['b', 'Ben']]);
  wire.happen('snapshot', { state: snapshot, me: { identity: 'h', role: 'host', can: [] } });
  assert.equal(state.hands.value.size, 0);
});

test('whether the room is recorded comes with the snapshot, by event, and ends with the room', () => {
  const link = connection();
  const state = new RoomState(link);
  const recording = { state: 'recording', since: null, reason: null, not_recorded: [] };
  link.happen('snapshot', { state: { ...snapshot, recording }, me: { identity: 'me', can: [] } });
  assert.equal(state.recording.value.state, 'recording');
  link.happen('recording:state', { recording: { ...recording, state: 'paused' } });
  assert.equal(state.recording.value.state, 'paused');
  link.happen('room:removed', { reason: 'ended' });
  assert.equal(state.recording.value.state, 'off');
});

test('every event that the state listens to is one that the connection hands on', async () => {
  const { EVENTS } = await import('../lib/protocol.js');
  const own = new Set(['status', 'snapshot', 'joined', 'refused']);
  const heard = [];
  new RoomState({ locale: 'en', on: (name) => heard.push(name), call: async () => ({}) });
  assert.deepEqual(heard.filter((name) => !own.has(name) && !EVENTS.includes(name)), []);
});

test('a server that is about to end is told of until the page is in the room again', () => {
  const link = connection();
  const state = new RoomState(link);
  link.happen('snapshot', { state: snapshot, me: { identity: 'me', can: [] } });
  link.happen('server:draining', { within_s: 5 });
  assert.equal(state.restarting.value, true);
  link.happen('status', 'reconnecting');
  assert.equal(state.restarting.value, true, 'it is the reason why the connection is away');
  link.happen('joined', { me: { identity: 'me', can: [] }, resumed: true });
  assert.equal(state.restarting.value, false);
});

test('a line that is held is shown to its author alone until a moderator decides', async () => {
  const link = connection();
  const state = new RoomState(link);
  link.happen('snapshot', { state: snapshot, me: { identity: 'me', display_name: 'Me', role: 'viewer', can: [] } });
  link.call = async () => ({ held: { id: 'h1', client_id: 'c9', state: 'waiting' } });
  await state.say('may I?', 'c9');
  assert.deepEqual(state.messages.value.map(({ id, held, pending }) => [id, Boolean(held), Boolean(pending)]), [['m1', false, false], ['c9', true, false]]);
  link.happen('chat:messages', { items: [message(9, { author: { identity: 'me', display_name: 'Me', role: 'viewer' } })] });
  assert.deepEqual(state.messages.value.map(({ id }) => id), ['m1', 'm9']);
  await state.say('and this?', 'c10');
  link.happen('chat:decided', { id: 'h2', author: 'somebody', client_id: 'c10', approved: false });
  assert.equal(state.messages.value.length, 3);
  link.happen('chat:decided', { id: 'h2', author: 'me', client_id: 'c10', approved: false });
  assert.deepEqual(state.messages.value.map(({ id }) => id), ['m1', 'm9']);
});

test('a line that is restored comes back to its place', () => {
  const link = connection();
  const state = new RoomState(link);
  link.happen('snapshot', { state: { ...snapshot, messages: [message(1), message(3)], rules: { slow_s: 5, links: 'allow', hold_all: false } }, me: { identity: 'me', can: [] } });
  assert.equal(state.rules.value.slow_s, 5);
  link.happen('chat:restored', { message: message(2) });
  assert.deepEqual(state.messages.value.map(({ seq }) => seq), [1, 2, 3]);
  link.happen('room:rules', { rules: { slow_s: 0, links: 'hold', hold_all: false } });
  assert.equal(state.rules.value.links, 'hold');
});
