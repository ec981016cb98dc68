/** The list of a shop's products: found by the server, in pages, changed in place. */

import { useCallback, useEffect, useState } from 'preact/hooks';
import { toast } from '../../components/toast.js';
import { refusalText } from '../../components/refusal.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';

/** @typedef {import('../../lib/types.js').Product} Product */
/** @typedef {{ items: Product[], next: string | null }} Page */

const WAIT_MS = 250;
const PAGE = 100;

/** @param {string} storeId @param {{ query: string, category: string, low: boolean }} filter */
export function useProductList(storeId, filter) {
  const query = useSettled(filter.query.trim(), WAIT_MS);
  const asked = new URLSearchParams({ limit: String(PAGE), ...(query && { q: query }), ...(filter.category && { category: filter.category }), ...(filter.low && { low: '1' }) });
  const path = `/stores/${storeId}/products?${asked}`;
  const { data, error, isLoading, reload, set } = useLoad((signal) => /** @type {Promise<Page>} */ (api.get(path, { signal })), [path]);
  const low = useLoad(async () => /** @type {unknown[]} */ ((await api.get(`/stores/${storeId}/stock?low=1&limit=99`)).items).length, [storeId]);
  const [isMore, setMore] = useState(false);

  const more = useCallback(async () => {
    if (!data?.next) return;
    setMore(true);
    try {
      const page = /** @type {Page} */ (await api.get(`${path}&after=${encodeURIComponent(data.next)}`));
      set((/** @type {Page | null} */ list) => ({ items: [...(list?.items ?? []), ...page.items], next: page.next }));
    } catch (refused) {
      toast(refusalText(refused), { kind: 'bad' });
    }
    setMore(false);
  }, [data?.next, path]);
  const put = (/** @type {Product} */ product) => {
    set((/** @type {Page | null} */ list) => {
      const items = list?.items ?? [];
      const isKnown = items.some((other) => other.id === product.id);
      return { next: list?.next ?? null, items: isKnown ? items.map((other) => (other.id === product.id ? product : other)) : [product, ...items] };
    });
    low.reload();
  };
  const drop = (/** @type {Product} */ product) => set((/** @type {Page | null} */ list) => ({ next: list?.next ?? null, items: (list?.items ?? []).filter((other) => other.id !== product.id) }));

  return { products: data?.items ?? null, hasMore: Boolean(data?.next), error, isLoading, reload, more, isMore, put, drop, low: low.data ?? 0 };
}

/** What is typed, once nothing more is for a moment: each letter would ask the server. @param {string} text @param {number} waitMs */
function useSettled(text, waitMs) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), waitMs);
    return () => clearTimeout(timer);
  }, [text, waitMs]);
  return settled;
}
