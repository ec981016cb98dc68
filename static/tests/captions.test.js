import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { CaptionsState } from '../lib/captions-state.js';
import { cuesAt, searchCues } from '../lib/replay-captions.js';

/** A connection that tells what a test says. @param {string} locale */
function makeConnection(locale) {
  /** @type {Map<string, (payload: any) => void>} */
  const listeners = new Map();
  return { locale, on: (/** @type {string} */ name, /** @type {any} */ listener) => listeners.set(name, listener), tell: (/** @type {string} */ name, /** @type {any} */ payload) => listeners.get(name)?.(payload) };
}

/** @param {string} id @param {string} text @param {object} [more] */
const line = (id, text, more = {}) => ({ id, start_ms: 0, end_ms: 1, locale: 'en', text, final: true, ...more });

/** @param {string} locale */
function begin(locale) {
  const connection = makeConnection(locale);
  let nowMs = 1_000;
  const state = new CaptionsState(/** @type {any} */ (connection), () => nowMs);
  const say = (/** @type {any} */ ...items) => connection.tell('caption:lines', { items });
  return { connection, state, say, pass: (/** @type {number} */ ms) => ((nowMs += ms), mock.timers.tick(ms)), texts: () => state.shown.value.map(({ text }) => text) };
}

test('a line grows until it is whole, and an early guess that comes late does not undo it', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { say, texts, state } = begin('en');
  /** @type {string[]} */
  const read = [];
  state.listeners.add(({ text }) => read.push(text));
  say(line('a', 'the price', { final: false }));
  assert.deepEqual(texts(), ['the price']);
  say(line('a', 'the price is ten'), line('a', 'the pr', { final: false }));
  assert.deepEqual(texts(), ['the price is ten']);
  say(line('b', 'um', { final: false }), line('b', ''));
  assert.deepEqual(texts(), ['the price is ten']);
  assert.deepEqual(read, ['the price is ten']);
  mock.timers.reset();
});

test('a reader of another language gets the translation, and the original only where none comes', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { say, texts, pass, state } = begin('th');
  /** @type {string[]} */
  const read = [];
  state.listeners.add(({ text }) => read.push(text));
  say(line('a', 'welcome', { final: false }));
  say(line('a', 'welcome'));
  assert.deepEqual(texts(), []);
  pass(700);
  say(line('a', 'ยินดีต้อนรับ', { locale: 'th', source_locale: 'en' }));
  say(line('a', 'bienvenue', { locale: 'fr', source_locale: 'en' }));
  pass(1_000);
  assert.deepEqual(texts(), ['ยินดีต้อนรับ']);
  say(line('b', 'no engine'));
  pass(1_600);
  assert.deepEqual(texts(), ['ยินดีต้อนรับ', 'no engine']);
  say(line('b', 'มาช้า', { locale: 'th', source_locale: 'en' }));
  assert.deepEqual(texts(), ['ยินดีต้อนรับ', 'มาช้า']);
  // Read aloud is what is in my language, and once: the original is heard already.
  assert.deepEqual(read, ['ยินดีต้อนรับ', 'มาช้า']);
  mock.timers.reset();
});

test('lines go by themselves, and all of them when captions are switched off', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { say, texts, pass, connection, state } = begin('en');
  connection.tell('captions:state', { captions: { state: 'on', locale: 'en', engine: 'x', remote: false, since: null } });
  say(line('a', 'one'));
  pass(4_000);
  say(line('b', 'two'));
  pass(3_500);
  assert.deepEqual(texts(), ['two']);
  connection.tell('captions:state', { captions: { state: 'off', locale: null, engine: null, remote: false, since: null } });
  assert.deepEqual(texts(), []);
  assert.equal(state.captions.value.state, 'off');
  mock.timers.reset();
});

test('cues of a replay are found by time and by words, accents aside', () => {
  const cues = [
    { start_s: 0, end_s: 2, text: 'Crème brûlée', locale: 'fr', source: 'custard', source_locale: 'en' },
    { start_s: 2.5, end_s: 4, text: 'vingt euros', locale: 'fr', source: 'twenty euros', source_locale: 'en' },
  ];
  assert.deepEqual(cuesAt(cues, 1).map(({ text }) => text), ['Crème brûlée']);
  assert.deepEqual(cuesAt(cues, 2.6).length, 2);
  assert.deepEqual(cuesAt(cues, 9), []);
  assert.deepEqual(searchCues(cues, 'BRULEE').map(({ start_s }) => start_s), [0]);
  assert.deepEqual(searchCues(cues, 'twenty vingt').map(({ start_s }) => start_s), [2.5]);
  assert.deepEqual(searchCues(cues, 'nothing'), []);
});
