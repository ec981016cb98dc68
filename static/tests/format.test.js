import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCompact, formatDateTime, formatDay, formatNumber, languageName, timesOf } from '../lib/format.js';
import { loadCatalogue, tn } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';

/** Spaces of CLDR that do not break, and marks of direction, as what they look like. @param {string} text */
const plain = (text) => text.replace(/[\u00a0\u202f\u2009]/g, ' ').replace(/[\u061c\u200e\u200f]/g, '');

/** In another language, with sentences of the interface where a test needs them. @param {string} locale @param {Record<string, any>} messages */
async function speak(locale, messages = {}) {
  const page = /** @type {any} */ (globalThis);
  page.document = { documentElement: {} };
  page.fetch = async () => ({ ok: true, json: async () => ({ locale, dir: locale === 'ar' ? 'rtl' : 'ltr', messages }) });
  await loadCatalogue(locale);
}

test('numbers are grouped and pointed as each language does', async () => {
  const told = /** @type {Record<string, string>} */ ({});
  for (const tag of ['en', 'es', 'fr', 'id', 'ru', 'tr', 'vi', 'th', 'zh', 'ja']) {
    await speak(tag);
    told[tag] = plain(formatNumber(1234567.5));
  }
  assert.deepEqual(told, {
    en: '1,234,567.5', es: '1.234.567,5', fr: '1 234 567,5', id: '1.234.567,5', ru: '1 234 567,5', tr: '1.234.567,5',
    vi: '1.234.567,5', th: '1,234,567.5', zh: '1,234,567.5', ja: '1,234,567.5',
  });
  await speak('ja');
  assert.equal(formatCompact(12_400), '1.2万');
});

test('money has its digits by ISO 4217, and its sign where the language puts it', async () => {
  const told = /** @type {Record<string, string[]>} */ ({});
  const sums = [{ amount_minor: 123450, currency: 'EUR' }, { amount_minor: 1200, currency: 'JPY' }, { amount_minor: 1500, currency: 'KWD' }];
  for (const tag of ['en', 'fr', 'tr', 'vi', 'ru']) {
    await speak(tag);
    told[tag] = sums.map((sum) => plain(formatMoney(sum)));
  }
  assert.deepEqual(told, {
    en: ['€1,234.50', '¥1,200', 'KWD 1.500'],
    fr: ['1 234,50 €', '1 200 ¥', '1,500 KWD'],
    tr: ['€1.234,50', '¥1.200', 'KWD 1,500'],
    vi: ['1.234,50 €', '1.200 ¥', '1,500 KWD'],
    ru: ['1 234,50 €', '1 200 ¥', '1,500 KWD'],
  });
});

test('dates and times go by the language, times of a place by its clock', async () => {
  const at = '2026-03-01T12:05:00Z';
  const slot = { starts_at: '2026-03-01T12:00:00Z', ends_at: '2026-03-01T13:00:00Z' };
  await speak('fr');
  assert.match(plain(formatDateTime(at)), /^dim\. 1 mars/);
  assert.equal(plain(timesOf(slot, { time_zone: 'Asia/Bangkok' })).replaceAll(' ', ''), '19:00–20:00');
  await speak('ja');
  assert.match(formatDateTime(at), /^3月1日\(日\)/);
  const now = Date.parse(at);
  const days = /** @type {string[]} */ ([]);
  for (const tag of ['en', 'es', 'tr']) {
    await speak(tag);
    days.push(formatDay('2026-03-02T12:05:00Z', now));
  }
  assert.deepEqual(days, ['tomorrow', 'mañana', 'yarın']);
  assert.equal(languageName('th'), 'Tayca');
});

test('counts take the form that the language has for them', async () => {
  await speak('ru', { '{n} left': { one: 'остался {n}', few: 'осталось {n}', many: 'осталось {n} штук', other: 'осталось {n}' } });
  assert.deepEqual([1, 3, 5, 21].map((n) => tn('{n} left', '{n} left', n)), ['остался 1', 'осталось 3', 'осталось 5 штук', 'остался 21']);
  await speak('ar', { '{n} left': { zero: 'لا شيء', one: 'واحدة', two: 'اثنتان', few: '{n} قطع', many: '{n} قطعة', other: '{n} قطعة' } });
  assert.deepEqual([0, 1, 2].map((n) => tn('{n} left', '{n} left', n)), ['لا شيء', 'واحدة', 'اثنتان']);
  assert.match(tn('{n} left', '{n} left', 4), /قطع$/);
  await speak('en');
});
