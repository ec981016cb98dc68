import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WordsState } from '../lib/words-state.js';

/** A connection that says what it is told to. */
function connection() {
  /** @type {Map<string, (payload: any) => void>} */
  const heard = new Map();
  return { on: (/** @type {string} */ name, /** @type {any} */ act) => heard.set(name, act), say: (/** @type {string} */ name, /** @type {any} */ payload) => heard.get(name)?.(payload) };
}

const item = (/** @type {string} */ source, /** @type {string} */ text) => ({ source, text, engine: 'e', edited: false });

test('texts are known by what they are of', () => {
  const wire = connection();
  const words = new WordsState(/** @type {any} */ (wire));
  words.install({ texts: [item('Green tea', 'té verde')], translation: { spent: false, resets_at: null } });
  assert.equal(words.plain('Green tea'), 'té verde');
  assert.equal(words.plain('Black tea'), 'Black tea');
  wire.say('text:translations', { locale: 'es', items: [item('Green tea', 'Té Verde'), item('Chai', 'Chai')] });
  assert.equal(words.plain('Green tea'), 'Té Verde');
  assert.equal(words.of('Chai'), undefined, 'the same in both languages is no translation');
  words.install({});
  assert.equal(words.of('Green tea'), undefined);
});

test('what is used up is told with its end', () => {
  const wire = connection();
  const words = new WordsState(/** @type {any} */ (wire));
  wire.say('translation:state', { spent: true, resets_at: '2026-02-01T00:00:00Z' });
  assert.equal(words.spentUntil.value, '2026-02-01T00:00:00Z');
  words.install({ translation: { spent: false, resets_at: null } });
  assert.equal(words.spentUntil.value, null);
});
