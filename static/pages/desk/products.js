import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { Picture } from '../../components/picture.js';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { toast } from '../../components/toast.js';
import { useLoad } from '../../components/use-load.js';
import { listAll } from '../../lib/api.js';
import { stockWords } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { CategoriesDialog } from './categories-dialog.js';
import { categoryPaths } from './category-paths.js';
import { ImportDialog } from './import-dialog.js';
import { ProductEditor } from './product-editor.js';
import { useProductList } from './product-list.js';
import { SearchField } from './search-field.js';

/** @typedef {import('../../lib/types.js').Product} Product */
/** @typedef {import('../../lib/types.js').Category} Category */

/** @param {{ store: import('../../lib/types.js').Store }} props */
export function Products({ store }) {
  const [filter, setFilter] = useState({ query: '', category: '', low: false });
  const list = useProductList(store.id, filter);
  const categories = useLoad(() => /** @type {Promise<Category[]>} */ (listAll(`/stores/${store.id}/categories`)), [store.id]);
  const [open, setOpen] = useState(/** @type {Product | 'new' | null} */ (null));
  const [dialog, setDialog] = useState(/** @type {'import' | 'categories' | ''} */ (''));
  const known = categories.data ?? [];
  const isFiltered = Boolean(filter.query || filter.category || filter.low);

  const drop = (/** @type {Product} */ product) => {
    list.drop(product);
    setOpen(null);
    toast(t('{title} is archived.', { title: product.title }), { kind: 'good' });
  };
  const layers = html`
    ${open && html`<${ProductEditor} store=${store} product=${open === 'new' ? null : open} categories=${known} onClose=${() => setOpen(null)} onArchived=${drop} onStock=${list.put}
      onSaved=${(/** @type {Product} */ product) => (list.put(product), toast(t('Saved'), { kind: 'good' }))} />`}
    ${dialog === 'import' && html`<${ImportDialog} store=${store} onClose=${() => setDialog('')} onDone=${() => (list.reload(), categories.reload())} />`}
    ${dialog === 'categories' && html`<${CategoriesDialog} store=${store.id} categories=${known} onClose=${() => setDialog('')} onChanged=${() => (categories.reload(), list.reload())} />`}`;

  if (list.error && !list.products) return html`<${ErrorState} error=${list.error} onRetry=${list.reload} />`;
  if (!list.products) return html`<${ListSkeleton} />`;
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setOpen('new')}>${t('Add a product')}<//>`;
  const take = html`<${Button} onClick=${() => setDialog('import')}>${t('From a file')}<//>`;
  if (!list.products.length && !isFiltered) {
    return html`<${EmptyState} icon="bag" title=${t('Put your first product in')} action=${html`<div class="row row-wrap">${add}${take}</div>`}>
      ${t('A photo, a name, a price and how many you have. Then you can offer it in a show.')}
    <//>${layers}`;
  }
  return html`<div class="desk-tools">
      <${SearchField} label=${t('Search products')} value=${filter.query} onInput=${(/** @type {string} */ query) => setFilter({ ...filter, query })} />
      ${add}
    </div>
    <div class="desk-catalogue-tools">
      ${known.length > 0 && html`<${FormField} label=${t('Category')} as="select" class="desk-filter" value=${filter.category} onInput=${(/** @type {string} */ category) => setFilter({ ...filter, category })}>
        <option value="">${t('All categories')}</option>
        ${categoryPaths(known).map(({ category, path }) => html`<option key=${category.id} value=${category.id}>${path.join(' › ')}</option>`)}
      <//>`}
      <${Button} aria-pressed=${filter.low ? 'true' : 'false'} kind=${filter.low ? 'primary' : 'secondary'} onClick=${() => setFilter({ ...filter, low: !filter.low })}>${t('Little left')}${list.low ? html` <span class="tab-count tabular">${list.low}</span>` : null}<//>
      <span class="grow" />
      <${Button} onClick=${() => setDialog('categories')}>${t('Categories')}<//>
      ${take}
      <${Button} icon="download" href=${`/api/v1/stores/${store.id}/products.csv`} download>${t('As a file')}<//>
    </div>
    <div class="desk-table desk-products" aria-busy=${list.isLoading ? 'true' : undefined}>
      <${DataTable} caption=${t('Products')} columns=${columns(setOpen)} rows=${list.products} keyOf=${(/** @type {Product} */ product) => product.id} onOpen=${setOpen}
        empty=${html`<p class="muted desk-none">${filter.query ? t('No product matches “{query}”.', { query: filter.query }) : t('Nothing was found')}</p>`} />
    </div>
    ${list.hasMore && html`<div class="desk-more"><${Button} busy=${list.isMore} onClick=${list.more}>${t('Load more')}<//></div>`}
    ${layers}`;
}

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
  const isLow = product.variants.some((variant) => variant.is_low);
  if (total > 5 && !isLow && product.variants.every((variant) => variant.stock > 0)) return html`<span class="small">${stockWords(total)}</span>`;
  return html`<${Badge} tone=${total ? 'warn' : 'bad'}>${stockWords(total)}${isLow && total > 5 ? ` · ${t('Little left')}` : ''}<//>`;
}

export const ListSkeleton = () => html`<div class="stack" aria-busy="true"><${Skeleton} class="desk-skeleton-tools" />
  ${[1, 2, 3, 4, 5].map((n) => html`<${Skeleton} key=${n} class="desk-skeleton-row" />`)}</div>`;
