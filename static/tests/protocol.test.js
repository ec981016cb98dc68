import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomConnection } from '../lib/protocol.js';

/** Socket.IO's client as far as a RoomConnection needs it; `answers` are the acknowledgements to come, in order. */
class FakeSocket {
  constructor() {
    this.connected = false;
    this.active = true;
    this.handlers = new Map();
    this.sent = [];
    this.answers = [];
  }

  on(name, handler) {
    this.handlers.set(name, handler);
  }

  timeout() {
    return this;
  }

  emitWithAck(name, payload) {
    this.sent.push([name, payload]);
    const answer = this.answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  connect() {
    this.connected = true;
    this.happen('connect');
  }

  disconnect() {
    this.connected = false;
    this.happen('disconnect', 'io client disconnect');
  }

  happen(name, payload) {
    this.handlers.get(name)?.(payload);
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function room() {
  const socket = new FakeSocket();
  const connection = new RoomConnection({ room: 'room_1', locale: 'th', connect: () => socket });
  const heard = [];
  for (const name of ['snapshot', 'joined', 'status', 'refused', 'chat:messages', 'room:presence']) connection.on(name, (payload) => heard.push([name, payload]));
  return { socket, connection, heard, names: () => heard.map(([name]) => name) };
}

test('a first join takes the snapshot, then later events in order', async () => {
  const { socket, connection, heard } = room();
  socket.answers.push({ ok: true, seq: 7, resumed: false, me: { identity: 'a' }, state: { messages: [] } });
  connection.open();
  await settle();
  assert.deepEqual(socket.sent, [['room:join', { room: 'room_1', locale: 'th' }]]);
  assert.equal(connection.status, 'online');
  socket.happen('chat:messages', { room: 'room_1', seq: 8, items: [] });
  assert.equal(heard.at(-1)[0], 'chat:messages');
  assert.equal(connection.seq, 8);
});

test('an event that the snapshot already has, or that came twice, is not delivered again', async () => {
  const { socket, connection, names } = room();
  socket.answers.push({ ok: true, seq: 7, resumed: false, me: {}, state: {} });
  connection.open();
  await settle();
  socket.happen('chat:messages', { room: 'room_1', seq: 7, items: [] });
  socket.happen('chat:messages', { room: 'room_1', seq: 9, items: [] });
  socket.happen('chat:messages', { room: 'room_1', seq: 9, items: [] });
  assert.equal(names().filter((name) => name === 'chat:messages').length, 1);
});

test('events that overtake the answer to a join wait for the snapshot', async () => {
  const { socket, connection, names } = room();
  socket.answers.push({ ok: true, seq: 7, resumed: false, me: {}, state: {} });
  connection.open();
  socket.happen('chat:messages', { room: 'room_1', seq: 8, items: [] });
  assert.deepEqual(names(), []);
  await settle();
  assert.deepEqual(names(), ['snapshot', 'joined', 'status', 'chat:messages']);
});

test('a reconnect asks for what came after the last number seen', async () => {
  const { socket, connection, heard } = room();
  socket.answers.push({ ok: true, seq: 7, resumed: false, me: {}, state: {} }, { ok: true, seq: 12, resumed: true, me: {} });
  connection.open();
  await settle();
  socket.happen('chat:messages', { room: 'room_1', seq: 9, items: [] });
  socket.happen('disconnect', 'transport close');
  assert.equal(connection.status, 'reconnecting');
  socket.connect();
  await settle();
  assert.deepEqual(socket.sent.at(-1), ['room:join', { room: 'room_1', locale: 'th', since: 9 }]);
  socket.happen('chat:messages', { room: 'room_1', seq: 10, items: [] });
  assert.equal(heard.at(-1)[1].seq, 10, 'a resumed join does not swallow what follows it');
});

test('unnumbered events pass, those of another room do not', async () => {
  const { socket, connection, names } = room();
  socket.answers.push({ ok: true, seq: 7, resumed: false, me: {}, state: {} });
  connection.open();
  await settle();
  socket.happen('room:presence', { room: 'room_1', count: 3 });
  socket.happen('room:presence', { room: 'room_2', count: 4 });
  assert.equal(names().filter((name) => name === 'room:presence').length, 1);
});

test('a refused join says why and does not try again', async () => {
  const { socket, connection, heard } = room();
  socket.answers.push({ ok: false, error: { code: 'banned', message: 'You are banned.' } });
  connection.open();
  await settle();
  assert.equal(connection.status, 'refused');
  const [, error] = heard.find(([name]) => name === 'refused');
  assert.equal(error.code, 'banned');
  assert.equal(socket.connected, false);
});

test('a call without a connection fails at once, a refused one with the server’s code', async () => {
  const { socket, connection } = room();
  await assert.rejects(connection.call('chat:send', {}), { code: 'offline' });
  socket.connected = true;
  socket.answers.push({ ok: false, error: { code: 'rate_limited', message: 'Slowly.', retry_after_s: 2 } });
  await assert.rejects(connection.call('chat:send', {}), { code: 'rate_limited', retryAfterS: 2 });
  socket.answers.push(new Error('operation has timed out'));
  await assert.rejects(connection.call('chat:send', {}), { code: 'timeout' });
});

test('a token goes along with every connect, and a refused one says why', () => {
  const socket = new FakeSocket();
  let options = {};
  const connection = new RoomConnection({ room: 'room_1', locale: 'th', token: 'abc', connect: (given) => ((options = given), socket) });
  assert.deepEqual(options.auth, { token: 'abc' });
  const refusals = [];
  connection.on('refused', (error) => refusals.push([error.code, error.message, error.retryAfterS]));
  socket.active = false;
  socket.happen('connect_error', Object.assign(new Error('This token has expired'), { data: { code: 'token_expired', message: 'x' } }));
  assert.deepEqual(refusals, [['token_expired', 'This token has expired', 0]]);
  assert.equal(connection.status, 'refused');
  socket.happen('connect_error', new Error('Try again'));
  assert.equal(refusals[1][0], 'refused');
});
