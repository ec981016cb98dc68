import { html } from 'htm/preact';
import { ChargeLines } from '../../components/charge-lines.js';
import { ChoiceTiles, FormField, QuantityStepper } from '../../components/form-field.js';
import { Icon } from '../../components/icon.js';
import { Picture } from '../../components/picture.js';
import { ErrorState } from '../../components/states.js';
import { t } from '../../lib/i18n.js';
import { formatMoney, times } from '../../lib/money.js';
import { PartWords } from './claim-view.js';
import { CouponField } from './coupon-view.js';
import { OfferFacts, TierWords } from './offer-facts.js';
import { availability, mostUnits, siblings, unitPrice } from './offer-view.js';

/**
 * @typedef {import('../../lib/types.js').Offer} Offer
 * @typedef {import('./checkout-draft.js').Draft} Draft
 * @typedef {{ session: import('./show-session.js').ShowSession, draft: Draft, offer: Offer, faults: import('./checkout-draft.js').Faults,
 *   change: (changes: Partial<Draft>) => void, go: (step: import('./checkout-draft.js').Step) => void }} StepProps
 */

/** @param {{ offer: Offer, quantity: number }} props */
const Article = ({ offer, quantity }) => html`<div class="article">
  <${Picture} picture=${offer.picture} eager />
  <div class="grow">
    <p class="article-title"><bdi>${offer.title}</bdi></p>
    <${OfferFacts} offer=${offer} quantity=${quantity} />
    <${PartWords} parts=${offer.parts} />
    <${TierWords} offer=${offer} />
    ${offer.served === 'first_paid' && html`<span class="muted small">${t('Nothing is kept: whoever pays first has it. If others are faster, your money goes back by itself.')}</span>`}
  </div>
</div>`;

/** @param {Pick<StepProps, 'draft'|'offer'|'change'>} props */
const Quantity = ({ draft, offer, change }) => html`<div class="quantity">
  <span class="field-label">${t('Quantity')}</span>
  <${QuantityStepper} label=${t('Quantity')} value=${draft.quantity} max=${Math.max(1, mostUnits(offer))} less=${t('One less')} more=${t('One more')}
    onChange=${(/** @type {number} */ quantity) => change({ quantity })} />
</div>`;

/** @param {StepProps} props */
export function ItemStep({ session, draft, offer, faults, change }) {
  const variants = siblings(session.state.offers.value, offer);
  const options = variants.map((variant) => ({
    value: variant.id,
    title: variant.variant_title,
    text: availability(variant) === 'sold_out' ? t('Sold out') : formatMoney(unitPrice(variant)),
    disabled: availability(variant) !== 'open',
  }));
  return html`<${Article} offer=${offer} quantity=${draft.quantity} />
    ${variants.length > 1 && html`<${ChoiceTiles} legend=${t('Variant')} name="variant" value=${offer.id} options=${options} onChange=${(/** @type {string} */ id) => change({ offer: id })} />`}
    <${Quantity} draft=${draft} offer=${offer} change=${change} />
    ${offer.per_buyer_limit && html`<p class="muted small">${t('At most {n} for each buyer.', { n: offer.per_buyer_limit })}</p>`}
    ${faults.quantity && html`<p class="field-error" role="alert">${faults.quantity}</p>`}`;
}

/** @param {StepProps} props */
export function DeliveryStep({ draft, faults, change }) {
  const options = [
    { value: 'courier', title: t('Send it to me'), text: t('By courier, to your address'), icon: html`<${Icon} name="truck" />` },
    { value: 'pickup', title: t('I pick it up'), text: t('At the shop; the shop tells you when'), icon: html`<${Icon} name="store" />` },
  ];
  return html`<${ChoiceTiles} legend=${t('How do you get it?')} hideLegend name="method" value=${draft.method} options=${options} onChange=${(/** @type {Draft['method']} */ method) => change({ method })} />
    ${draft.method === 'courier' &&
    html`<${FormField} as="textarea" label=${t('Address')} hint=${t('Street and number, postal code, town, country')} value=${draft.address} error=${faults.address} maxlength="500"
      autocomplete="street-address" rows="3" dir="auto" onInput=${(/** @type {string} */ address) => change({ address })} />`}`;
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
 * @param {StepProps & { payments: { id: string, title: string }[], asked: import('./use-quote.js').QuoteState, coupon: import('../../lib/types.js').Coupon | null,
 *   discount: import('../../lib/types.js').Money, onCoupon: (coupon: import('../../lib/types.js').Coupon | null) => void }} props
 */
export function ReviewStep({ session, draft, offer, faults, change, go, payments, asked, coupon, discount, onCoupon }) {
  const goods = times(unitPrice(offer, draft.quantity), draft.quantity);
  const all = asked.quote?.total ?? goods;
  const options = payments.map(({ id, title }) => ({ value: id, title: paymentTitle(id, title) }));
  return html`<${Article} offer=${offer} quantity=${draft.quantity} />
    ${offer.variant_title && html`<${Summary} label=${t('Variant')} onChange=${() => go('item')}><bdi>${offer.variant_title}</bdi><//>`}
    <${Quantity} draft=${draft} offer=${offer} change=${change} />
    <${Summary} label=${draft.method === 'courier' ? t('Send to') : t('Pick-up')} onChange=${() => go('delivery')}>
      ${draft.method === 'courier' ? html`<span class="lines" dir="auto">${draft.address}</span>` : t('At the shop')}
    <//>
    <${Summary} label=${t('Contact')} onChange=${() => go('contact')}><bdi>${draft.name}</bdi><br /><bdi class="muted small">${[draft.email, draft.phone].filter(Boolean).join(' · ')}</bdi><//>
    ${options.length > 1 && html`<${ChoiceTiles} legend=${t('Payment')} name="provider" value=${draft.provider} options=${options} onChange=${(/** @type {string} */ provider) => change({ provider })} />`}
    ${faults.provider && html`<p class="field-error" role="alert">${faults.provider}</p>`}
    ${session.hasQuotes && html`<${QuoteLines} asked=${asked} />`}
    <${CouponField} session=${session} coupon=${coupon} error=${faults.coupon ?? (coupon && !discount.amount_minor ? t('For orders from {amount} on.', { amount: formatMoney(coupon.minimum) }) : '')} onCoupon=${onCoupon} />
    ${discount.amount_minor > 0 && html`<p class="total total-off"><span>${t('Coupon')}</span><span class="tabular">−${formatMoney(discount)}</span></p>`}
    <p class="total"><span>${t('Total')}</span><strong class="tabular">${formatMoney({ ...all, amount_minor: all.amount_minor - discount.amount_minor })}</strong></p>`;
}

/** What the shop adds, and what the buyer has to say yes to. @param {{ asked: import('./use-quote.js').QuoteState }} props */
function QuoteLines({ asked }) {
  const { quote, error, affirmed, toggle, again } = asked;
  if (error) return html`<${ErrorState} error=${error} onRetry=${again} />`;
  if (!quote) return html`<p class="muted small" role="status">${t('Working out the total…')}</p>`;
  return html`<${ChargeLines} charges=${quote.charges} />
    ${quote.affirmations.map((one) => {
      const key = `${one.id} ${one.version}`;
      return html`<label key=${key} class="check"><input type="checkbox" checked=${affirmed.has(key)} onChange=${() => toggle(key)} /><span dir="auto">${one.text}</span></label>`;
    })}`;
}

/** @param {string} id @param {string} title the server's own name for it */
const paymentTitle = (id, title) => ({ sandbox: t('Test payment'), manual: t('Pay when I get it') })[id] ?? title;

/** @param {{ label: string, onChange: () => void, children?: any }} props */
const Summary = ({ label, onChange, children }) => html`<div class="summary">
  <div class="grow"><span class="summary-label">${label}</span><div>${children}</div></div>
  <button type="button" class="button button-quiet button-s" onClick=${onChange}>${t('Change')}<span class="sr-only"> ${label}</span></button>
</div>`;
