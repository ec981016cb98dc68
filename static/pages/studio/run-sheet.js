import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { refusalText } from '../../components/refusal.js';
import { EmptyState } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';
import { BundleEditor } from './bundle-editor.js';
import { AuctionEditor, AuctionPanel } from './auction-editor.js';
import { CouponEditor } from './coupon-editor.js';
import { DonationEditor } from './donation-editor.js';
import { DealEditor } from './deal-editor.js';
import { OfferEditor } from './offer-editor.js';
import { OfferRow } from './offer-row.js';
import { ProductPicker } from './product-picker.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/** The products of the show in their order. @param {{ session: import('./session.js').StudioSession }} props */
export function RunSheet({ session }) {
  const [isPicking, pick] = useState(false);
  const [isArranging, arrange] = useState(false);
  const [editedId, edit] = useState('');
  const [dealtId, deal] = useState('');
  const [auctionedId, auction] = useState('');
  const [isCouponing, coupon] = useState(false);
  const [isBundling, bundle] = useState(false);
  const [isGiving, give] = useState(false);
  const offers = session.runSheet.value;
  const room = session.state.room.value;
  const mayEdit = room?.can.includes('offer.edit') ?? false;
  const edited = offers.find((offer) => offer.id === editedId);
  const dealt = offers.find((offer) => offer.id === dealtId);
  const auctioned = offers.find((offer) => offer.id === auctionedId);
  const isLive = room?.state === 'live';
  const pinnedIds = session.state.pinnedIds.value;

  const failed = (/** @type {unknown} */ error) => toast(refusalText(error), { kind: 'bad' });
  const togglePin = (/** @type {Offer} */ offer, /** @type {boolean} */ isBeside) => session.togglePin(offer, isBeside).catch(failed);
  const add = mayEdit && room?.store && html`<${Button} size="s" icon="plus" kind=${offers.length ? 'secondary' : 'primary'} onClick=${() => pick(true)}>${t('Add products')}<//>`;

  return html`<section class="run-sheet" aria-label=${t('Run sheet')}>
    <header class="row run-sheet-head">
      <h2 class="studio-h2 grow">${t('Products')}</h2>
      ${offers.length > 0 && add}
      ${offers.length > 0 && html`<div class="run-sheet-tools">
        ${offers.length > 1 && html`<${Button} size="s" kind="quiet" aria-pressed=${isArranging ? 'true' : 'false'} onClick=${() => arrange(!isArranging)}>${isArranging ? t('Done') : t('Change order')}<//>`}
        ${mayEdit && offers.some((offer) => offer.sku) && html`<${Button} size="s" kind="quiet" icon="bag" onClick=${() => bundle(true)}>${t('Bundle')}<//>`}
        ${mayEdit && offers.length > 0 && html`<${Button} size="s" kind="quiet" icon="heart" onClick=${() => give(true)}>${t('Donation')}<//>`}
        ${mayEdit && room?.my_role === 'host' && offers.length > 0 && html`<${Button} size="s" kind="quiet" icon="gift" onClick=${() => coupon(true)}>${t('Coupons')}<//>`}
      </div>`}
    </header>
    ${offers.length === 0 && (room?.store
      ? html`<${EmptyState} icon="bag" title=${t('Choose what you sell')} action=${add}>${t('Each product gets a place in the show, a quantity and, if you like, a special price.')}<//>`
      : html`<${EmptyState} icon="store" title=${t('This show sells nothing')}>${t('It was planned without a shop. Plan another one with your shop to sell in it.')}<//>`)}
    <${AuctionPanel} auctions=${session.auctions} mayEdit=${mayEdit} />
    <ol class="offer-list">
      ${offers.map((offer, i) => html`<${OfferRow} key=${offer.id} offer=${offer} place=${i} isLast=${i === offers.length - 1} isPinned=${pinnedIds.includes(offer.id)} mayPinBeside=${pinnedIds.length > 0 && pinnedIds.length < 3} isLive=${isLive}
        isArranging=${isArranging} mayEdit=${mayEdit} onPin=${togglePin} onEdit=${() => edit(offer.id)} onDeal=${() => deal(offer.id)} onAuction=${() => auction(offer.id)} onMove=${(/** @type {number} */ step) => session.move(offer.id, step).catch(failed)} />`)}
    </ol>
    ${isPicking && room?.store && html`<${ProductPicker} session=${session} storeId=${room.store.id} onClose=${() => pick(false)} />`}
    ${edited && html`<${OfferEditor} offer=${edited} isLive=${isLive} onSaved=${(/** @type {Offer} */ offer) => session.state.putOffer(offer)} onClose=${() => edit('')} />`}
    ${isCouponing && room?.store && html`<${CouponEditor} room=${room.id} store=${room.store.id} currency=${offers[0].price.currency} onClose=${() => coupon(false)} />`}
    ${isGiving && room && html`<${DonationEditor} room=${room.id} currency=${offers[0].price.currency} onSaved=${(/** @type {Offer} */ offer) => session.state.putOffer(offer)} onClose=${() => give(false)} />`}
    ${isBundling && room && html`<${BundleEditor} room=${room.id} offers=${offers} onSaved=${(/** @type {Offer} */ offer) => session.state.putOffer(offer)} onClose=${() => bundle(false)} />`}
    ${auctioned && html`<${AuctionEditor} offer=${auctioned} auctions=${session.auctions} onClose=${() => auction('')} />`}
    ${dealt && html`<${DealEditor} offer=${dealt} onSaved=${(/** @type {Offer} */ offer) => session.state.putOffer(offer)} onClose=${() => deal('')} />`}
  </section>`;
}
