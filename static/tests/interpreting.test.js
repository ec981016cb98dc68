import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { effect, signal } from '@preact/signals';
import { channelOf, FLOOR_VOLUME, Interpreting, volumeOf } from '../lib/interpreting.js';
import { CallError } from '../lib/protocol.js';

const slot = (n, source) => ({ mid: String(n), kind: 'audio', slot: n, publisher: `p${n}`, source });

test('the floor is low while an interpreter is heard, and only then', () => {
  const floor = [slot(0, 'camera'), slot(1, 'camera')];
  assert.deepEqual([0, 1, 2].map((n) => volumeOf(floor, n, false)), [1, 1, 1]);
  const interpreted = [...floor, slot(2, 'interpretation')];
  assert.deepEqual([0, 1, 2].map((n) => volumeOf(interpreted, n, false)), [FLOOR_VOLUME, FLOOR_VOLUME, 1]);
  assert.deepEqual([0, 1, 2].map((n) => volumeOf(interpreted, n, true)), [0, 0, 1]);
});

test('an interpreter finds the channel that is theirs', () => {
  const channels = [{ locale: 'th', interpreters: [{ identity: 'a', display_name: 'A' }], on: null, asked: null }];
  assert.equal(channelOf(channels, 'a')?.locale, 'th');
  assert.equal(channelOf(channels, 'b'), null);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A viewer where somebody interprets into Thai; the server refuses with what stands first in `refusals`. */
function makeViewer() {
  /** @type {any[]} */
  const told = [];
  const refusals = /** @type {any[]} */ ([]);
  const state = {
    me: signal({ identity: 'ana' }), status: signal('online'), slots: signal(new Map()),
    channels: signal([{ locale: 'th', interpreters: [{ identity: 'bo', display_name: 'Bo' }], on: 'bo', asked: null }]),
  };
  const connection = {
    async call(name, { session, locale }) {
      if (state.status.value !== 'online') throw new CallError({ code: 'offline' });
      told.push([name, session, locale ?? '']);
      const refusal = refusals.shift();
      if (refusal) throw new CallError(refusal);
    },
  };
  const watching = signal('s1');
  const interpreting = new Interpreting(/** @type {any} */ ({ id: 'room_1', connection, state, watching }), async () => []);
  const end = effect(() => interpreting.follow());
  return { interpreting, state, watching, told, refusals, listens: () => told.map(([, session, locale]) => `${session} ${locale}`.trim()), end: () => (end(), interpreting.stop()) };
}

/** Time goes on, and what it set off has come to its end. @param {number} ms */
async function pass(ms) {
  mock.timers.tick(ms);
  await settled();
}

test('what the server did not take is told again until it does, later each time, and shows meanwhile', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(console, 'warn', () => {});
  const { interpreting, refusals, told, listens, end } = makeViewer();
  assert.deepEqual(told, [], 'the floor is what everybody hears');
  refusals.push({ code: 'timeout' }, { code: 'session_not_found' }, { code: 'rate_limited', retry_after_s: 7 });
  interpreting.wanted.value = 'th';
  await settled();
  assert.deepEqual(told, [['interpreter:listen', 's1', 'th']]);
  assert.equal(interpreting.problem.value?.code, 'timeout');
  await pass(499);
  assert.equal(told.length, 1);
  await pass(1);
  assert.equal(told.length, 2);
  await pass(999);
  assert.equal(told.length, 2);
  await pass(1);
  assert.equal(told.length, 3);
  await pass(6_999); // it said when
  assert.equal(told.length, 3);
  await pass(1);
  assert.deepEqual(listens(), ['s1 th', 's1 th', 's1 th', 's1 th']);
  assert.equal(interpreting.problem.value, null);
  await pass(60_000);
  assert.equal(told.length, 4);
  end();
  mock.reset();
});

test('who chooses the floor again while the server does not answer hears the floor', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(console, 'warn', () => {});
  const { interpreting, refusals, listens, end } = makeViewer();
  refusals.push({ code: 'timeout' }, { code: 'timeout' });
  interpreting.wanted.value = 'th';
  await settled();
  interpreting.wanted.value = ''; // it may have been taken, though nothing was answered
  await settled();
  await pass(500);
  assert.deepEqual(listens(), ['s1 th', 's1', 's1']);
  assert.equal(interpreting.problem.value, null);
  end();
  mock.reset();
});

test('what failed because the connection went is told when it is back, without a word: that is shown elsewhere', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(console, 'warn', () => {});
  const { interpreting, state, refusals, listens, watching, end } = makeViewer();
  refusals.push({ code: 'offline' });
  interpreting.wanted.value = 'th';
  state.status.value = 'reconnecting';
  await settled();
  assert.equal(interpreting.problem.value, null);
  await pass(60_000);
  assert.deepEqual(listens(), ['s1 th']);
  state.status.value = 'online';
  await settled();
  assert.deepEqual(listens(), ['s1 th', 's1 th']);
  state.status.value = 'reconnecting';
  state.status.value = 'online';
  await settled();
  assert.equal(listens().length, 2, 'the server keeps what it has taken');
  watching.value = 's2';
  await settled();
  assert.deepEqual(listens().slice(2), ['s2 th']);
  end();
  mock.reset();
});

test('a visit that is over tells nothing more', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(console, 'warn', () => {});
  const { interpreting, refusals, listens, end } = makeViewer();
  refusals.push({ code: 'timeout' });
  interpreting.wanted.value = 'th';
  await settled();
  end();
  await pass(60_000);
  assert.deepEqual(listens(), ['s1 th']);
  mock.reset();
});
