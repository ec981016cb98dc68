/** What is typed into the product editor, over what the server has: kept in the browser until it is saved or thrown away. */

import { useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../../lib/api.js';
import { bodyOf, draftKey, draftOf, emptyDraft, keepDraft, loadDraft } from './product-draft.js';
import { patchOf, rebased, without } from './product-merge.js';

/** @typedef {import('../../lib/types.js').Product} Product */
/** @typedef {import('./product-draft.js').ProductDraft} ProductDraft */

/** Somebody else may save between our asking and our saving; more often than that it is told. */
const ATTEMPTS = 3;

/** Both changed the same: nothing was saved. */
export class Conflicting extends Error {}

/**
 * @param {import('../../lib/types.js').Store} store
 * @param {Product | null} product as the list has it
 * @param {(product: Product) => void} onFresh what the server has by now
 */
export function useProductDraft(store, product, onFresh) {
  const currency = store.currency ?? 'EUR';
  const key = draftKey(store.id, product?.id);
  const original = useMemo(() => (product ? draftOf(product) : emptyDraft()), [product]);
  const loaded = useMemo(() => loadDraft(key), []);
  const [state, setState] = useState(() => {
    if (!loaded || !product) return { draft: loaded ?? original, base: original, conflicts: {} };
    return { ...rebased(loaded, loaded.base ?? original, original, currency), base: original };
  });
  const [isKept, setKept] = useState(Boolean(loaded));
  const made = useRef(product); // a product of which a picture was refused is not made twice

  const put = (/** @type {Partial<typeof state>} */ part) => {
    const next = { ...state, ...part };
    setState(next);
    keepDraft(key, { ...next.draft, ...(product && { base: next.base }) });
    return next;
  };

  const path = (/** @type {string} */ at) => /^variants\[(\d+)\]\.(\w+)$/.exec(at);
  return {
    ...state,
    currency,
    isKept,
    made,
    change: (/** @type {Partial<ProductDraft>} */ part) => put({ draft: { ...state.draft, ...part } }),
    startOver: () => {
      keepDraft(key, null);
      setKept(false);
      setState({ draft: original, base: original, conflicts: {} });
    },
    forget: () => keepDraft(key, null),

    /** One conflict is decided. @param {string} at @param {boolean} isTheirs */
    settle: (at, isTheirs) => {
      const [, index, field] = path(at) ?? [];
      const theirs = /** @type {Record<string, string>} */ (state.conflicts)[at];
      const { draft } = state;
      const variants = draft.variants.map((variant, i) => (i === Number(index) ? { ...variant, [field]: theirs } : variant));
      put({ draft: !isTheirs ? draft : index === undefined ? { ...draft, [at]: theirs } : { ...draft, variants }, conflicts: without(state.conflicts, at) });
    },

    /** What was booked is saved already: the form shows it, and only that. @param {import('../../lib/types.js').StockLevel} level */
    takeLevel: (level) => {
      const known = /** @type {Product} */ (made.current);
      made.current = { ...known, variants: known.variants.map((variant) => (variant.sku === level.sku ? { ...variant, stock: level.stock, low_stock: level.low_stock, is_low: level.is_low } : variant)) };
      const booked = (/** @type {ProductDraft} */ of) => ({ ...of, variants: of.variants.map((variant) => (variant.sku === level.sku ? { ...variant, stock: String(level.stock) } : variant)) });
      setState((before) => ({ ...before, draft: booked(before.draft), base: booked(before.base) }));
      onFresh(made.current);
    },

    /**
     * Save what was changed. Where somebody else changed something else meanwhile, both stay.
     *
     * @returns {Promise<Product>}
     * @throws {Conflicting} both changed the same: it is shown, nothing is lost
     */
    save: async () => {
      let { draft, base } = state;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const saved = /** @type {Product} */ (
            made.current ? await api.patch(`/products/${made.current.id}`, patchOf(draft, base, currency)) : await api.post(`/stores/${store.id}/products`, bodyOf(draft, currency))
          );
          made.current = saved;
          keepDraft(key, null);
          // what was new has a number by now: saving again must not make it twice
          setState({ draft: draftOf(saved), base: draftOf(saved), conflicts: {} });
          return saved;
        } catch (error) {
          const { code, document } = /** @type {{ code?: string, document?: { product?: Product } }} */ (error);
          if (code !== 'product_changed' || !document?.product) throw error;
          made.current = document.product;
          onFresh(document.product);
          const now = draftOf(document.product);
          const merged = rebased(draft, base, now, currency);
          put({ ...merged, base: now });
          if (Object.keys(merged.conflicts).length || attempt === ATTEMPTS) throw new Conflicting();
          ({ draft } = merged);
          base = now;
        }
      }
    },
  };
}
