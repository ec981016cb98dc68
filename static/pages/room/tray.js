import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { OrderBadge } from '../../components/badge.js';
import { Button, IconButton } from '../../components/button.js';
import { Sheet } from '../../components/dialog.js';
import { Icon } from '../../components/icon.js';
import { Picture } from '../../components/picture.js';
import { Said, SaidInShort } from '../../components/said.js';
import { EmptyState } from '../../components/states.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { seenWith } from '../../lib/claims.js';
import { Bag, putInBag } from './bag.js';
import { BuyButton } from './buy-button.js';
import { ClaimButton, ClaimCards, ClaimWords, PartWords } from './claim-view.js';
import { AuctionCards } from './auction-card.js';
import { CouponCards } from './coupon-view.js';
import { OfferFacts, OfferRing, TierWords } from './offer-facts.js';
import { trayOrder } from './offer-view.js';
import { PictureButton } from './product-sheet.js';
import { TrayFilter } from './tray-filter.js';
import { useAvailability } from './use-availability.js';

/** @typedef {import('./show-session.js').ShowSession} ShowSession */
/** @typedef {import('../../lib/types.js').Offer} Offer */

/** @param {{ session: ShowSession, offer: Offer, isPinned: boolean, onBuy: (offer: string) => void }} props */
function OfferRow({ session, offer: known, isPinned, onBuy }) {
  const offer = seenWith(known, session.claims.of(known.id));
  const state = useAvailability(offer);
  const isOpen = state === 'open';
  return html`<li class=${`offer-row ${isPinned ? 'is-pinned' : ''}`}>
    <${PictureButton} session=${session} offer=${offer} />
    <div class="offer-text">
      ${isPinned && html`<span class="offer-flag"><${Icon} name="pin" size=${13} />${t('Shown now')}</span>`}
      <h3 class="offer-title"><${SaidInShort} words=${session.state.words} text=${offer.title} /></h3>
      ${offer.variant_title && html`<span class="muted small"><${Said} words=${session.state.words} text=${offer.variant_title} withMark=${false} /></span>`}
      <${OfferFacts} offer=${offer} />
      <${PartWords} words=${session.state.words} parts=${offer.parts} />
      <${TierWords} offer=${offer} />
      <${ClaimWords} session=${session} offer=${offer} />
    </div>
    <div class="offer-act">
      <${OfferRing} offer=${offer} isOpen=${isOpen} />
      ${isOpen && html`<${IconButton} icon="plus" kind="solid" label=${t('Put {title} in the bag', { title: session.state.words.plain(offer.title) })} onClick=${() => putInBag(session, offer)} />`}
      <${BuyButton} words=${session.state.words} offer=${offer} onBuy=${onBuy} size="s" />
      ${(isOpen || state === 'sold_out') && html`<${ClaimButton} session=${session} offer=${offer} isSoldOut=${!isOpen} />`}
    </div>
  </li>`;
}

/**
 * Everything that is for sale, and what I ordered.
 *
 * @param {{ session: ShowSession, onBuy: (offer: string) => void, onOrder: (auction: string) => void, onCheckout: () => void, onTicket: (order: string) => void, onClose: () => void }} props
 */
export function TraySheet({ session, onBuy, onOrder, onCheckout, onTicket, onClose }) {
  const { offers, pinnedIds, orders } = session.state;
  useEffect(() => {
    session.loadOrders().catch((error) => console.warn('livehub: orders are not known', error));
  }, []);
  const [category, setCategory] = useState('');
  const wanted = trayOrder(offers.value, pinnedIds.value).filter((offer) => !category || offer.category?.id === category);
  const mine = [...orders.value.values()].sort((a, b) => b.placed_at.localeCompare(a.placed_at));
  return html`<${Sheet} title=${t('For sale in this show')} onClose=${onClose}>
    <${Bag} session=${session} onCheckout=${onCheckout} />
    <${AuctionCards} session=${session} onOrder=${onOrder} />
    <${CouponCards} session=${session} />
    <${ClaimCards} session=${session} onBuy=${onBuy} />
    ${mine.length > 0 && html`<${MyOrders} session=${session} orders=${mine} onTicket=${onTicket} />`}
    <${TrayFilter} words=${session.state.words} offers=${offers.value} chosen=${category} onChoose=${setCategory} />
    ${offers.value.length
      ? html`<ul class="offer-list">${wanted.map((offer) => html`<${OfferRow} key=${offer.id} session=${session} offer=${offer} isPinned=${pinnedIds.value.includes(offer.id)} onBuy=${onBuy} />`)}</ul>`
      : html`<${EmptyState} icon="bag" title=${t('Nothing is for sale yet')}>${t('Products appear here as the host adds them.')}<//>`}
  <//>`;
}

/** @param {{ session: import('./show-session.js').ShowSession, orders: import('../../lib/types.js').Order[], onTicket: (order: string) => void }} props */
function MyOrders({ session, orders, onTicket }) {
  return html`<section class="my-orders">
    <h3 class="my-orders-title">${t('Your orders')}</h3>
    ${orders.map(
      (order) => html`<button key=${order.id} type="button" class="my-order" onClick=${() => onTicket(order.id)}>
        <${Picture} picture=${order.lines[0]?.picture ?? null} size="s" />
        <span class="grow"><bdi>${order.lines.map((line) => `${line.quantity} × ${session.state.words.plain(line.title)}`).join(', ')}</bdi><br /><span class="muted small tabular">${formatMoney(order.total)}</span></span>
        <${OrderBadge} order=${order} />
      </button>`,
    )}
  </section>`;
}

/**
 * The tray below the picture on wide screens: the shown product first, then the others.
 *
 * @param {{ session: ShowSession, onBuy: (offer: string) => void, onTray: () => void }} props
 */
export function TrayStrip({ session, onBuy, onTray }) {
  const { offers, pinnedIds, orders, status } = session.state;
  const shown = trayOrder(offers.value, pinnedIds.value);
  const inBag = session.cart.lines.value.length;
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  // What is shown now comes first; the list would keep to the card that stood there before.
  useEffect(() => list.current?.scrollTo({ left: 0 }), [shown[0]?.id]);
  if (!shown.length) {
    return html`<section class="strip" aria-label=${t('For sale in this show')}>
      <p class="strip-empty">${status.value === 'connecting' ? t('Loading…') : t('Products appear here as the host adds them.')}</p>
    </section>`;
  }
  return html`<section class="strip" aria-label=${t('For sale in this show')}>
    <h2 class="sr-only">${t('For sale in this show')}</h2>
    <div class="strip-coupons"><${CouponCards} session=${session} /><${ClaimCards} session=${session} onBuy=${onBuy} /></div>
    <ul class="strip-list" ref=${list}>${shown.map((offer) => html`<${OfferRow} key=${offer.id} session=${session} offer=${offer} isPinned=${pinnedIds.value.includes(offer.id)} onBuy=${onBuy} />`)}</ul>
    <${Button} icon="bag" class="strip-all" onClick=${onTray} aria-haspopup="dialog">${inBag ? tn('Bag, {n} product', 'Bag, {n} products', inBag) : orders.value.size ? t('Your orders') : t('See all')}<//>
  </section>`;
}
