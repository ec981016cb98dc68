import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Sheet } from '../../components/dialog.js';
import { refusalText } from '../../components/refusal.js';
import { EmptyState } from '../../components/states.js';
import { Problem } from '../../lib/api.js';
import { isByHand } from '../../lib/by-hand.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { seenWith } from '../../lib/claims.js';
import { discountOf } from '../../lib/coupons.js';
import { me } from '../../lib/session.js';
import { putInBag, sumOf } from './bag.js';
import { DeliveryStep } from './checkout-delivery.js';
import { draftOf, faultsOf, firstOpenStep, newDraft, orderBody, placeOf, remember } from './checkout-draft.js';
import { ContactStep, ItemStep, ReviewStep } from './checkout-steps.js';
import { giftFaults, withAmount } from './gift.js';
import { availability, isSent, mostUnits, unitPrice } from './offer-view.js';
import { Ticket } from './ticket.js';
import { keepAddress, useAddressBook, usePickup } from './use-address-book.js';
import { useAllOpen } from './use-availability.js';
import { useCheckoutNeeds, useQuote } from './use-quote.js';

/** @typedef {import('./checkout-draft.js').Step} Step */
/** @typedef {import('./checkout-draft.js').Line} Line */
/** @typedef {import('./checkout-draft.js').Draft} Draft */

/** @type {Step[]} */
const STEPS = ['item', 'delivery', 'contact', 'review'];

/**
 * Buying, from the products to the ticket, in a sheet that leaves the show in view.
 *
 * @param {{ session: import('./show-session.js').ShowSession, lines?: Line[], auctionId?: string, orderId?: string, onClose: () => void }} props
 *   `auctionId`: what was won there; `orderId` shows the ticket of an order that is already placed
 */
export function Checkout({ session, lines, auctionId, orderId: placedBefore, onClose }) {
  const [orderId, setOrderId] = useState(placedBefore ?? '');
  const order = session.state.orders.value.get(orderId);
  if (orderId && order) {
    return html`<${Sheet} key="ticket" class="checkout" title=${t('Your order')} onClose=${onClose}><${Ticket} session=${session} order=${order} onBack=${onClose} /><//>`;
  }
  return html`<${CheckoutForm} session=${session} first=${lines ?? []} auctionId=${auctionId ?? ''} onPlaced=${setOrderId} onClose=${onClose} />`;
}

/** @param {import('./show-session.js').ShowSession} session @param {Line[]} lines @returns {Draft} */
function draftFor(session, lines) {
  const payments = session.payments ?? [];
  const name = me.value && me.value.kind !== 'guest' ? me.value.display_name : '';
  const claimed = lines.map((line) => (line.quantity > 1 ? line : { ...line, quantity: session.claims.of(line.offer)?.quantity || 1 }));
  const fresh = newDraft({ lines: claimed, identity: me.value?.id ?? '', name, email: me.value?.email ?? '', provider: '' });
  const isOffered = payments.some(({ id }) => id === fresh.provider);
  return { ...fresh, provider: isOffered ? fresh.provider : (payments[0]?.id ?? '') };
}

/** The draft's lines as they can be had now, with what is kept for me. @param {Draft} draft @param {import('./show-session.js').ShowSession} session @returns {import('./bag.js').Chosen[]} */
function chosen({ lines, amount }, session) {
  return lines.flatMap((line) => {
    const known = session.state.offers.value.find(({ id }) => id === line.offer);
    const offer = known && seenWith(withAmount(known, amount), session.claims.of(known.id));
    return offer ? [{ offer, quantity: Math.max(1, Math.min(line.quantity, mostUnits(offer))) }] : [];
  });
}

/** @param {{ session: import('./show-session.js').ShowSession, first: Line[], auctionId: string, onPlaced: (order: string) => void, onClose: () => void }} props */
function CheckoutForm({ session, first, auctionId, onPlaced, onClose }) {
  const { quotes: needsQuote, transfer } = useCheckoutNeeds(session);
  const payments = (session.payments ?? []).filter(({ id }) => id !== 'transfer' || transfer);
  const [kept, setDraft] = useState(() => draftFor(session, first));
  const draft = payments.some(({ id }) => id === kept.provider) ? kept : { ...kept, provider: payments[0]?.id ?? '' };
  const [round, setRound] = useState(0);
  const places = usePickup(session, round);
  const needsSlot = Boolean(places?.length);
  const asksAmount = first.some(({ offer: id }) => session.state.offers.peek().some((offer) => offer.id === id && offer.donation));
  const isReturning = useRef(firstOpenStep(draft) === 'review' && !asksAmount);
  const [step, setStep] = useState(/** @type {Step} */ (isReturning.current ? 'review' : auctionId ? 'delivery' : 'item'));
  const isTouched = useRef(false);
  // somebody who bought before, on a device that does not know it yet: everything is filled in, and one button is left
  const entries = useAddressBook(([entry]) => {
    if (!entry?.address || isTouched.current || asksAmount || firstOpenStep(draft) === 'review') return;
    isReturning.current = true;
    setDraft((now) => ({ ...now, ...draftOf(entry), method: 'courier' }));
    setStep('review');
  });
  const [faults, setFaults] = useState(/** @type {import('./checkout-draft.js').Faults} */ ({}));
  const [refusal, setRefusal] = useState('');
  const [busy, setBusy] = useState(false);
  // undefined: nothing said, the best of mine counts; null: none is wanted
  const [coupon_, setCoupon] = useState(/** @type {import('../../lib/types.js').Coupon | null | undefined} */ (undefined));
  const key = useRef({ body: '', key: '' });

  const auction = session.auctions.all.value.find((candidate) => candidate.id === auctionId);
  const lines = auctionId ? (auction ? [{ offer: wonOffer(auction), quantity: 1 }] : []) : chosen(draft, session);
  const gift = lines.find(({ offer }) => offer.donation)?.offer;
  const goesOut = lines.some(({ offer }) => isSent(offer));
  const steps = goesOut ? STEPS : STEPS.filter((one) => one !== 'delivery');
  // what need not be sent asks nothing about how
  const due = (/** @type {Step} */ at) => ({ ...faultsOf(goesOut ? draft : { ...draft, method: 'pickup' }, at, needsSlot && goesOut), ...(at === 'item' && gift ? giftFaults(gift, draft) : {}) });
  const firstDue = () => /** @type {Step[]} */ (['delivery', 'contact']).find((at) => Object.keys(due(at)).length) ?? 'review';
  const told = draft.lines.map(({ offer }) => offer).join(' '); // nothing, when it was won: that was chosen from no card
  useEffect(() => {
    for (const offer of told.split(' ').filter(Boolean)) {
      session.tellStep(offer, 'card');
      if (step !== 'item') session.tellStep(offer, 'checkout');
    }
  }, [told, step]);
  const isOpen = useAllOpen(lines.map(({ offer }) => offer));
  const exact = { ...draft, lines: lines.map(({ offer, quantity }) => ({ offer: offer.id, quantity })) };
  const priceOf = (/** @type {Line} */ line) => {
    const offer = lines.find((one) => one.offer.id === line.offer)?.offer;
    return offer && !auction ? unitPrice(offer, line.quantity) : null;
  };
  const bodyOf = (/** @type {import('../../lib/types.js').Coupon | null} */ coupon) => {
    const body = orderBody(exact, priceOf, coupon);
    if (auction) return { ...body, lines: body.lines.map((line) => ({ ...line, auction: auction.id })) };
    return { ...body, ...(gift && { lines: [{ offer: gift.id, quantity: 1, amount: gift.price }] }), ...(lines.length && !goesOut && { delivery: { method: 'none' } }) };
  };
  const { lines: sent, delivery } = bodyOf(null);
  const subtotal = sumOf(lines);
  const coupon = gift ? null : coupon_ === undefined ? subtotal && session.coupons.best(subtotal) : coupon_;
  const discount = subtotal && discountOf(coupon, subtotal);
  const used = discount?.amount_minor ? coupon : null;
  const basket = { room: session.connection.room, lines: sent, delivery, ...(used && { coupon: used.code }) };
  const asked = useQuote(needsQuote && step === 'review' && lines.length ? basket : null, lines.map(({ offer }) => offer));
  if (!subtotal || !discount) {
    return html`<${Sheet} title=${t('Buy')} onClose=${onClose}>
      <${EmptyState} icon="bag" title=${t('This product is no longer offered')} action=${html`<${Button} kind="primary" onClick=${onClose}>${t('Back to the show')}<//>`} />
    <//>`;
  }
  const change = (/** @type {Partial<Draft>} */ changes) => {
    isTouched.current = true;
    setDraft((now) => ({ ...now, ...changes }));
    setRefusal('');
    setFaults(Object.fromEntries(Object.entries(faults).filter(([name]) => !(name in changes))));
  };
  const quantify = (/** @type {string} */ offer, /** @type {number} */ quantity) => {
    change({ lines: exact.lines.map((line) => (line.offer === offer ? { offer, quantity } : line)).filter((line) => line.quantity > 0) });
    setFaults(({ quantity: _, ...others }) => others);
  };
  const go = (/** @type {Step} */ to) => {
    setRefusal('');
    setStep(to);
  };
  const next = () => {
    const found = due(step);
    setFaults(found);
    if (Object.keys(found).length) return;
    const following = steps[steps.indexOf(step) + 1];
    go((step !== 'item' || gift) && firstDue() === 'review' ? 'review' : following);
  };
  const back = () => go(isReturning.current ? 'review' : steps[Math.max(0, steps.indexOf(step) - 1)]);

  const place = async () => {
    const open = firstDue();
    if (open !== 'review') return setStep(open), setFaults(due(open));
    if (asked.missing) return setRefusal(t('Please confirm each of these first.'));
    const body = { ...bodyOf(used), ...asked.said };
    const text = JSON.stringify(body);
    if (key.current.body !== text) key.current = { body: text, key: crypto.randomUUID() };
    setBusy(true);
    try {
      const order = await session.order(body, key.current.key);
      remember(me.value?.id ?? '', draft);
      keepAddress(draft);
      if (!auction) session.cart.take(exact.lines.map(({ offer }) => offer));
      onPlaced(order.id);
      if (order.payment.action_url) openPayment(order.payment.action_url);
    } catch (error) {
      setBusy(false);
      refused(error);
    }
  };

  const refused = (/** @type {unknown} */ error) => {
    const problem = error instanceof Problem ? error : null;
    if (problem && ['quote_stale', 'quote_invalid'].includes(problem.code)) asked.again();
    if (problem?.code.startsWith('pickup_slot')) {
      setRound(round + 1);
      setDraft((now) => ({ ...now, slot: '' }));
    }
    const at = problem?.field ? placeOf(problem.field) : null;
    if (problem?.code === 'price_changed') {
      // this device's clock may be behind: the server says what is left of the deal
      const left = Number(problem.document.deal_left);
      const { offer } = lines[Number(/\d+/.exec(problem.field)?.[0] ?? 0)] ?? lines[0];
      session.state.putOffer({ ...offer, deal: offer.deal && left > 0 ? { ...offer.deal, left } : null });
      setRefusal(refusalText(error));
    } else if (at) {
      setStep(at.step);
      setFaults({ [at.name]: refusalText(error) });
    } else setRefusal(refusalText(error));
  };

  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (step === 'review') place();
    else next();
  };
  const putAside = () => {
    lines.forEach(({ offer, quantity }) => putInBag(session, offer, quantity));
    onClose();
  };
  const all = asked.quote?.total ?? subtotal;
  const total = formatMoney({ ...all, amount_minor: all.amount_minor - discount.amount_minor });
  const label = step === 'review' ? (isByHand(draft.provider, payments.find(({ id }) => id === draft.provider)) ? t('Order for {total}', { total }) : t('Pay {total}', { total })) : t('Continue');
  const titles = { item: gift ? t('How much would you like to give?') : t('What would you like?'), delivery: t('How do you get it?'), contact: t('How do we reach you?'), review: t('Your order') };
  const toggle = (/** @type {string} */ id) => (setRefusal(''), asked.toggle(id));
  const shared = { session, draft, lines, faults, change, quantify, go, places, entries, asked: { ...asked, toggle } };
  const isFirst = step === (auctionId ? 'delivery' : 'item') || (step === 'review' && isReturning.current);
  const isFromBag = Boolean(auctionId) || Boolean(gift) || first.length > 1 || session.cart.lines.value.some(({ offer }) => offer === first[0]?.offer);
  const shut = lines.find(({ offer }) => availability(offer) !== 'open')?.offer;
  const footer = html`<div class="checkout-foot">
    ${refusal && html`<p class="checkout-refusal" role="alert">${refusal}</p>`}
    ${!isOpen && html`<p class="checkout-refusal" role="alert">${lines.length > 1 && shut ? html`<bdi>${session.state.words.plain(shut.title)}</bdi>: ` : ''}${(shut ?? lines[0].offer).available <= 0 ? t('This is sold out now. Perhaps another variant?') : t('This offer is not open at the moment.')}</p>`}
    <${Button} kind="primary" size="l" wide type="submit" form="checkout-form" busy=${busy} disabled=${(!isOpen && step !== 'item') || (step === 'review' && needsQuote !== false && !asked.quote)}>${label}<//>
    ${isFirst && !isFromBag && html`<${Button} kind="quiet" wide icon="bag" disabled=${!isOpen} onClick=${putAside}>${t('Put it in the bag and look on')}<//>`}
  </div>`;

  return html`<${Sheet} key="form" class="checkout" title=${titles[step]} onClose=${onClose} onBack=${isFirst ? undefined : back} footer=${footer}>
    <form id="checkout-form" class="stack" onSubmit=${submit} novalidate key=${step}>
      ${step === 'item' && html`<${ItemStep} ...${shared} />`}
      ${step === 'delivery' && html`<${DeliveryStep} ...${shared} />`}
      ${step === 'contact' && html`<${ContactStep} ...${shared} />`}
      ${step === 'review' && html`<${ReviewStep} ...${shared} payments=${payments} needsQuote=${needsQuote} coupon=${coupon} discount=${discount} onCoupon=${(/** @type {any} */ one) => (change({}), setFaults({}), setCoupon(one))} />`}
    </form>
  <//>`;
}

/** What was won, as something that can be bought: one unit at its price. @param {import('../../lib/types.js').Auction} auction @returns {import('../../lib/types.js').Offer} */
function wonOffer({ offer: id, room_id, title, variant_title, picture, winner, start }) {
  const price = winner?.price ?? start;
  return { id, room_id, sku: '', title, variant_title, won: true, picture, price, list_price: price, quantity: 1, available: 1, per_buyer_limit: 1, starts_at: null, ends_at: winner?.until ?? null, pinned: false };
}

/** The payment page in a window of its own, so that the show goes on; the ticket carries a link for when it is blocked. @param {string} url */
function openPayment(url) {
  const opened = window.open(url, '_blank');
  if (opened) opened.opener = null;
}
