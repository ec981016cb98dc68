/** What a room or a shop says, in other languages: the texts, what stands for each, and who wrote it. No DOM. */

import { api } from './api.js';

/** @typedef {{ text: string, engine: string, edited: boolean }} Made what stands for a text in a language; `edited`: a person wrote it */
/** @typedef {{ kind: string, source: string, original: string | null, message: string | null, translations: Record<string, Made> }} TextOf */
/** @typedef {Pick<TextOf, 'source' | 'message'>} Spot which text: a line of chat by its message, all others by what they say */
/** @typedef {Spot & { locale: string, made: Made | null }} Change what stands for a text in one language now */
/** @typedef {{ texts: TextOf[], isAll: boolean }} Listed */
/**
 * Where texts come from, and what becomes of them.
 *
 * @typedef {{ at: string, list: (signal?: AbortSignal) => Promise<Listed>, write: (text: TextOf, locale: string, words: string) => Promise<Change[]>,
 *   draft: (text: TextOf, locale: string) => Promise<Change[]> }} Wording `write` with no words: back to what an engine makes of it
 */

/** What a kind stands under, in the order of the sheet. A kind that is not here stands under `other`. */
const GROUPS = {
  heading: ['title', 'name', 'description'],
  pinned: ['pinned'],
  announcements: ['announcement'],
  polls: ['poll', 'option'],
  questions: ['question'],
  draws: ['draw'],
  variants: ['variant'],
  bundles: ['bundle'],
  donations: ['donation'],
  categories: ['category'],
  places: ['place', 'directions'],
  notes: ['note'],
};

/** @typedef {keyof typeof GROUPS | 'other'} Group */

/** @param {string} kind @returns {Group} */
const groupOf = (kind) => /** @type {Group} */ (Object.entries(GROUPS).find(([, kinds]) => kinds.includes(kind))?.[0] ?? 'other');

/** What a text is known by. @param {Spot} spot */
export const keyOf = ({ message, source }) => (message ? `line ${message}` : `text ${source}`);

/** More are not shown: rooms in which so much is asked are not worded text by text. */
export const MAX_TEXTS = 1000;

/** @param {string} at `/rooms/{id}` or `/stores/{id}` @returns {Wording} */
export function wordingOf(at) {
  const one = (/** @type {TextOf} */ { message, source }) => (message ? { message } : { source });
  const changeOf = (/** @type {TextOf} */ text, /** @type {string} */ locale, /** @type {TextOf} */ answer) => [
    { source: text.source, message: text.message, locale, made: answer.translations[locale] ?? null },
  ];
  return {
    at,
    list: async (signal) => {
      /** @type {TextOf[]} */
      const texts = [];
      let next = '';
      do {
        const page = await api.get(`${at}/translations${next && `?after=${encodeURIComponent(next)}`}`, { signal });
        texts.push(...page.items);
        next = page.next ?? '';
      } while (next && texts.length < MAX_TEXTS);
      return { texts, isAll: !next };
    },
    write: async (text, locale, words) => changeOf(text, locale, await api.put(`${at}/translations/${locale}`, { ...one(text), text: words })),
    draft: async (text, locale) => changeOf(text, locale, await api.post(`${at}/translations/${locale}`, one(text))),
  };
}

/** @typedef {{ locale: string, original: boolean, title: Made | null, description: Made | null }} ProductWords */

/** A product's name and description. @param {import('./types.js').Product} product @returns {Wording} */
export function wordingOfProduct(product) {
  const at = `/products/${product.id}/translations`;
  const fields = /** @type {const} */ (['title', 'description']).filter((field) => product[field].trim());
  const changesOf = (/** @type {ProductWords} */ answer) => fields.map((field) => ({ source: product[field].trim(), message: null, locale: answer.locale, made: answer[field] }));
  return {
    at: `/products/${product.id}`,
    list: async (signal) => {
      const items = /** @type {ProductWords[]} */ ((await api.get(at, { signal })).items);
      const original = items.find((item) => item.original)?.locale ?? null;
      const texts = fields.map((field) => ({
        kind: field === 'title' ? 'name' : field, source: product[field].trim(), original, message: null,
        translations: Object.fromEntries(items.flatMap((item) => (item[field] ? [[item.locale, item[field]]] : []))),
      }));
      return { texts, isAll: true };
    },
    write: async (text, locale, words) => changesOf(await api.put(`${at}/${locale}`, { [text.kind === 'name' ? 'title' : text.kind]: words })),
    draft: async (_, locale) => changesOf(await api.post(`${at}/${locale}`)),
  };
}

/** The texts with what has become of some. @param {TextOf[]} texts @param {Change[]} changes @returns {TextOf[]} */
export function changed(texts, changes) {
  return texts.map((text) => {
    const mine = changes.filter((change) => keyOf(change) === keyOf(text));
    if (!mine.length) return text;
    const translations = { ...text.translations };
    for (const { locale, made } of mine) {
      if (made) translations[locale] = made;
      else delete translations[locale];
    }
    return { ...text, translations };
  });
}

/** The texts by what they are, each once in its group. @param {TextOf[]} texts @returns {{ group: Group, texts: TextOf[] }[]} */
export function grouped(texts) {
  return [.../** @type {Group[]} */ (Object.keys(GROUPS)), /** @type {Group} */ ('other')]
    .map((group) => ({ group, texts: [...new Map(texts.filter(({ kind }) => groupOf(kind) === group).map((text) => [keyOf(text), text])).values()] }))
    .filter(({ texts: found }) => found.length);
}

/** Texts that are in this language themselves need nothing, as far as that can be told. @param {TextOf} text @param {string} locale */
export const isItself = (text, locale) => text.original === locale && !text.translations[locale];

/**
 * How far a language is.
 *
 * @param {TextOf[]} texts
 * @param {string} locale
 */
export function progressOf(texts, locale) {
  const all = [...new Map(texts.map((text) => [keyOf(text), text])).values()].filter((text) => !isItself(text, locale));
  return { all: all.length, done: all.filter(({ translations }) => translations[locale]).length, missing: all.filter(({ translations }) => !translations[locale]) };
}

/** How many characters stand in a row of the narrowest field, about. */
const ROW_CHARS = 36;

/** Rows that hold these words, so that a field need not be scrolled. 1: a single line. @param {string[]} words */
export const rowsFor = (...words) => Math.min(8, Math.max(...words.map((text) => text.split('\n').reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / ROW_CHARS)), 0))));

/** Which way a language runs. @param {string} locale */
export const directionOf = (locale) => (locale === 'ar' ? 'rtl' : 'ltr');

/**
 * Again for as long as it is a little fast for the server.
 *
 * @template T
 * @param {() => Promise<T>} act
 * @param {() => boolean} isStopped
 * @param {(ms: number) => Promise<unknown>} [wait]
 * @returns {Promise<T | null>} null: it was stopped
 */
export async function patiently(act, isStopped, wait = (ms) => new Promise((done) => setTimeout(done, ms))) {
  while (!isStopped()) {
    try {
      return await act();
    } catch (error) {
      const { code, retryAfterS } = /** @type {import('./api.js').Problem} */ (error);
      if (code !== 'rate_limited') throw error;
      await wait(1000 * (retryAfterS || 1));
    }
  }
  return null;
}

/** Words that are typed and not saved, by language and text. They outlive the page for as long as its tab is open. */
export class Unsaved {
  /** @param {string} at @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} store */
  constructor(at, store) {
    this.name = `livehub.wording.${at}`;
    this.store = store;
    this.words = new Map(/** @type {[string, string][]} */ (JSON.parse(store.getItem(this.name) ?? '[]')));
  }

  /** @param {string} locale @param {Spot} spot */
  of(locale, spot) {
    return this.words.get(`${locale} ${keyOf(spot)}`);
  }

  /** @param {string} locale @param {Spot} spot @param {string | undefined} words undefined: nothing is typed any more */
  put(locale, spot, words) {
    if (words === undefined) this.words.delete(`${locale} ${keyOf(spot)}`);
    else this.words.set(`${locale} ${keyOf(spot)}`, words);
    this.keep();
  }

  /** Only those of texts that are still said. @param {TextOf[]} texts */
  weed(texts) {
    const known = new Set(texts.map(keyOf));
    for (const key of this.words.keys()) if (!known.has(key.slice(key.indexOf(' ') + 1))) this.words.delete(key);
    this.keep();
  }

  clear() {
    this.words.clear();
    this.keep();
  }

  keep() {
    if (this.words.size) this.store.setItem(this.name, JSON.stringify([...this.words]));
    else this.store.removeItem(this.name);
  }
}
