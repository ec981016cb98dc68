import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField, QuantityStepper } from '../../components/form-field.js';
import { useEditor } from '../../components/use-editor.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { formatMoney, parseMoney, plainAmount } from '../../lib/money.js';
import { parseStock } from '../desk/product-draft.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * Several articles of the tray as one offer.
 *
 * @param {{ room: string, offers: Offer[], onSaved: (offer: Offer) => void, onClose: () => void }} props
 */
export function BundleEditor({ room, offers, onSaved, onClose }) {
  const articles = offers.filter((offer) => offer.sku);
  const { currency } = articles[0].price;
  const [units, setUnits] = useState(/** @type {Record<string, number>} */ ({}));
  const parts = articles.flatMap(({ id }) => (units[id] ? [{ offer: id, quantity: units[id] }] : []));
  const apart = articles.reduce((sum, offer) => sum + offer.price.amount_minor * (units[offer.id] ?? 0), 0);
  const { form, set, faultAt, refusal, isBusy, submit } = useEditor({ title: '', price: '', quantity: '10' }, (draft) => ({
    title: draft.title.trim() ? '' : t('Give the bundle a name.'),
    price: parseMoney(draft.price, currency)?.amount_minor ? '' : t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) }),
    quantity: parseStock(draft.quantity) ? '' : t('Enter a whole number, 1 or more.'),
    parts: parts.reduce((sum, part) => sum + part.quantity, 0) >= 2 ? '' : t('Put at least two things into it.'),
  }));
  const price = parseMoney(form.price, currency);
  const offerIt = submit(
    () => api.post(`/rooms/${room}/bundles`, { title: form.title.trim(), price, quantity: parseStock(form.quantity), parts }),
    (/** @type {Offer} */ made) => (onSaved(made), onClose()),
  );
  return html`<${Dialog} title=${t('New bundle')} onClose=${onClose} footer=${html`<div class="row"><span class="grow" /><${Button} kind="primary" type="submit" form="bundle-form" busy=${isBusy}>${t('Offer the bundle')}<//></div>`}>
    <form id="bundle-form" class="stack" onSubmit=${offerIt} noValidate>
      ${refusal && html`<p class="note note-bad" role="alert">${refusal}</p>`}
      <${FormField} label=${t('Name')} maxlength="160" dir="auto" value=${form.title} error=${faultAt('title')} onInput=${(/** @type {string} */ title) => set({ title })} />
      <fieldset class="stack bundle-parts"><legend class="field-label">${t('What is in it')}</legend>
        ${articles.map((offer) => html`<div key=${offer.id} class="row">
          <span class="grow"><bdi>${offer.variant_title ? `${offer.title}, ${offer.variant_title}` : offer.title}</bdi> <bdi class="muted small tabular">${formatMoney(offer.price)}</bdi></span>
          <${QuantityStepper} label=${offer.title} value=${units[offer.id] ?? 0} min=${0} max=${100} less=${t('One less')} more=${t('One more')} onChange=${(/** @type {number} */ n) => setUnits({ ...units, [offer.id]: n })} />
        </div>`)}
        ${faultAt('parts') && html`<p class="field-error" role="alert">${faultAt('parts')}</p>`}
      </fieldset>
      <${FormField} label=${t('Price of the bundle')} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.price} error=${faultAt('price')}
        hint=${apart ? t('One by one: {price}', { price: formatMoney({ amount_minor: apart, currency }) }) : ''} onInput=${(/** @type {string} */ value) => set({ price: value })} />
      <${FormField} label=${t('At most so many bundles')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.quantity} error=${faultAt('quantity')}
        hint=${t('Its units are those of the products in it.')} onInput=${(/** @type {string} */ value) => set({ quantity: value })} />
    </form>
  <//>`;
}
