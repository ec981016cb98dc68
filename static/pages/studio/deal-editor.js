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

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * A lower price for some minutes and some units.
 *
 * @param {{ offer: Offer, onSaved: (offer: Offer) => void, onClose: () => void }} props
 */
export function DealEditor({ offer, onSaved, onClose }) {
  const { currency } = offer.price;
  const [form, setForm] = useState({ price: '', quantity: String(Math.min(offer.available, 10)), seconds: '180' });
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }));
  const isRunning = Boolean(offer.deal && Date.parse(offer.deal.ends_at) > Date.now());

  const price = parseMoney(form.price, currency);
  const quantity = parseStock(form.quantity);
  const faults = {
    price: !price || !price.amount_minor ? t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) })
      : price.amount_minor >= offer.price.amount_minor ? t('A deal is cheaper than {price}.', { price: formatMoney(offer.price) }) : '',
    quantity: !quantity ? t('Enter a whole number, 1 or more.') : quantity > offer.available ? tn('{n} is left.', '{n} are left.', offer.available) : '',
  };
  const faultAt = (/** @type {'price'|'quantity'} */ field) => (isTried && faults[field]) || (refused.field.startsWith(field) ? refused.text : '');

  const send = async (/** @type {() => Promise<Offer>} */ call) => {
    setBusy(true);
    try {
      onSaved(await call());
      onClose();
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
      setBusy(false);
    }
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setTried(true);
    if (!faults.price && !faults.quantity) send(() => api.put(`/offers/${offer.id}/deal`, { price, quantity, seconds: Number(form.seconds) }));
  };

  const footer = html`<div class="row">
    ${isRunning && html`<${Button} kind="danger" disabled=${isBusy} onClick=${() => send(() => api.delete(`/offers/${offer.id}/deal`))}>${t('End the deal')}<//>`}
    <span class="grow" /><${Button} kind="primary" type="submit" form="deal-form" busy=${isBusy}>${isRunning ? t('Start a new deal') : t('Start the deal')}<//>
  </div>`;
  return html`<${Dialog} title=${t('Flash deal for {title}', { title: offer.title })} onClose=${onClose} footer=${footer}>
    <form id="deal-form" class="stack" onSubmit=${submit} noValidate>
      ${refused.text && !refused.field && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      <${FormField} label=${t('Price in the deal')} suffix=${currency} class="amount-field" inputmode="decimal" dir="ltr" autocomplete="off" value=${form.price} error=${faultAt('price')}
        hint=${t('Now {price}.', { price: formatMoney(offer.price) })} onInput=${(/** @type {string} */ value) => set({ price: value })} />
      <${FormField} label=${t('Units in the deal')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.quantity} error=${faultAt('quantity')}
        hint=${t('Afterwards the usual price holds again.')} onInput=${(/** @type {string} */ value) => set({ quantity: value })} />
      <${FormField} label=${t('Ends')} as="select" value=${form.seconds} hint=${t('Viewers see a countdown.')} onInput=${(/** @type {string} */ seconds) => set({ seconds })}>
        ${[1, 2, 3, 5, 10, 15, 30].map((minutes) => html`<option key=${minutes} value=${minutes * 60}>${tn('In {n} minute', 'In {n} minutes', minutes)}</option>`)}
      <//>
    </form>
  <//>`;
}
