/** The list of a shop's orders: pages by cursor, kept fresh, changed in place. */

import { useCallback, useEffect, useState } from 'preact/hooks';
import { useLoad, useWhileVisible } from '../../components/use-load.js';
import { announce } from '../../lib/announce.js';
import { api } from '../../lib/api.js';
import { tn } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').Order} Order */
/** @typedef {{ items: Order[], next: string | null }} Page */

const FRESH_EVERY_MS = 10_000;

/** @param {string} storeId @param {Record<string, string>} filter */
export function useOrderList(storeId, filter) {
  const path = listPath(storeId, filter);
  const { data, error, isLoading, reload, set } = useLoad((signal) => /** @type {Promise<Page>} */ (api.get(path, { signal })), [path]);
  const [isMore, setMore] = useState(false);
  const [moreError, setMoreError] = useState(/** @type {unknown} */ (null));
  useEffect(() => setMoreError(null), [path]);

  const more = useCallback(async () => {
    if (!data?.next) return;
    setMore(true);
    setMoreError(null);
    try {
      const page = await api.get(`${path}${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(data.next)}`);
      set((/** @type {Page | null} */ list) => ({ items: unique([...(list?.items ?? []), ...page.items]), next: page.next }));
    } catch (problem) {
      setMoreError(problem);
    }
    setMore(false);
  }, [data?.next, path]);

  const put = useCallback((/** @type {Order} */ order) => set((/** @type {Page | null} */ list) => ({ next: null, ...list, items: (list?.items ?? []).map((other) => (other.id === order.id ? order : other)) })), []);

  useWhileVisible(async () => {
    if (!data || isLoading) return;
    /** @type {Page | null} */
    const page = await api.get(path).catch(() => null); // the next round tries again
    if (!page) return;
    const known = new Set(data.items.map((order) => order.id));
    const added = page.items.filter((order) => !known.has(order.id)).length;
    if (added) announce(tn('{n} new order', '{n} new orders', added));
    set((/** @type {Page | null} */ list) => refreshed(list, page));
  }, FRESH_EVERY_MS);

  return { orders: data?.items ?? null, hasMore: Boolean(data?.next), error, reload, more, isMore, moreError, put };
}

/** What is filtered by, as a query. @param {Record<string, string>} filter */
export const listQuery = (filter) => new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();

/** @param {string} storeId @param {Record<string, string>} filter */
function listPath(storeId, filter) {
  const query = listQuery(filter);
  return `/stores/${storeId}/orders${query ? `?${query}` : ''}`;
}

/**
 * The newest page replaces its stretch of the list: what left the filter goes, what lies further back stays.
 *
 * @param {Page | null} list
 * @param {Page} page
 * @returns {Page}
 */
export function refreshed(list, page) {
  if (!list || !page.next) return page;
  const oldest = page.items[page.items.length - 1].placed_at;
  return { items: unique([...page.items, ...list.items.filter((order) => order.placed_at < oldest)]), next: list.items.length > page.items.length ? list.next : page.next };
}

/** @param {Order[]} orders */
const unique = (orders) => [...new Map(orders.map((order) => [order.id, order])).values()];
