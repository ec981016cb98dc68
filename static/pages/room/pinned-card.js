import { html } from 'htm/preact';
import { CountdownRing } from '../../components/countdown.js';
import { Picture } from '../../components/picture.js';
import { Price, StockBar } from '../../components/price.js';
import { t } from '../../lib/i18n.js';
import { BuyButton } from './buy-button.js';
import { useAvailability } from './use-availability.js';

/**
 * What the host is showing, over the picture.
 *
 * @param {{ session: import('./show-session.js').ShowSession, onBuy: (offer: string) => void }} props
 */
export function PinnedCard({ session, onBuy }) {
  const offer = session.state.pinned.value;
  const isOpen = useAvailability(offer) === 'open';
  if (!offer) return null;
  return html`<section class="pinned" aria-label=${t('Shown now')} key=${offer.id}>
    <${Picture} picture=${offer.picture} eager />
    <div class="pinned-text">
      <h2 class="pinned-title"><bdi>${offer.title}</bdi>${offer.variant_title && html` <span class="pinned-variant"><bdi>${offer.variant_title}</bdi></span>`}</h2>
      <${Price} price=${offer.price} list=${offer.list_price} />
      <${StockBar} available=${offer.available} quantity=${offer.quantity} />
    </div>
    <div class="pinned-act">
      ${offer.ends_at && isOpen && html`<${CountdownRing} from=${offer.starts_at} until=${offer.ends_at} />`}
      <${BuyButton} offer=${offer} onBuy=${onBuy} size="s" />
    </div>
  </section>`;
}
