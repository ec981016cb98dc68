import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Sheet } from '../../components/dialog.js';
import { EmptyState, errorText } from '../../components/states.js';
import { Problem } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { formatMoney, times } from '../../lib/money.js';
import { discountOf } from '../../lib/coupons.js';
import { seenWith } from '../../lib/claims.js';
import { me } from '../../lib/session.js';
import { faultsOf, firstOpenStep, newDraft, orderBody, placeOf, remember } from './checkout-draft.js';
import { ContactStep, DeliveryStep, ItemStep, ReviewStep } from './checkout-steps.js';
import { mostUnits, unitPrice } from './offer-view.js';
import { Ticket } from './ticket.js';
import { useAvailability } from './use-availability.js';
import { useQuote } from './use-quote.js';

/** @typedef {import('./checkout-draft.js').Step} Step */

/** @type {Step[]} */
const STEPS = ['item', 'delivery', 'contact', 'review'];

/**
 * Buying, from the product to the ticket, in a sheet that leaves the show in view.
 *
 * @param {{ session: import('./show-session.js').ShowSession, offerId?: string, auctionId?: string, orderId?: string, onClose: () => void }} props
 *   `auctionId`: what was won there; `orderId` shows the ticket of an order that is already placed
 */
export function Checkout({ session, offerId, auctionId, orderId: placedBefore, onClose }) {
  const [orderId, setOrderId] = useState(placedBefore ?? '');
  const order = session.state.orders.value.get(orderId);
  if (orderId && order) {
    return html`<${Sheet} key="ticket" class="checkout" title=${t('Your order')} onClose=${onClose}><${Ticket} session=${session} order=${order} onBack=${onClose} /><//>`;
  }
  return html`<${CheckoutForm} session=${session} offerId=${offerId ?? ''} auctionId=${auctionId ?? ''} onPlaced=${setOrderId} onClose=${onClose} />`;
}

/** @param {{ session: import('./show-session.js').ShowSession, offerId: string, auctionId: string, onPlaced: (order: string) => void, onClose: () => void }} props */
function CheckoutForm({ session, offerId, auctionId, onPlaced, onClose }) {
  const payments = session.payments ?? [];
  const [draft, setDraft] = useState(() => {
    const name = me.value && me.value.kind !== 'guest' ? me.value.display_name : '';
    const fresh = newDraft({ offer: offerId, name, email: me.value?.email ?? '', provider: '' });
    const isOffered = payments.some(({ id }) => id === fresh.provider);
    return { ...fresh, quantity: session.claims.of(offerId)?.quantity || 1, provider: isOffered ? fresh.provider : (payments[0]?.id ?? '') };
  });
  const isReturning = useRef(firstOpenStep(draft) === 'review');
  const [step, setStep] = useState(/** @type {Step} */ (isReturning.current ? 'review' : auctionId ? 'delivery' : 'item'));
  const [faults, setFaults] = useState(/** @type {import('./checkout-draft.js').Faults} */ ({}));
  const [refusal, setRefusal] = useState('');
  const [busy, setBusy] = useState(false);
  // undefined: nothing said, the best of mine counts; null: none is wanted
  const [chosen, setChosen] = useState(/** @type {import('../../lib/types.js').Coupon | null | undefined} */ (undefined));
  const key = useRef({ body: '', key: '' });

  useEffect(() => {
    if (!draft.offer) return; // what was won was not chosen from a card
    session.tellStep(draft.offer, 'card');
    if (step !== 'item') session.tellStep(draft.offer, 'checkout');
  }, [draft.offer, step]);

  const claim = session.claims.of(draft.offer);
  const known = session.state.offers.value.find((candidate) => candidate.id === draft.offer);
  const auction = session.auctions.all.value.find((candidate) => candidate.id === auctionId);
  const offer = auctionId ? auction && wonOffer(auction) : known && seenWith(known, claim);
  const isOpen = useAvailability(offer) === 'open';
  const most = offer ? mostUnits(offer) : 1;
  const quantity = Math.max(1, Math.min(draft.quantity, most));
  const bodyOf = (/** @type {import('../../lib/types.js').Coupon | null} */ coupon) => {
    const body = orderBody({ ...draft, offer: offer?.id ?? '', quantity }, offer && !auction ? unitPrice(offer, quantity) : null, coupon);
    return auction ? { ...body, lines: body.lines.map((line) => ({ ...line, auction: auction.id })) } : body;
  };
  const { lines, delivery } = bodyOf(null);
  const asked = useQuote(session.hasQuotes && step === 'review' ? { room: session.connection.room, lines, delivery } : null);
  if (!offer) {
    return html`<${Sheet} title=${t('Buy')} onClose=${onClose}>
      <${EmptyState} icon="bag" title=${t('This product is no longer offered')} action=${html`<${Button} kind="primary" onClick=${onClose}>${t('Back to the show')}<//>`} />
    <//>`;
  }
  const subtotal = times(unitPrice(offer, quantity), quantity);
  const coupon = chosen === undefined ? session.coupons.best(subtotal) : chosen;
  const discount = discountOf(coupon, subtotal);

  const change = (/** @type {Partial<import('./checkout-draft.js').Draft>} */ changes) => {
    setDraft({ ...draft, ...changes });
    setRefusal('');
    setFaults(Object.fromEntries(Object.entries(faults).filter(([name]) => !(name in changes))));
  };
  const go = (/** @type {Step} */ to) => {
    setRefusal('');
    setStep(to);
  };
  const next = () => {
    const found = faultsOf(draft, step);
    setFaults(found);
    if (Object.keys(found).length) return;
    const following = STEPS[STEPS.indexOf(step) + 1];
    go(step !== 'item' && firstOpenStep(draft) === 'review' ? 'review' : following);
  };
  const back = () => go(isReturning.current ? 'review' : STEPS[Math.max(0, STEPS.indexOf(step) - 1)]);

  const place = async () => {
    if (asked.missing) return setRefusal(t('Please confirm each of these first.'));
    const body = { ...bodyOf(discount.amount_minor ? coupon : null), ...asked.said };
    const text = JSON.stringify(body);
    if (key.current.body !== text) key.current = { body: text, key: crypto.randomUUID() };
    setBusy(true);
    try {
      const order = await session.order(body, key.current.key);
      remember(draft);
      onPlaced(order.id);
      if (order.payment.action_url) openPayment(order.payment.action_url);
    } catch (error) {
      setBusy(false);
      if (error instanceof Problem && ['quote_stale', 'quote_invalid'].includes(error.code)) asked.again();
      const place = error instanceof Problem && error.field ? placeOf(error.field) : null;
      if (error instanceof Problem && error.code === 'price_changed') {
        // this device's clock may be behind: the server says what is left of the deal
        const left = Number(error.document.deal_left);
        session.state.putOffer({ ...offer, deal: offer.deal && left > 0 ? { ...offer.deal, left } : null });
        setRefusal(errorText(error));
      } else if (place) {
        setStep(place.step);
        setFaults({ [place.name]: errorText(error) });
      } else setRefusal(errorText(error));
    }
  };

  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (step === 'review') place();
    else next();
  };
  const all = asked.quote?.total ?? subtotal;
  const total = formatMoney({ ...all, amount_minor: all.amount_minor - discount.amount_minor });
  const label = step === 'review' ? (draft.provider === 'manual' ? t('Order for {total}', { total }) : t('Pay {total}', { total })) : t('Continue');
  const titles = { item: t('What would you like?'), delivery: t('How do you get it?'), contact: t('How do we reach you?'), review: t('Your order') };
  const shared = { session, draft: { ...draft, quantity }, offer, faults, change, go, asked: { ...asked, toggle: (/** @type {string} */ id) => (setRefusal(''), asked.toggle(id)) } };
  const isFirst = step === (auction ? 'delivery' : 'item') || (step === 'review' && isReturning.current);
  const footer = html`<div class="checkout-foot">
    ${refusal && html`<p class="checkout-refusal" role="alert">${refusal}</p>`}
    ${!isOpen && html`<p class="checkout-refusal" role="alert">${offer.available <= 0 ? t('This is sold out now. Perhaps another variant?') : t('This offer is not open at the moment.')}</p>`}
    <${Button} kind="primary" size="l" wide type="submit" form="checkout-form" busy=${busy} disabled=${(!isOpen && step !== 'item') || (step === 'review' && session.hasQuotes && !asked.quote)}>${label}<//>
  </div>`;

  return html`<${Sheet} key="form" class="checkout" title=${titles[step]} onClose=${onClose} onBack=${isFirst ? undefined : back} footer=${footer}>
    <form id="checkout-form" class="stack" onSubmit=${submit} novalidate key=${step}>
      ${step === 'item' && html`<${ItemStep} ...${shared} />`}
      ${step === 'delivery' && html`<${DeliveryStep} ...${shared} />`}
      ${step === 'contact' && html`<${ContactStep} ...${shared} />`}
      ${step === 'review' && html`<${ReviewStep} ...${shared} payments=${payments} coupon=${coupon} discount=${discount} onCoupon=${(/** @type {any} */ one) => (change({}), setFaults({}), setChosen(one))} />`}
    </form>
  <//>`;
}

/** What was won, as something that can be bought: one unit at its price. @param {import('../../lib/types.js').Auction} auction @returns {import('../../lib/types.js').Offer} */
function wonOffer({ offer: id, room_id, title, variant_title, picture, winner, start }) {
  const price = winner?.price ?? start;
  return { id, room_id, sku: '', title: variant_title ? `${title} – ${variant_title}` : title, variant_title: '', picture, price, list_price: price, quantity: 1, available: 1, per_buyer_limit: 1, starts_at: null, ends_at: winner?.until ?? null, pinned: false };
}

/** The payment page in a window of its own, so that the show goes on; the ticket carries a link for when it is blocked. @param {string} url */
function openPayment(url) {
  const opened = window.open(url, '_blank');
  if (opened) opened.opener = null;
}
