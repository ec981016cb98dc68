import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { api } from '../../lib/api.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney, parseMoney, plainAmount } from '../../lib/money.js';
import { parseStock } from '../desk/product-draft.js';
import { TierFields, readTiers, tierDrafts } from './tier-fields.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * Prices, quantity, limit, end and shipping of an offer.
 *
 * @param {{ offer: Offer, isLive: boolean, onSaved: (offer: Offer) => void, onClose: () => void }} props
 */
export function OfferEditor({ offer, isLive, onSaved, onClose }) {
  const { currency } = offer.price;
  const [form, setForm] = useState({ price: plainAmount(offer.price), quantity: String(offer.quantity), limit: offer.per_buyer_limit ? String(offer.per_buyer_limit) : '', ends: 'keep', ships: offer.ships_at?.slice(0, 10) ?? '', tiers: tierDrafts(offer), served: offer.served ?? 'held', word: offer.claim?.word ?? '', minutes: String((offer.claim?.seconds ?? 300) / 60) });
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }));

  const price = parseMoney(form.price, currency);
  const quantity = parseStock(form.quantity);
  const limit = form.limit.trim() ? parseStock(form.limit) : null;
  const read = readTiers(form.tiers, price ?? offer.price);
  const isRetiered = JSON.stringify(form.tiers) !== JSON.stringify(tierDrafts(offer));
  const sold = offer.quantity - offer.available;
  const faults = {
    price: !price ? t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) })
      : isLive && price.amount_minor > offer.price.amount_minor ? t('While the show is live a price can only go down.') : '',
    quantity: quantity === null || quantity < 1 ? t('Enter a whole number, 1 or more.') : quantity < sold ? tn('{n} is sold or held already.', '{n} are sold or held already.', sold) : '',
    limit: form.limit.trim() && !limit ? t('Enter a whole number, 1 or more.') : '',
  };
  const faultAt = (/** @type {'price'|'quantity'|'limit'} */ field, /** @type {string} */ wire) => faults[field] || (refused.field.startsWith(wire) && refused.field ? refused.text : '');

  const save = async (/** @type {Record<string, unknown>} */ body) => {
    setBusy(true);
    try {
      onSaved(await api.patch(`/offers/${offer.id}`, body));
      onClose();
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
      setBusy(false);
    }
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (faults.price || faults.quantity || faults.limit || (isRetiered && read.fault)) return;
    save({
      ...(price && price.amount_minor !== offer.price.amount_minor ? { price } : {}),
      ...(quantity !== offer.quantity ? { quantity } : {}),
      ...(limit !== offer.per_buyer_limit && limit ? { per_buyer_limit: limit } : {}),
      ...(isRetiered ? { tiers: read.tiers } : {}),
      ...(form.ships !== (offer.ships_at?.slice(0, 10) ?? '') ? { ships_at: form.ships ? `${form.ships}T00:00:00Z` : null } : {}),
      ...(form.served !== (offer.served ?? 'held') ? { served: form.served } : {}),
      ...claimChange(offer, form),
      ...(form.ends === 'keep' ? {} : { ends_at: new Date(Date.now() + Number(form.ends) * 60_000).toISOString() }),
    });
  };

  const footer = html`<div class="row">
    <${Button} kind="danger" disabled=${isBusy} onClick=${() => save({ ends_at: new Date(Date.now() + 1000).toISOString() })}>${t('Stop selling')}<//>
    <span class="grow" /><${Button} kind="primary" type="submit" form="offer-form" busy=${isBusy}>${t('Save')}<//>
  </div>`;
  return html`<${Dialog} title=${offer.variant_title ? `${offer.title}, ${offer.variant_title}` : offer.title} onClose=${onClose} footer=${footer}>
    <form id="offer-form" class="stack" onSubmit=${submit} noValidate>
      ${refused.text && !refused.field && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      <${FormField} label=${t('Price in the show')} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.price} error=${faultAt('price', 'price')}
        hint=${isLive ? t('Now {price}. While the show is live it can only go down.', { price: formatMoney(offer.price) }) : offer.list_price && t('In the shop: {price}', { price: formatMoney(offer.list_price) })}
        onInput=${(/** @type {string} */ value) => set({ price: value })} />
      <${FormField} label=${t('Quantity for this show')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.quantity} error=${faultAt('quantity', 'quantity')} onInput=${(/** @type {string} */ value) => set({ quantity: value })} />
      <${FormField} label=${t('At most per buyer')} optional=${t('optional')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.limit} error=${faultAt('limit', 'per_buyer_limit')} onInput=${(/** @type {string} */ value) => set({ limit: value })} />
      <${TierFields} drafts=${form.tiers} currency=${currency} error=${(isRetiered && read.fault) || (refused.field.startsWith('tiers') ? refused.text : '')} onChange=${(/** @type {typeof form.tiers} */ tiers) => set({ tiers })} />
      <${FormField} label=${t('Ships from')} type="date" optional=${t('optional')} hint=${t('For what is sold before it is there.')} value=${form.ships} onInput=${(/** @type {string} */ ships) => set({ ships })} />
      <${FormField} label=${t('Keyword in the chat')} optional=${t('optional')} dir="auto" autocomplete="off" maxlength="24" value=${form.word} error=${refused.field.startsWith('claim') ? refused.text : ''}
        hint=${t('Whoever writes it has the product kept, with a line for those who come later.')} placeholder=${t('SOLD {n}', { n: (offer.position ?? 0) + 1 })} onInput=${(/** @type {string} */ word) => set({ word })} />
      ${form.word.trim() && html`<${FormField} label=${t('Kept for')} as="select" value=${form.minutes} onInput=${(/** @type {string} */ minutes) => set({ minutes })}>
        ${[...new Set([1, 2, 3, 5, 10, 15, 30, Number(form.minutes)])].sort((a, b) => a - b).map((minutes) => html`<option key=${minutes} value=${minutes}>${tn('{n} minute', '{n} minutes', minutes)}</option>`)}
      <//>`}
      <${FormField} label=${t('Who gets it')} as="select" value=${form.served} hint=${form.served === 'first_paid' ? t('Late payments go back by themselves.') : ''} onInput=${(/** @type {any} */ served) => set({ served })}>
        <option value="held">${t('Who orders or claims it first; it is kept until they pay')}</option>
        <option value="first_paid">${t('Who pays first; nothing is kept')}</option>
      <//>
      <${FormField} label=${t('Ends')} as="select" value=${form.ends} hint=${t('Viewers see a countdown.')} onInput=${(/** @type {string} */ ends) => set({ ends })}>
        <option value="keep">${offer.ends_at ? t('As it is') : t('With the show')}</option>
        ${[3, 5, 10, 15, 30].map((minutes) => html`<option key=${minutes} value=${minutes}>${tn('In {n} minute', 'In {n} minutes', minutes)}</option>`)}
      <//>
    </form>
  <//>`;
}

/** What of the claim has to be sent. @param {Offer} offer @param {{ word: string, minutes: string }} form */
function claimChange(offer, { word, minutes }) {
  const claim = word.trim() ? { word: word.trim(), seconds: Math.round(Number(minutes) * 60) } : null;
  const isSame = (claim?.word ?? '') === (offer.claim?.word ?? '') && (!claim || claim.seconds === offer.claim?.seconds);
  return isSame ? {} : { claim };
}
