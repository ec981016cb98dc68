import { html } from 'htm/preact';
import { Badge } from '../../components/badge.js';
import { IconButton } from '../../components/button.js';
import { Countdown, useSecondsUntil } from '../../components/countdown.js';
import { Icon } from '../../components/icon.js';
import { Picture } from '../../components/picture.js';
import { Price, StockBar } from '../../components/price.js';
import { PartWords } from '../room/claim-view.js';
import { formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * @param {{ offer: Offer, place: number, isLast: boolean, isPinned: boolean, isArranging: boolean, mayEdit: boolean, mayPinBeside: boolean, isLive: boolean,
 *   onPin: (offer: Offer, isBeside: boolean) => void, onEdit: () => void, onDeal: () => void, onAuction: () => void, onMove: (step: number) => void }} props
 */
export function OfferRow({ offer, place, isLast, isPinned, isArranging, mayEdit, mayPinBeside, isLive, onPin, onEdit, onDeal, onAuction, onMove }) {
  const secondsLeft = useSecondsUntil(offer.ends_at);
  const dealSeconds = useSecondsUntil(offer.deal?.ends_at ?? null);
  const deal = offer.deal && dealSeconds > 0 && offer.deal.left > 0 ? offer.deal : null;
  const isClosed = Boolean(offer.ends_at) && secondsLeft <= 0;
  return html`<li class=${`offer-row ${isPinned ? 'is-pinned' : ''} ${isClosed || offer.available <= 0 ? 'is-over' : ''}`}>
    <span class="offer-place tabular" aria-hidden="true">${formatNumber(place + 1)}</span>
    <${Picture} picture=${offer.picture} size="m" />
    <div class="offer-text">
      <bdi class="offer-title">${offer.title}</bdi>
      ${offer.variant_title && html`<bdi class="muted small">${offer.variant_title}</bdi>`}
      <${PartWords} parts=${offer.parts} />
      ${offer.claim && html`<span class="muted small"><bdi>“${offer.claim.word.toUpperCase()}”</bdi></span>`}
      <span class="row row-wrap offer-price"><${Price} price=${deal?.price ?? offer.price} list=${deal ? offer.price : offer.list_price} />
        ${deal && html`<${Badge} tone="warn"><${Icon} name="clock" size=${14} /><${Countdown} until=${deal.ends_at} /> · ${tn('{n} left', '{n} left', deal.left)}<//>`}
        ${isClosed ? html`<${Badge}>${t('Closed')}<//>` : offer.ends_at && html`<${Badge} tone="warn"><${Icon} name="clock" size=${14} /><${Countdown} until=${offer.ends_at} /><//>`}</span>
      ${offer.donation ? html`<span class="muted small tabular">${formatMoney(offer.donation.least)} – ${formatMoney(offer.donation.most)}</span>` : html`<${StockBar} available=${offer.available} quantity=${offer.quantity} />`}
    </div>
    <div class="offer-actions">
      ${isArranging
        ? html`<${IconButton} icon="down" class="is-up" label=${t('Move {title} up', { title: offer.title })} disabled=${place === 0} onClick=${() => onMove(-1)} />
            <${IconButton} icon="down" label=${t('Move {title} down', { title: offer.title })} disabled=${isLast} onClick=${() => onMove(1)} />`
        : mayEdit && html`
            ${isLive && !isClosed && !offer.donation && html`<${IconButton} icon="clock" label=${t('Flash deal for {title}', { title: offer.title })} onClick=${onDeal} />`}
            ${isLive && !isClosed && offer.available > 0 && offer.sku && html`<${IconButton} icon="megaphone" label=${t('Auction {title}', { title: offer.title })} onClick=${onAuction} />`}
            ${mayPinBeside && !isPinned && html`<${IconButton} icon="plus" label=${t('Pin {title} too', { title: offer.title })} onClick=${() => onPin(offer, true)} />`}
            ${!offer.donation && html`<${IconButton} icon="edit" label=${t('Change {title}', { title: offer.title })} onClick=${onEdit} />`}
            <button type="button" class="pin-button" aria-pressed=${isPinned ? 'true' : 'false'} aria-label=${isPinned ? t('Unpin {title}', { title: offer.title }) : t('Pin {title}', { title: offer.title })}
              onClick=${() => onPin(offer, false)}><${Icon} name="pin" size=${20} /><span>${isPinned ? t('Pinned') : t('Pin')}</span></button>`}
    </div>
  </li>`;
}
