import { api } from '../lib/api.js';
import { locale } from '../lib/i18n.js';
import { Words } from '../lib/words-state.js';
import { useLoad } from './use-load.js';

/** @typedef {import('../lib/words-state.js').Translated} Translated */
/** @typedef {{ order: string, texts: Translated[] }} OfOrder */

/** Titles in my language, once they are here; an order does not wait for them. @param {string} order its id */
export function useOrderWords(order) {
  return useTexts(`/orders/${encodeURIComponent(order)}/texts`, (items) => new Words(items));
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
 * @returns {T | undefined} nothing in a language that was left meanwhile
 */
function useTexts(path, read) {
  const tag = locale();
  const asked = `${path}${path.includes('?') ? '&' : '?'}locale=${tag}`;
  const { data } = useLoad(async (signal) => ({ tag, found: read((await api.get(asked, { signal })).items) }), [asked]);
  return data?.tag === tag ? data.found : undefined;
}
