import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { useEditor } from '../../components/use-editor.js';
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
  const isRunning = Boolean(offer.deal && Date.parse(offer.deal.ends_at) > Date.now());
  const priceIn = (/** @type {string} */ text) => parseMoney(text, currency);
  const { form, set, faultAt, refusal, isBusy, send, submit } = useEditor(
    { price: '', quantity: String(Math.min(offer.available, 10)), seconds: '180' },
    (draft) => {
      const [price, quantity] = [priceIn(draft.price), parseStock(draft.quantity)];
      return {
        price: !price?.amount_minor ? t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) })
          : price.amount_minor >= offer.price.amount_minor ? t('A deal is cheaper than {price}.', { price: formatMoney(offer.price) }) : '',
        quantity: !quantity ? t('Enter a whole number, 1 or more.') : quantity > offer.available ? tn('{n} is left.', '{n} are left.', offer.available) : '',
      };
    },
  );
  const done = (/** @type {Offer} */ changed) => (onSaved(changed), onClose());
  const start = submit(() => api.put(`/offers/${offer.id}/deal`, { price: priceIn(form.price), quantity: parseStock(form.quantity), seconds: Number(form.seconds) }), done);

  const footer = html`<div class="row">
    ${isRunning && html`<${Button} kind="danger" disabled=${isBusy} onClick=${() => send(() => api.delete(`/offers/${offer.id}/deal`), done)}>${t('End the deal')}<//>`}
    <span class="grow" /><${Button} kind="primary" type="submit" form="deal-form" busy=${isBusy}>${isRunning ? t('Start a new deal') : t('Start the deal')}<//>
  </div>`;
  return html`<${Dialog} title=${t('Flash deal for {title}', { title: offer.title })} onClose=${onClose} footer=${footer}>
    <form id="deal-form" class="stack" onSubmit=${start} noValidate>
      ${refusal && html`<p class="note note-bad" role="alert">${refusal}</p>`}
      <${FormField} label=${t('Price in the deal')} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.price} error=${faultAt('price')}
        hint=${t('Now {price}.', { price: formatMoney(offer.price) })} onInput=${(/** @type {string} */ value) => set({ price: value })} />
      <${FormField} label=${t('Units in the deal')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.quantity} error=${faultAt('quantity')}
        hint=${t('Afterwards the usual price holds again.')} onInput=${(/** @type {string} */ value) => set({ quantity: value })} />
      <${FormField} label=${t('Ends')} as="select" value=${form.seconds} hint=${t('Viewers see a countdown.')} onInput=${(/** @type {string} */ seconds) => set({ seconds })}>
        ${[1, 2, 3, 5, 10, 15, 30].map((minutes) => html`<option key=${minutes} value=${minutes * 60}>${tn('In {n} minute', 'In {n} minutes', minutes)}</option>`)}
      <//>
    </form>
  <//>`;
}
