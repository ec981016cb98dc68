import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { changed, directionOf, grouped, isItself, keyOf, MAX_TEXTS, patiently, progressOf, rowsFor, Unsaved, wordingOf, wordingOfProduct } from '../lib/wording.js';

const made = (text, edited = false) => ({ text, engine: edited ? '' : 'e', edited });
const text = (kind, source, more = {}) => ({ kind, source, original: 'en', message: null, translations: {}, ...more });

const { fetch } = globalThis;
afterEach(() => (globalThis.fetch = fetch));

/** The server, which answers so; what it was asked. */
function answering(...answers) {
  const asked = [];
  globalThis.fetch = async (url, { method, body }) => {
    asked.push([method, url, body && JSON.parse(body)]);
    return new Response(JSON.stringify(answers.shift()), { headers: { 'Content-Type': 'application/json' } });
  };
  return asked;
}

/** What a browser keeps for a tab. */
function storage() {
  const kept = new Map();
  return { kept, getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
}

test('texts stand by what they are, polls with their options, kinds that are new at the end', () => {
  const groups = grouped([
    text('option', 'Green'), text('zzz', 'Something new'), text('poll', 'Which?'), text('option', 'Green'), text('title', 'Tea'),
    text('announcement', 'Free shipping', { message: 'msg_1' }), text('pinned', 'Free shipping', { message: 'msg_1' }),
  ]);
  assert.deepEqual(groups.map(({ group, texts }) => [group, texts.map(({ source }) => source)]), [
    ['heading', ['Tea']], ['pinned', ['Free shipping']], ['announcements', ['Free shipping']], ['polls', ['Green', 'Which?']], ['other', ['Something new']],
  ]);
});

test('a line of chat is known by its message, whatever else says the same', () => {
  const texts = [text('title', 'Tea'), text('pinned', 'Tea', { message: 'msg_1' }), text('option', 'Tea')];
  const after = changed(texts, [{ source: 'Tea', message: null, locale: 'th', made: made('ชา', true) }]);
  assert.deepEqual(after.map(({ translations }) => translations.th?.text), ['ชา', undefined, 'ชา']);
  assert.deepEqual(changed(after, [{ source: 'Tea', message: null, locale: 'th', made: null }]), texts);
  assert.notEqual(keyOf({ source: 'msg_1', message: null }), keyOf({ source: '', message: 'msg_1' }));
});

test('what is written in a language needs no translation into it, unless somebody wrote one', () => {
  const texts = [text('title', 'Tea'), text('title', 'Tea'), text('poll', 'Which?', { translations: { th: made('ตัวไหน') } }), text('draw', 'ถ้วย', { original: 'th' }), text('question', '+1', { original: null })];
  const { all, done, missing } = progressOf(texts, 'th');
  assert.deepEqual([all, done, missing.map(({ source }) => source)], [3, 1, ['Tea', '+1']]);
  assert.equal(isItself(texts[3], 'th'), true);
  assert.equal(isItself({ ...texts[3], translations: { th: made('แก้ว', true) } }, 'th'), false);
});

test('a field is as high as what stands in it, and no higher than the screen', () => {
  assert.equal(rowsFor('Tea', ''), 1);
  assert.equal(rowsFor('a'.repeat(80), ''), 3);
  assert.equal(rowsFor('one\n\ntwo'), 3);
  assert.equal(rowsFor('x\n'.repeat(40)), 8);
  assert.deepEqual(['ar', 'th', 'en'].map(directionOf), ['rtl', 'ltr', 'ltr']);
});

test('what is typed and not saved outlives the page, for texts that are still said', () => {
  const store = storage();
  const first = new Unsaved('/rooms/r', store);
  first.put('th', text('title', 'Tea'), 'ชา');
  first.put('th', text('poll', 'Which?'), '');
  first.put('ar', text('pinned', 'Tea', { message: 'msg_1' }), 'شاي');
  const second = new Unsaved('/rooms/r', store);
  assert.equal(second.of('th', text('option', 'Tea')), 'ชา');
  assert.equal(second.of('th', text('poll', 'Which?')), '', 'words that were wiped out are a change as well');
  assert.equal(second.of('ar', text('title', 'Tea')), undefined);
  assert.equal(new Unsaved('/rooms/other', store).words.size, 0);
  second.weed([text('title', 'Tea')]);
  assert.deepEqual([...new Unsaved('/rooms/r', store).words.values()], ['ชา']);
  second.put('th', text('title', 'Tea'), undefined);
  assert.equal(store.kept.size, 0);
});

test('a room or a shop is asked by what a text says, and by the message for lines', async () => {
  const asked = answering({ items: [text('title', 'Tea')], next: '200' }, { items: [text('poll', 'Which?')], next: null }, text('title', 'Tea', { translations: { th: made('ชา', true), ar: made('شاي') } }), text('pinned', 'Tea', { message: 'msg_1' }));
  const wording = wordingOf('/rooms/r');
  assert.deepEqual(await wording.list(), { texts: [text('title', 'Tea'), text('poll', 'Which?')], isAll: true });
  assert.deepEqual(await wording.write(text('title', 'Tea'), 'th', 'ชา'), [{ source: 'Tea', message: null, locale: 'th', made: made('ชา', true) }]);
  assert.deepEqual(await wording.draft(text('pinned', 'Tea', { message: 'msg_1' }), 'th'), [{ source: 'Tea', message: 'msg_1', locale: 'th', made: null }]);
  assert.deepEqual(asked, [
    ['GET', '/api/v1/rooms/r/translations', undefined],
    ['GET', '/api/v1/rooms/r/translations?after=200', undefined],
    ['PUT', '/api/v1/rooms/r/translations/th', { source: 'Tea', text: 'ชา' }],
    ['POST', '/api/v1/rooms/r/translations/th', { message: 'msg_1' }],
  ]);
});

test('a list without an end is cut, and says so', async () => {
  const page = { items: Array.from({ length: 500 }, (_, n) => text('question', `${n}`)), next: 'more' };
  answering(page, page);
  const { texts, isAll } = await wordingOf('/rooms/r').list();
  assert.deepEqual([texts.length, isAll], [MAX_TEXTS, false]);
});

test('drafts wait where the server is asked too fast, for as long as it says, until somebody stops them', async () => {
  const fast = (retryAfterS) => Object.assign(new Error('fast'), { code: 'rate_limited', retryAfterS });
  const refusals = [fast(3), fast(0)];
  const waited = [];
  const act = async () => {
    if (refusals.length) throw refusals.shift();
    return 'made';
  };
  assert.equal(await patiently(act, () => false, async (ms) => waited.push(ms)), 'made');
  assert.deepEqual(waited, [3000, 1000]);
  refusals.push(fast(1));
  let isStopped = false;
  assert.equal(await patiently(act, () => isStopped, async () => (isStopped = true)), null);
  refusals.push(Object.assign(new Error('none'), { code: 'text_not_translated' }));
  await assert.rejects(patiently(act, () => false, async () => assert.fail('waited')), /none/);
});

test('a product is two texts of the same sheet', async () => {
  const product = { id: 'p', title: ' Green tea', description: '' };
  const item = (locale, title, more = {}) => ({ locale, original: false, title, description: null, ...more });
  const asked = answering({ items: [item('en', null, { original: true }), item('th', made('ชาเขียว'))] }, item('th', made('ชา', true)));
  const wording = wordingOfProduct(product);
  const { texts: [only, ...none] } = await wording.list();
  assert.deepEqual(none, []);
  assert.deepEqual(only, { kind: 'name', source: 'Green tea', original: 'en', message: null, translations: { th: made('ชาเขียว') } });
  assert.deepEqual(await wording.write(only, 'th', 'ชา'), [{ source: 'Green tea', message: null, locale: 'th', made: made('ชา', true) }]);
  assert.deepEqual(asked[1], ['PUT', '/api/v1/products/p/translations/th', { title: 'ชา' }]);
});
