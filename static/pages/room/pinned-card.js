import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Said, SaidInShort } from '../../components/said.js';
import { Picture } from '../../components/picture.js';
import { t } from '../../lib/i18n.js';
import { seenWith } from '../../lib/claims.js';
import { BuyButton } from './buy-button.js';
import { ClaimButton, ClaimWords, PartWords } from './claim-view.js';
import { OfferFacts, OfferRing, TierWords } from './offer-facts.js';
import { PictureButton } from './product-sheet.js';
import { useAvailability } from './use-availability.js';

/**
 * What the host is showing, over the picture: one card, and beside it small pictures of what else is pinned.
 *
 * @param {{ session: import('./show-session.js').ShowSession, onBuy: (offer: string) => void }} props
 */
export function PinnedCard({ session, onBuy }) {
  const offers = session.state.pinned.value;
  const { words } = session.state;
  const [chosen, choose] = useState({ id: '', of: '' });
  const newest = offers[0]?.id ?? '';
  // whatever the host pins next is shown, until the viewer chooses again
  const offer = offers.find(({ id }) => id === chosen.id && chosen.of === newest) ?? offers[0];
  if (!offer) return null;
  return html`<div class="pins">
    ${offers.length > 1 &&
    html`<div class="pins-others" role="group" aria-label=${t('Shown now')}>
      ${offers.map(
        (other) => html`<button key=${other.id} type="button" class="pins-other" aria-pressed=${other.id === offer.id ? 'true' : 'false'} aria-label=${words.plain(other.title)} onClick=${() => choose({ id: other.id, of: newest })}>
          <${Picture} picture=${other.picture} size="s" />
        </button>`,
      )}
    </div>`}
    <${Card} key=${offer.id} session=${session} offer=${offer} onBuy=${onBuy} />
  </div>`;
}

/** @param {{ session: import('./show-session.js').ShowSession, offer: import('../../lib/types.js').Offer, onBuy: (offer: string) => void }} props */
function Card({ session, offer: known, onBuy }) {
  const offer = seenWith(known, session.claims.of(known.id));
  const state = useAvailability(offer);
  const isOpen = state === 'open';
  return html`<section class="pinned" aria-label=${t('Shown now')}>
    <${PictureButton} session=${session} offer=${offer} eager />
    <div class="pinned-text">
      <h2 class="pinned-title"><${SaidInShort} words=${session.state.words} text=${offer.title}>${offer.variant_title && html` <span class="pinned-variant"><${Said} words=${session.state.words} text=${offer.variant_title} withMark=${false} /></span>`}<//></h2>
      <${OfferFacts} offer=${offer} />
      <${PartWords} words=${session.state.words} parts=${offer.parts} />
      <${TierWords} offer=${offer} />
      <${ClaimWords} session=${session} offer=${offer} />
    </div>
    <div class="pinned-act">
      <${OfferRing} offer=${offer} isOpen=${isOpen} />
      <${BuyButton} words=${session.state.words} offer=${offer} onBuy=${onBuy} size="s" />
      ${(isOpen || state === 'sold_out') && html`<${ClaimButton} session=${session} offer=${offer} isSoldOut=${!isOpen} />`}
    </div>
  </section>`;
}
