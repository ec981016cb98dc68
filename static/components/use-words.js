import { api } from '../lib/api.js';
import { locale } from '../lib/i18n.js';
import { Words } from '../lib/words-state.js';
import { useLoad } from './use-load.js';

/** @typedef {import('../lib/words-state.js').Translated} Translated */
/** @typedef {{ order: string, texts: Translated[] }} OfOrder */

/** What the shop says in my language, once it is here; an order does not wait for it. @param {string} order its id @param {number} [answers] how many answers of the shop there are to read */
export function useOrderWords(order, answers = 0) {
  return useTexts(`/orders/${encodeURIComponent(order)}/texts`, (items) => new Words(items), answers);
}

/**
 * The same of a page of my orders, by order: two shops may have different words for the same.
 *
 * @param {string} after the cursor that the page began after
 */
export function useOrdersWords(after) {
  return useTexts(
    `/orders/texts?after=${encodeURIComponent(after)}`,
    (/** @type {OfOrder[]} */ items) => new Map(items.map(({ order, texts }) => [order, new Words(texts)])),
  );
}

/**
 * @template T
 * @param {string} path
 * @param {(items: any[]) => T} read
 * @param {number} [version] another number asks again
 * @returns {T | undefined} nothing in a language that was left meanwhile
 */
function useTexts(path, read, version = 0) {
  const tag = locale();
  const asked = `${path}${path.includes('?') ? '&' : '?'}locale=${tag}`;
  const { data } = useLoad(async (signal) => ({ tag, found: read((await api.get(asked, { signal })).items) }), [asked, version]);
  return data?.tag === tag ? data.found : undefined;
}
