import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, mentionedIn, pieces, typedName } from '../lib/mentions.js';
import { finderOf } from '../lib/people.js';
import { ReplayChat } from '../lib/replay-chat.js';
import { aboutSent, quoteOf, TalkState, withoutLine } from '../lib/talk-state.js';

const author = (identity) => ({ identity, display_name: identity, role: 'viewer' });
const line = (id, more = {}) => ({ id, seq: Number(id.slice(1)), author: author('ann'), text: id, locale: 'en', at: '', client_id: id, ...more });

/** A state that a test drives by hand, with a clock of its own. */
function made(call = async () => ({ told: true })) {
  const listeners = new Map();
  const time = { now: 0 };
  const calls = [];
  const connection = { on: (name, listener) => listeners.set(name, listener), call: async (name, payload) => (calls.push([name, payload.typing]), call(name, payload)) };
  const state = new TalkState(/** @type {any} */ (connection), { now: () => time.now, later: /** @type {any} */ (() => 0) });
  return { state, time, calls, happen: (name, payload) => listeners.get(name)(payload) };
}

test('a name is being typed after an @ that begins a word, in any script', () => {
  assert.deepEqual(typedName('hello @Ma', 9), { start: 6, prefix: 'Ma' });
  assert.deepEqual(typedName('@', 1), { start: 0, prefix: '' });
  assert.deepEqual(typedName('สวัสดี @มา', 10), { start: 7, prefix: 'มา' });
  assert.deepEqual(typedName('＠田', 2), { start: 0, prefix: '田' });
  assert.equal(typedName('a@b', 3), null);
  assert.equal(typedName('@Ma there', 9), null);
  assert.deepEqual(typedName('@Ma there', 3), { start: 0, prefix: 'Ma' });
});

test('a completed name stands with one space after it', () => {
  assert.deepEqual(completed('hi @Ma you', 3, 6, 'Maria Lopez'), { text: 'hi @Maria Lopez you', caret: 16 });
  assert.deepEqual(completed('@', 0, 1, 'Ann'), { text: '@Ann ', caret: 5 });
});

test('those are mentioned whose name is still there, each once', () => {
  const ann = { identity: 'a', display_name: 'Ann' };
  assert.deepEqual(mentionedIn('@Ann and @Ann', [ann, ann, { identity: 'b', display_name: 'Ben' }]), [ann]);
});

test('names in a text are marked, the longer one first, and nothing is lost', () => {
  const mentions = [{ identity: 'a', display_name: 'Ann' }, { identity: 'am', display_name: 'Ann Marie' }];
  assert.deepEqual(pieces('so @Ann Marie, @Ann @Nobody', mentions), [{ text: 'so ' }, { text: '@Ann Marie', identity: 'am' }, { text: ', ' }, { text: '@Ann', identity: 'a' }, { text: ' @Nobody' }]);
  for (const text of ['', '@', '@@Ann', 'plain', '@Ann']) assert.equal(pieces(text, mentions).map((piece) => piece.text).join(''), text);
});

test('a line taken back is gone from quotes, from the pin and from what I answer', () => {
  const { state, happen } = made();
  state.install({ pinned_message: line('m1') });
  state.replyTo.value = /** @type {any} */ (line('m1'));
  happen('chat:deleted', { id: 'm1' });
  assert.equal(state.pinned.value, null);
  assert.equal(state.replyTo.value, null);
  const [kept] = withoutLine(/** @type {any} */ ([line('m1'), line('m2', { reply_to: quoteOf(/** @type {any} */ (line('m1'))) })]), 'm1');
  assert.deepEqual(kept.reply_to, { id: 'm1', seq: 1, deleted: true });
});

test('who comes late sees what was announced for the time that is left', () => {
  const { state, happen } = made();
  state.install({ announcement: { message: line('m1', { announcement: true }), ends_at: '', left_ms: 12_000 } });
  assert.equal(state.announcement.value?.left_ms, 12_000);
  state.install({ announcement: null });
  assert.equal(state.announcement.value?.id, 'm1', 'its own timer takes it away');
  happen('chat:messages', { items: [line('m2', { announcement: true })] });
  assert.equal(state.announcement.value?.left_ms, undefined);
});

test('the pinned line and the announcement are read in my language when its translation comes', () => {
  const { state, happen } = made();
  happen('chat:pinned', { message: line('m1') });
  happen('chat:messages', { items: [line('m2', { announcement: true }), line('m3')] });
  happen('chat:translations', { locale: 'es', items: [{ id: 'm1', text: 'uno', engine: 'x' }, { id: 'm2', text: 'dos', engine: 'x' }] });
  assert.equal(state.pinned.value.translation.text, 'uno');
  assert.equal(state.announcement.value.translation.text, 'dos');
  happen('chat:translations', { locale: 'es', items: ['m1', 'm2'].map((id) => ({ id, text: line(id).text, engine: '' })) });
  assert.equal(state.pinned.value.translation, undefined, 'the line itself is no translation');
  assert.equal(state.announcement.value.translation, undefined);
  happen('chat:pinned', { message: null });
  assert.equal(state.pinned.value, null);
});

test('somebody types until they stop, say something, or are not heard of', () => {
  const { state, time, happen } = made();
  const names = () => state.typing.value.map(({ identity }) => identity);
  happen('chat:typing', { identity: 'ann', display_name: 'Ann', typing: true });
  happen('chat:typing', { identity: 'ben', display_name: 'Ben', typing: true });
  happen('chat:typing', { identity: 'cem', display_name: 'Cem', typing: true });
  assert.deepEqual(names(), ['ann', 'ben', 'cem']);
  happen('chat:messages', { items: [line('m1')] });
  happen('chat:typing', { identity: 'ben', display_name: 'Ben', typing: false });
  assert.deepEqual(names(), ['cem']);
  time.now = 5_999;
  state.sweep();
  assert.deepEqual(names(), ['cem']);
  time.now = 6_000;
  state.sweep();
  assert.deepEqual(names(), []);
});

test('that I type is told now and then, and a large room is left alone', async () => {
  const small = made();
  await small.state.type(false);
  await small.state.type(true);
  await small.state.type(true);
  small.time.now = 4_000;
  await small.state.type(true);
  await small.state.type(false);
  await small.state.type(false);
  assert.deepEqual(small.calls.map(([, typing]) => typing), [true, true, false]);
  const large = made(async () => ({ told: false }));
  await large.state.type(true);
  large.time.now = 59_999;
  await large.state.type(true);
  assert.equal(large.calls.length, 1);
});

test('what a line is about goes out as ids', () => {
  const quote = quoteOf(/** @type {any} */ (line('m1', { text: 'x'.repeat(300) })));
  assert.equal(quote.text.length, 140);
  assert.deepEqual(aboutSent({ reply_to: quote, mentions: [{ identity: 'a', display_name: 'A' }], announcement: true }), { reply_to: 'm1', mentions: ['a'], announcement: true });
  assert.deepEqual(aboutSent({ mentions: [] }), {});
});

test('people are found by the server, and without it among those who wrote', async () => {
  const place = (call) => ({ connection: { call }, state: { me: { value: { identity: 'me' } }, messages: { value: [line('m1'), line('m2', { author: author('Anton') }), line('m3', { author: author('me') })] } } });
  assert.deepEqual(await finderOf(/** @type {any} */ (place(async () => ({ items: [author('me'), author('ann')] }))))('a'), [author('ann')]);
  const refused = place(async () => {
    throw new Error('rate_limited');
  });
  assert.deepEqual((await finderOf(/** @type {any} */ (refused))('AN')).map(({ identity }) => identity), ['Anton', 'ann']);
});

/** A chat of one line each ten seconds, in pages of `size`. */
function replay(count, size) {
  const asked = [];
  const all = Array.from({ length: count }, (_, n) => ({ at_s: n * 10, message: line(`m${n}`) }));
  const get = async (path) => {
    asked.push(path);
    const query = new URL(path, 'http://x').searchParams;
    const rest = all.filter(({ at_s, message }) => at_s >= Number(query.get('from_s')) && message.seq > Number(query.get('after') ?? -1));
    const items = rest.slice(0, size);
    return { items, next: rest.length > size ? String(items[size - 1].message.seq) : null };
  };
  const chat = new ReplayChat('room', /** @type {any} */ (get));
  return { chat, asked, shown: () => chat.shown.value.map(({ id }) => id) };
}

test('lines of a replay come at their time, and more are fetched before they are needed', async () => {
  const { chat, asked, shown } = replay(10, 4);
  await chat.follow(0);
  assert.deepEqual(shown(), ['m0']);
  await chat.follow(25);
  assert.deepEqual(shown(), ['m0', 'm1', 'm2']);
  assert.equal(asked.length, 2);
  await chat.follow(29.8);
  assert.deepEqual(shown().at(-1), 'm3');
  await chat.follow(90);
  assert.equal(shown().length, 10);
});

test('a seek shows what had been said by then, forwards and back, in one place', async () => {
  const { chat, asked, shown } = replay(1000, 5);
  await chat.follow(0);
  await chat.follow(5000);
  assert.equal(shown().at(-1), 'm500');
  assert.equal(shown()[0], 'm488');
  await chat.follow(20);
  assert.deepEqual(shown(), ['m0', 'm1', 'm2']);
  const before = asked.length;
  await chat.follow(10);
  assert.deepEqual(shown(), ['m0', 'm1']);
  assert.equal(asked.length, before);
});

test('an answer that comes after another seek is not shown', async () => {
  /** @type {((value: any) => void)[]} */
  const answers = [];
  const chat = new ReplayChat('room', () => new Promise((answer) => answers.push(answer)));
  const first = chat.follow(1000);
  const second = chat.follow(0);
  answers[1]({ items: [{ at_s: 0, message: line('m1') }], next: null });
  await second;
  answers[0]({ items: [{ at_s: 0, message: line('m9') }], next: null });
  await first;
  assert.deepEqual(chat.shown.value.map(({ id }) => id), ['m1']);
});
