import { html } from 'htm/preact';
import { Sheet } from '../../components/dialog.js';
import { Gallery } from '../../components/gallery.js';
import { Icon } from '../../components/icon.js';
import { Picture } from '../../components/picture.js';
import { Said, SaidAtLength } from '../../components/said.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { locale, t } from '../../lib/i18n.js';
import { BuyButton } from './buy-button.js';
import { PartWords } from './claim-view.js';
import { OfferFacts, TierWords } from './offer-facts.js';

/**
 * @typedef {import('../../lib/types.js').Offer} Offer
 * @typedef {{ description: string, pictures: import('../../lib/types.js').GalleryPicture[], texts?: import('../../lib/words-state.js').Translated[] }} Details
 */

/**
 * An offer's picture; pressed, it shows all pictures and what the shop says about the product.
 *
 * @param {{ session: import('./show-session.js').ShowSession, offer: Offer, eager?: boolean, canBuy?: boolean }} props
 */
export function PictureButton({ session, offer, eager, canBuy = true }) {
  if (offer.donation) return html`<${Picture} picture=${offer.picture} eager=${eager} />`;
  const label = t('Pictures and details: {title}', { title: session.state.words.plain(offer.title) });
  // whatever the host shows next, what was opened stays: it belongs to the page and not to the card
  return html`<button type="button" class="picture-button" aria-haspopup="dialog" aria-label=${label} onClick=${() => (session.looksAt.value = { offer, canBuy })}>
    <${Picture} picture=${offer.picture} eager=${eager} />
    <span class="picture-more"><${Icon} name="search" size=${13} /></span>
  </button>`;
}

/** What was opened by a picture. @param {{ session: import('./show-session.js').ShowSession, onBuy: (offer: string) => void }} props */
export function OpenProduct({ session, onBuy }) {
  const looked = session.looksAt.value;
  if (!looked) return null;
  const offer = session.state.offers.value.find(({ id }) => id === looked.offer.id) ?? looked.offer;
  return html`<${ProductSheet} key=${offer.id} session=${session} offer=${offer} onBuy=${looked.canBuy ? onBuy : undefined} onClose=${() => (session.looksAt.value = null)} />`;
}

/** @param {{ session: import('./show-session.js').ShowSession, offer: Offer, onBuy?: (offer: string) => void, onClose: () => void }} props */
function ProductSheet({ session, offer, onBuy, onClose }) {
  const { words } = session.state;
  const path = `/rooms/${session.connection.room}/offers/${offer.id}/product?locale=${locale()}`;
  const load = async (/** @type {AbortSignal} */ signal) => {
    const details = /** @type {Details} */ (await api.get(path, { signal }));
    words.put(details.texts ?? []);
    return details;
  };
  const { data, error, reload } = useLoad(load, [path]);
  const title = words.plain(offer.title);
  // what the card showed stands there at once, and stays where it is when the others come
  const pictures = data?.pictures ?? (offer.picture ? [offer.picture] : []);
  const buy = (/** @type {string} */ id) => {
    onClose();
    onBuy?.(id);
  };
  const footer = onBuy && html`<${BuyButton} words=${words} offer=${offer} onBuy=${buy} />`;
  return html`<${Sheet} title=${title} onClose=${onClose} class="product-sheet" footer=${footer}>
    ${pictures.length > 0 && html`<${Gallery} pictures=${pictures} title=${title} />`}
    <div class="product-facts">
      ${offer.variant_title && html`<p><${Said} words=${words} text=${offer.variant_title} /></p>`}
      <${OfferFacts} offer=${offer} />
      <${PartWords} words=${words} parts=${offer.parts} />
      <${TierWords} offer=${offer} />
    </div>
    ${error && !data
      ? html`<${ErrorState} error=${error} onRetry=${reload} />`
      : data
        ? data.description && html`<${SaidAtLength} words=${words} text=${data.description.trim()} class="product-words" />`
        : html`<${SkeletonText} lines=${3} />`}
  <//>`;
}
