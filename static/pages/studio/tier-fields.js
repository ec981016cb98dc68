import { html } from 'htm/preact';
import { FormField } from '../../components/form-field.js';
import { t } from '../../lib/i18n.js';
import { parseMoney, plainAmount } from '../../lib/money.js';
import { parseStock } from '../desk/product-draft.js';

/** @typedef {import('../../lib/types.js').Money} Money */
/** @typedef {{ quantity: string, price: string }} TierDraft */

const SHOWN = 2;

/** @param {import('../../lib/types.js').Offer} offer @returns {TierDraft[]} */
export function tierDrafts(offer) {
  const drafts = (offer.tiers ?? []).map((tier) => ({ quantity: String(tier.quantity), price: plainAmount(tier.price) }));
  return [...drafts, ...Array.from({ length: Math.max(0, SHOWN - drafts.length) }, () => ({ quantity: '', price: '' }))];
}

/**
 * What was typed as prices by quantity. Pure.
 *
 * @param {TierDraft[]} drafts
 * @param {Money} price of one
 * @returns {{ tiers: { quantity: number, price: Money }[], fault: string }}
 */
export function readTiers(drafts, price) {
  const tiers = [];
  let [units, amount] = [1, price.amount_minor];
  for (const draft of drafts.filter(({ quantity, price: typed }) => quantity.trim() || typed.trim())) {
    const quantity = parseStock(draft.quantity);
    const each = parseMoney(draft.price, price.currency);
    if (!quantity || quantity <= units || !each || !each.amount_minor || each.amount_minor >= amount) return { tiers: [], fault: t('More units, and a lower price, in each line.') };
    tiers.push({ quantity, price: each });
    [units, amount] = [quantity, each.amount_minor];
  }
  return { tiers, fault: '' };
}

/** @param {{ drafts: TierDraft[], currency: string, error: string, onChange: (drafts: TierDraft[]) => void }} props */
export function TierFields({ drafts, currency, error, onChange }) {
  const set = (/** @type {number} */ at, /** @type {Partial<TierDraft>} */ part) => onChange(drafts.map((draft, i) => (i === at ? { ...draft, ...part } : draft)));
  return html`<fieldset class="tiers">
    <legend class="field-label">${t('Price by quantity')}<span class="field-optional">${t('optional')}</span></legend>
    ${drafts.map((draft, i) => html`<div key=${i} class="row tier-row">
      <${FormField} label=${t('From units')} class="grow" inputmode="numeric" dir="ltr" autocomplete="off" value=${draft.quantity} onInput=${(/** @type {string} */ quantity) => set(i, { quantity })} />
      <${FormField} label=${t('Price each')} suffix=${currency} class="grow" inputmode="decimal" dir="ltr" autocomplete="off" value=${draft.price} onInput=${(/** @type {string} */ price) => set(i, { price })} />
    </div>`)}
    ${error && html`<p class="field-error" role="alert">${error}</p>`}
  </fieldset>`;
}
