import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { QuantityStepper } from '../../components/form-field.js';
import { Picture } from '../../components/picture.js';
import { Said } from '../../components/said.js';
import { toast } from '../../components/toast.js';
import { announce } from '../../lib/announce.js';
import { seenWith } from '../../lib/claims.js';
import { t } from '../../lib/i18n.js';
import { formatMoney, times } from '../../lib/money.js';
import { availability, mostUnits, unitPrice } from './offer-view.js';

/** @typedef {import('./show-session.js').ShowSession} ShowSession */
/** @typedef {import('../../lib/types.js').Offer} Offer */
/** @typedef {{ offer: Offer, quantity: number }} Chosen */

/** The bag's lines that can be bought now, at what is left of them. @param {ShowSession} session @returns {Chosen[]} */
export function chosenOf(session) {
  const offers = new Map(session.state.offers.value.map((offer) => [offer.id, seenWith(offer, session.claims.of(offer.id))]));
  return session.cart.lines.value.flatMap(({ offer: id, quantity }) => {
    const offer = offers.get(id);
    return offer && availability(offer) === 'open' ? [{ offer, quantity: Math.max(1, Math.min(quantity, mostUnits(offer))) }] : [];
  });
}

/** What lines cost together, without coupons and charges. @param {Chosen[]} lines @returns {import('../../lib/types.js').Money | null} */
export function sumOf(lines) {
  if (!lines.length) return null;
  const sums = lines.map(({ offer, quantity }) => times(unitPrice(offer, quantity), quantity));
  return { ...sums[0], amount_minor: sums.reduce((sum, { amount_minor }) => sum + amount_minor, 0) };
}

/** @param {ShowSession} session @param {Offer} offer @param {number} [quantity] */
export function putInBag(session, offer, quantity = 1) {
  if (session.cart.add(offer.id, quantity)) announce(t('{title} is in your bag.', { title: session.state.words.plain(offer.title) }));
  else toast(t('The bag is full.'), { kind: 'bad' });
}

/**
 * What was put aside, to buy all at once.
 *
 * @param {{ session: ShowSession, onCheckout: () => void }} props
 */
export function Bag({ session, onCheckout }) {
  const lines = chosenOf(session);
  const sum = sumOf(lines);
  const gone = session.cart.lines.value.length - lines.length;
  if (!session.cart.lines.value.length) return null;
  return html`<section class="my-orders bag-lines" aria-label=${t('Your bag')}>
    <h3 class="my-orders-title">${t('Your bag')}</h3>
    <${BagLines} lines=${lines} words=${session.state.words} onQuantity=${(/** @type {string} */ offer, /** @type {number} */ quantity) => session.cart.set(offer, quantity)} />
    ${gone > 0 && html`<p class="muted small">${t('Something in your bag cannot be bought any more.')}</p>`}
    ${sum && html`<${Button} kind="primary" wide onClick=${onCheckout}>${t('Check out · {total}', { total: formatMoney(sum) })}<//>`}
  </section>`;
}

/**
 * @param {{ lines: Chosen[], words: import('../../lib/words-state.js').WordsState, onQuantity: (offer: string, quantity: number) => void, isLastKept?: boolean }} props
 *   `words`: titles in the reader's language; `isLastKept`: an order has at least one line
 */
export const BagLines = ({ lines, words, onQuantity, isLastKept }) => html`<ul class="bag-list">
  ${lines.map(
    ({ offer, quantity }) => html`<li key=${offer.id} class="bag-line">
      <${Picture} picture=${offer.picture} size="s" />
      <span class="grow"><span class="strong"><${Said} words=${words} text=${offer.title} /></span>${offer.variant_title && html` <span class="muted small"><${Said} words=${words} text=${offer.variant_title} withMark=${false} /></span>`}<br /><bdi class="tabular small">${formatMoney(times(unitPrice(offer, quantity), quantity))}</bdi></span>
      <${QuantityStepper} label=${t('Quantity of {title}', { title: words.plain(offer.title) })} value=${quantity} min=${isLastKept && lines.length === 1 ? 1 : 0} max=${Math.max(1, mostUnits(offer))}
        less=${quantity > 1 ? t('One less') : t('Remove {title}', { title: words.plain(offer.title) })} more=${t('One more')} onChange=${(/** @type {number} */ next) => onQuantity(offer.id, next)} />
    </li>`,
  )}
</ul>`;
