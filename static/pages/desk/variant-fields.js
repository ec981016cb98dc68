import { html } from 'htm/preact';
import { Button, IconButton } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { t } from '../../lib/i18n.js';
import { plainAmount } from '../../lib/money.js';
import { ConflictNote } from './conflict-note.js';
import { emptyVariant } from './product-draft.js';

/** @typedef {import('./product-draft.js').VariantDraft} VariantDraft */

/**
 * One product has one set of fields; "another size or colour" makes them a list.
 *
 * @param {{ variants: VariantDraft[], currency: string, faultAt: (path: string) => string, onTouch: (path: string) => void,
 *   settle: (path: string) => { theirs?: string, onTake: () => void, onKeep: () => void }, onStock: (sku: string) => void, onChange: (variants: VariantDraft[]) => void }} props
 */
export function VariantFields({ variants, currency, faultAt, onTouch, settle, onStock, onChange }) {
  const isList = variants.length > 1;
  const put = (/** @type {number} */ at, /** @type {Partial<VariantDraft>} */ change) =>
    onChange(variants.map((variant, i) => (i === at ? { ...variant, ...change } : variant)));

  return html`<div class="stack">
    ${variants.map((variant, i) => {
      const field = (/** @type {'sku'|'title'|'price'|'stock'} */ name) => ({
        value: variant[name],
        error: faultAt(`variants[${i}].${name}`),
        onInput: (/** @type {string} */ value) => put(i, { [name]: value }),
        onBlur: () => variant[name] && onTouch(`variants[${i}].${name}`),
      });
      return html`<fieldset key=${variant.key} class=${`variant ${isList ? 'is-listed' : ''}`}>
        <legend class="sr-only">${isList ? variant.title || t('Variant {n}', { n: i + 1 }) : t('Price and stock')}</legend>
        ${isList && html`<div class="row variant-head">
          <${FormField} class="grow" label=${t('Size, colour or kind')} placeholder=${t('Blue, large')} maxlength="80" dir="auto" ...${field('title')} />
          ${!variant.isKnown && html`<${IconButton} icon="trash" label=${t('Remove this variant')} onClick=${() => onChange(variants.filter((_, j) => j !== i))} />`}
        </div>`}
        <div class="variant-grid">
          <${FormField} label=${t('Price')} suffix=${currency} inputmode="decimal" autocomplete="off" dir="ltr"
            placeholder=${plainAmount({ amount_minor: 0, currency })} ...${field('price')} />
          <${FormField} label=${t('In stock')} inputmode="numeric" autocomplete="off" dir="ltr" placeholder="0" ...${field('stock')} />
          <${FormField} label=${t('Article number')} optional=${t('optional')} maxlength="64" autocomplete="off" dir="ltr" spellcheck=${false}
            readonly=${variant.isKnown} placeholder=${t('made for you')} ...${field('sku')} />
        </div>
        <${ConflictNote} label=${t('Size, colour or kind')} ...${settle(`variants[${i}].title`)} />
        <${ConflictNote} label=${t('Price')} ...${settle(`variants[${i}].price`)} />
        <${ConflictNote} label=${t('In stock')} ...${settle(`variants[${i}].stock`)} />
        ${variant.isKnown && html`<div><${Button} size="s" kind="quiet" icon="bag" onClick=${() => onStock(variant.sku)}>${t('Book stock, alerts, journal')}<//></div>`}
      </fieldset>`;
    })}
    <div><${Button} size="s" kind="quiet" icon="plus" onClick=${() => onChange([...variants, emptyVariant()])}>${t('Add another size or colour')}<//></div>
  </div>`;
}
