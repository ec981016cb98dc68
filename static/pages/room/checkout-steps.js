import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { ChargeLines } from '../../components/charge-lines.js';
import { ChoiceTiles, FormField, QuantityStepper } from '../../components/form-field.js';
import { Said } from '../../components/said.js';
import { ErrorState } from '../../components/states.js';
import { t } from '../../lib/i18n.js';
import { dayOf, timesOf } from '../../lib/format.js';
import { formatMoney, plainAmount } from '../../lib/money.js';
import { payTitle } from '../../lib/pay-ways.js';
import { BagLines, sumOf } from './bag.js';
import { PartWords } from './claim-view.js';
import { CouponField } from './coupon-view.js';
import { OfferFacts, TierWords } from './offer-facts.js';
import { availability, isSent, mostUnits, siblings, unitPrice } from './offer-view.js';
import { PictureButton } from './product-sheet.js';

/**
 * @typedef {import('../../lib/types.js').Offer} Offer
 * @typedef {import('./checkout-draft.js').Draft} Draft
 * @typedef {import('./bag.js').Chosen} Chosen
 * @typedef {{ session: import('./show-session.js').ShowSession, draft: Draft, lines: Chosen[], faults: import('./checkout-draft.js').Faults,
 *   change: (changes: Partial<Draft>) => void, quantify: (offer: string, quantity: number) => void, go: (step: import('./checkout-draft.js').Step) => void }} StepProps
 */

/** @param {{ session: StepProps['session'], offer: Offer, quantity: number }} props */
const Article = ({ session, offer, quantity }) => html`<div class="article">
  <${PictureButton} session=${session} offer=${offer} canBuy=${false} eager />
  <div class="grow">
    <p class="article-title"><${Said} words=${session.state.words} text=${offer.title} /></p>
    <${OfferFacts} offer=${offer} quantity=${quantity} />
    <${PartWords} words=${session.state.words} parts=${offer.parts} />
    <${TierWords} offer=${offer} />
    ${offer.served === 'first_paid' && html`<span class="muted small">${t('Nothing is kept: whoever pays first has it. If others are faster, your money goes back by itself.')}</span>`}
  </div>
</div>`;

/** @param {{ line: Chosen, quantify: StepProps['quantify'] }} props */
const Quantity = ({ line: { offer, quantity }, quantify }) => html`<div class="quantity">
  <span class="field-label">${t('Quantity')}</span>
  <${QuantityStepper} label=${t('Quantity')} value=${quantity} max=${Math.max(1, mostUnits(offer))} less=${t('One less')} more=${t('One more')}
    onChange=${(/** @type {number} */ next) => quantify(offer.id, next)} />
</div>`;

/** @param {Pick<StepProps, 'session'|'draft'|'faults'|'change'> & { offer: Offer }} props */
function Gift({ session, draft, offer, faults, change }) {
  const { least, most } = /** @type {NonNullable<Offer['donation']>} */ (offer.donation);
  return html`<p class="article-title"><${Said} words=${session.state.words} text=${offer.title} /></p>
    <${FormField} label=${t('Amount')} suffix=${offer.price.currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${draft.amount ?? plainAmount(offer.price)} error=${faults.amount}
      hint=${t('From {least} to {most}', { least: formatMoney(least), most: formatMoney(most) })} onInput=${(/** @type {string} */ amount) => change({ amount })} />`;
}

/** @param {StepProps} props */
export function ItemStep({ session, draft, lines, faults, change, quantify }) {
  if (lines.length > 1) return html`<${BagLines} lines=${lines} words=${session.state.words} onQuantity=${quantify} isLastKept />${faults.quantity && html`<p class="field-error" role="alert">${faults.quantity}</p>`}`;
  const [{ offer, quantity }] = lines;
  if (offer.donation) return html`<${Gift} session=${session} draft=${draft} offer=${offer} faults=${faults} change=${change} />`;
  const variants = siblings(session.state.offers.value, offer);
  const options = variants.map((variant) => ({
    value: variant.id,
    title: session.state.words.plain(variant.variant_title),
    text: availability(variant) === 'sold_out' ? t('Sold out') : formatMoney(unitPrice(variant)),
    disabled: availability(variant) !== 'open',
  }));
  return html`<${Article} session=${session} offer=${offer} quantity=${quantity} />
    ${variants.length > 1 && html`<${ChoiceTiles} legend=${t('Variant')} name="variant" value=${offer.id} options=${options} onChange=${(/** @type {string} */ id) => change({ lines: [{ offer: id, quantity }] })} />`}
    <${Quantity} line=${lines[0]} quantify=${quantify} />
    ${offer.per_buyer_limit && html`<p class="muted small">${t('At most {n} for each buyer.', { n: offer.per_buyer_limit })}</p>`}
    ${faults.quantity && html`<p class="field-error" role="alert">${faults.quantity}</p>`}`;
}

/** @param {StepProps} props */
export function ContactStep({ draft, faults, change }) {
  return html`<p class="muted small">${t('Only the shop sees this.')}</p>
    <${FormField} label=${t('Name')} value=${draft.name} error=${faults.name} autocomplete="name" maxlength="100" dir="auto" onInput=${(/** @type {string} */ name) => change({ name })} />
    <${FormField} label=${t('Email')} type="email" inputmode="email" value=${draft.email} error=${faults.email} autocomplete="email" maxlength="200" dir="ltr"
      onInput=${(/** @type {string} */ email) => change({ email })} />
    <${FormField} label=${t('Phone')} type="tel" inputmode="tel" value=${draft.phone} error=${faults.phone} autocomplete="tel" maxlength="40" dir="ltr" optional=${t('or instead of email')}
      onInput=${(/** @type {string} */ phone) => change({ phone })} />`;
}

/**
 * @param {StepProps & { payments: { id: string, title: string }[], asked: import('./use-quote.js').QuoteState, needsQuote: boolean | null, coupon: import('../../lib/types.js').Coupon | null,
 *   discount: import('../../lib/types.js').Money, onCoupon: (coupon: import('../../lib/types.js').Coupon | null) => void,
 *   places: import('./use-address-book.js').Place[] | null }} props
 */
export function ReviewStep({ session, draft, lines, faults, change, quantify, go, payments, asked, needsQuote, coupon, discount, onCoupon, places }) {
  const [{ offer, quantity }] = lines;
  const all = asked.quote?.total ?? /** @type {import('../../lib/types.js').Money} */ (sumOf(lines));
  const [hasNote, setNote] = useState(Boolean(draft.note));
  const options = payments.map(({ id, title }) => ({ value: id, title: payTitle(id, title) }));
  return html`${lines.length > 1 ? html`<${BagLines} lines=${lines} words=${session.state.words} onQuantity=${quantify} isLastKept />` : html`<${Article} session=${session} offer=${offer} quantity=${quantity} />`}
    ${lines.length === 1 && offer.variant_title && html`<${Summary} label=${t('Variant')} onChange=${offer.won ? undefined : () => go('item')}><${Said} words=${session.state.words} text=${offer.variant_title} withMark=${false} /><//>`}
    ${offer.donation && html`<${Summary} label=${t('Amount')} onChange=${() => go('item')}><bdi class="tabular">${formatMoney(offer.price)}</bdi><//>`}
    ${lines.length === 1 && !offer.donation && html`<${Quantity} line=${lines[0]} quantify=${quantify} />`}
    ${lines.some((line) => isSent(line.offer)) && html`<${Summary} label=${draft.method === 'courier' ? t('Send to') : t('Pick-up')} onChange=${() => go('delivery')}>
      ${draft.method === 'courier' ? html`<span class="lines" dir="auto">${draft.address}</span>${draft.contactless && html`<br /><span class="muted small">${t('Leave it without ringing')}${draft.leaveAt && html`: <bdi>${draft.leaveAt}</bdi>`}</span>`}` : html`<${PickedUp} words=${session.state.words} slot=${draft.slot} places=${places} />`}
    <//>`}
    <${Summary} label=${t('Contact')} onChange=${() => go('contact')}><bdi>${draft.name}</bdi><br /><bdi class="muted small">${[draft.email, draft.phone].filter(Boolean).join(' · ')}</bdi><//>
    ${options.length > 1 && html`<${ChoiceTiles} legend=${t('Payment')} name="provider" value=${draft.provider} options=${options} onChange=${(/** @type {string} */ provider) => change({ provider })} />`}
    ${faults.provider && html`<p class="field-error" role="alert">${faults.provider}</p>`}
    ${needsQuote && html`<${QuoteLines} asked=${asked} />`}
    <${Affirmations} asked=${asked} />
    ${hasNote
      ? html`<${FormField} as="textarea" label=${t('Note to the shop')} value=${draft.note} error=${faults.note} maxlength="500" rows="2" dir="auto" onInput=${(/** @type {string} */ note) => change({ note })} />`
      : html`<button type="button" class="button button-quiet button-s add-note" onClick=${() => setNote(true)}>${t('Add a note to the shop')}</button>`}
    ${!offer.donation && html`<${CouponField} session=${session} coupon=${coupon} error=${faults.coupon ?? (coupon && !discount.amount_minor ? t('For orders from {amount} on.', { amount: formatMoney(coupon.minimum) }) : '')} onCoupon=${onCoupon} />`}
    ${discount.amount_minor > 0 && html`<p class="total total-off"><span>${t('Coupon')}</span><span class="tabular">−${formatMoney(discount)}</span></p>`}
    <p class="total"><span>${t('Total')}</span><strong class="tabular">${formatMoney({ ...all, amount_minor: all.amount_minor - discount.amount_minor })}</strong></p>`;
}

/** What the shop adds. @param {{ asked: import('./use-quote.js').QuoteState }} props */
function QuoteLines({ asked }) {
  const { quote, error, again } = asked;
  if (error) return html`<${ErrorState} error=${error} onRetry=${again} />`;
  if (!quote) return html`<p class="muted small" role="status">${t('Working out the total…')}</p>`;
  return html`<${ChargeLines} charges=${quote.charges} />`;
}

/** What the buyer has to say yes to. @param {{ asked: import('./use-quote.js').QuoteState }} props */
const Affirmations = ({ asked: { needed, affirmed, toggle } }) => needed.map((one) => {
  const key = `${one.id} ${one.version}`;
  return html`<label key=${key} class="check"><input type="checkbox" checked=${affirmed.has(key)} onChange=${() => toggle(key)} /><span dir="auto">${one.text}</span></label>`;
});

/** @param {{ words: import('../../lib/words-state.js').WordsState, slot: string, places: import('./use-address-book.js').Place[] | null }} props */
function PickedUp({ words, slot: id, places }) {
  const place = places?.find((one) => one.slots.some((slot) => slot.id === id));
  const slot = place?.slots.find((one) => one.id === id);
  if (!place || !slot) return t('At the shop');
  return html`<${Said} words=${words} text=${place.title} /><br /><span class="muted small">${dayOf(slot.starts_at, place)}, <bdi>${timesOf(slot, place)}</bdi></span>`;
}

/** @param {{ label: string, onChange?: () => void, children?: any }} props without `onChange` there is nothing to change */
const Summary = ({ label, onChange, children }) => html`<div class="summary">
  <div class="grow"><span class="summary-label">${label}</span><div>${children}</div></div>
  ${onChange && html`<button type="button" class="button button-quiet button-s" onClick=${onChange}>${t('Change')}<span class="sr-only"> ${label}</span></button>`}
</div>`;
