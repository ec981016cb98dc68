import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { Picture } from '../../components/picture.js';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { toast } from '../../components/toast.js';
import { useLoad } from '../../components/use-load.js';
import { listAll } from '../../lib/api.js';
import { stockWords } from '../../lib/format.js';
import { locale, t, tn } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { ProductEditor } from './product-editor.js';
import { SearchField } from './search-field.js';

/** @typedef {import('../../lib/types.js').Product} Product */

/** @param {{ store: import('../../lib/types.js').Store }} props */
export function Products({ store }) {
  const { data, error, reload, set } = useLoad((signal) => loadProducts(store.id, signal), [store.id]);
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState(/** @type {Product | 'new' | null} */ (null));

  const put = (/** @type {Product} */ product) =>
    set((/** @type {Product[] | null} */ list) => (list?.some((other) => other.id === product.id) ? list.map((other) => (other.id === product.id ? product : other)) : [product, ...(list ?? [])]));
  const drop = (/** @type {Product} */ product) => {
    set((/** @type {Product[] | null} */ list) => (list ?? []).filter((other) => other.id !== product.id));
    setOpen(null);
    toast(t('{title} is archived.', { title: product.title }), { kind: 'good' });
  };
  const editor = open && html`<${ProductEditor} store=${store} product=${open === 'new' ? null : open} onClose=${() => setOpen(null)} onArchived=${drop}
    onSaved=${(/** @type {Product} */ product) => (put(product), toast(t('Saved'), { kind: 'good' }))} />`;

  if (error && !data) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${ListSkeleton} />`;
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setOpen('new')}>${t('Add a product')}<//>`;
  if (!data.length) {
    return html`<${EmptyState} icon="bag" title=${t('Put your first product in')} action=${add}>
      ${t('A photo, a name, a price and how many you have. Then you can offer it in a show.')}
    <//>${editor}`;
  }
  const found = search(data, query);
  return html`<div class="desk-tools">
      <${SearchField} label=${t('Search products')} value=${query} onInput=${setQuery} />
      ${add}
    </div>
    <div class="desk-table desk-products">
      <${DataTable} caption=${t('Products')} columns=${columns(setOpen)} rows=${found} keyOf=${(/** @type {Product} */ product) => product.id} onOpen=${setOpen}
        empty=${html`<p class="muted desk-none">${t('No product matches “{query}”.', { query })}</p>`} />
    </div>
    ${editor}`;
}

/** @param {string} storeId @param {AbortSignal} _signal @returns {Promise<Product[]>} */
const loadProducts = (storeId, _signal) => listAll(`/stores/${storeId}/products`);

/** @param {(product: Product) => void} open */
const columns = (open) => [
  {
    id: 'product',
    title: t('Product'),
    cell: (/** @type {Product} */ product) => html`<button type="button" class="desk-row-open" onClick=${(/** @type {Event} */ event) => (event.stopPropagation(), open(product))}>
      <${Picture} picture=${product.picture} size="s" />
      <span><bdi class="desk-row-title">${product.title}</bdi><span class="muted small">${variantWords(product)}</span></span>
    </button>`,
  },
  { id: 'price', title: t('Price'), numeric: true, cell: (/** @type {Product} */ product) => html`<bdi>${priceRange(product)}</bdi>` },
  { id: 'stock', title: t('In stock'), numeric: true, cell: (/** @type {Product} */ product) => html`<${Stock} product=${product} />` },
];

/** @param {Product} product */
function variantWords(product) {
  if (product.variants.length === 1) return html`<bdi dir="ltr">${product.variants[0].sku}</bdi>`;
  return tn('{n} variant', '{n} variants', product.variants.length);
}

/** @param {Product} product */
function priceRange(product) {
  const amounts = product.variants.map((variant) => variant.price.amount_minor);
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const { currency } = product.variants[0].price;
  const from = formatMoney({ amount_minor: low, currency });
  return low === high ? from : t('{low} – {high}', { low: from, high: formatMoney({ amount_minor: high, currency }) });
}

/** @param {{ product: Product }} props */
function Stock({ product }) {
  const total = product.variants.reduce((sum, variant) => sum + variant.stock, 0);
  if (total > 5 && product.variants.every((variant) => variant.stock > 0)) return html`<span class="small">${stockWords(total)}</span>`;
  return html`<${Badge} tone=${total ? 'warn' : 'bad'}>${stockWords(total)}<//>`;
}

/** @param {Product[]} products @param {string} query */
function search(products, query) {
  const words = query.toLocaleLowerCase(locale()).split(/\s+/).filter(Boolean);
  return products.filter((product) => {
    const text = [product.title, product.description, ...product.variants.flatMap((variant) => [variant.sku, variant.title])].join(' ').toLocaleLowerCase(locale());
    return words.every((word) => text.includes(word));
  });
}

export const ListSkeleton = () => html`<div class="stack" aria-busy="true"><${Skeleton} class="desk-skeleton-tools" />
  ${[1, 2, 3, 4, 5].map((n) => html`<${Skeleton} key=${n} class="desk-skeleton-row" />`)}</div>`;
