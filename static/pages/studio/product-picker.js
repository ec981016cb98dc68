import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Sheet } from '../../components/dialog.js';
import { Icon } from '../../components/icon.js';
import { Picture } from '../../components/picture.js';
import { refusalText } from '../../components/refusal.js';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api, listAll, Problem } from '../../lib/api.js';
import { stockWords } from '../../lib/format.js';
import { locale, t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { SearchField } from '../desk/search-field.js';

/** @typedef {import('../../lib/types.js').Product} Product */
/** @typedef {import('../../lib/types.js').Variant} Variant */

/**
 * The shop's articles; one press puts one into the show with its price and all its stock, to be changed in the run sheet.
 *
 * @param {{ session: import('./session.js').StudioSession, storeId: string, onClose: () => void }} props
 */
export function ProductPicker({ session, storeId, onClose }) {
  const { data, error, reload } = useLoad(() => /** @type {Promise<Product[]>} */ (listAll(`/stores/${storeId}/products`)), [storeId]);
  const [query, setQuery] = useState('');
  const offered = new Set(session.state.offers.value.map((offer) => offer.sku));
  const wanted = query.trim().toLocaleLowerCase(locale());
  const articles = (data ?? [])
    .flatMap((product) => product.variants.map((variant) => ({ product, variant })))
    .filter(({ product, variant }) => `${product.title} ${variant.title} ${variant.sku}`.toLocaleLowerCase(locale()).includes(wanted));

  return html`<${Sheet} title=${t('Add products')} onClose=${onClose} class="desk-sheet" footer=${html`<${Button} kind="primary" wide onClick=${onClose}>${t('Done')}<//>`}>
    <div class="stack">
      ${data && data.length > 5 && html`<${SearchField} label=${t('Search products')} value=${query} onInput=${setQuery} />`}
      ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
      ${!data && !error && html`<div class="stack">${[1, 2, 3].map((n) => html`<${Skeleton} key=${n} class="studio-skeleton" />`)}</div>`}
      ${data && !data.length && html`<${EmptyState} icon="bag" title=${t('Your shop has no products yet')} action=${html`<${Button} kind="primary" href="/desk#products">${t('Put products in')}<//>`}>
        ${t('Put one in with a photo and a price; then come back here.')}<//>`}
      <ul class="article-list">
        ${articles.map(({ product, variant }) => html`<${Article} key=${variant.sku} session=${session} product=${product} variant=${variant} isOffered=${offered.has(variant.sku)} />`)}
      </ul>
    </div>
  <//>`;
}

/**
 * Offer what there is: all of the stock, or what other shows have left of it.
 *
 * @param {string} room
 * @param {Variant} variant
 * @returns {Promise<import('../../lib/types.js').Offer>}
 */
async function offerAll(room, { sku, stock }) {
  try {
    return await api.post(`/rooms/${room}/offers`, { sku, quantity: stock });
  } catch (error) {
    const free = error instanceof Problem && error.code === 'stock_short' ? Number(error.document.free) : 0;
    if (!(free > 0)) throw error;
    return api.post(`/rooms/${room}/offers`, { sku, quantity: free });
  }
}

/** @param {{ session: import('./session.js').StudioSession, product: Product, variant: Variant, isOffered: boolean }} props */
function Article({ session, product, variant, isOffered }) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const add = async () => {
    setBusy(true);
    setProblem('');
    try {
      session.state.putOffer(await offerAll(session.id, variant));
    } catch (error) {
      setProblem(refusalText(error));
    }
    setBusy(false);
  };
  return html`<li class="article">
    <${Picture} picture=${product.picture} size="s" />
    <span class="grow"><bdi class="strong">${product.title}</bdi>
      <span class="muted small">${variant.title && html`<bdi>${variant.title}</bdi> · `}<bdi>${formatMoney(variant.price)}</bdi> · ${stockWords(variant.stock)}</span>
      ${problem && html`<span class="field-error" role="alert">${problem}</span>`}
    </span>
    ${isOffered
      ? html`<span class="article-in"><${Icon} name="check" size=${20} />${t('In the show')}</span>`
      : html`<${Button} size="s" icon="plus" busy=${isBusy} disabled=${variant.stock < 1} aria-label=${t('Add {title}', { title: `${product.title} ${variant.title}` })} onClick=${add}>${t('Add')}<//>`}
  </li>`;
}
