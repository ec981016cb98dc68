import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Sheet } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { WordingSheet } from '../../components/wording-sheet.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { shrinkPicture, upload } from '../../lib/upload.js';
import { wordingOfProduct } from '../../lib/wording.js';
import { DigitalEditor } from './digital-editor.js';
import { categoryPaths } from './category-paths.js';
import { itemsOf, sendGallery } from './gallery-draft.js';
import { GalleryField } from './gallery-field.js';
import { ConflictNote } from './conflict-note.js';
import { faultsOf } from './product-draft.js';
import { StockDialog } from './stock-dialog.js';
import { Conflicting, useProductDraft } from './use-product-draft.js';
import { VariantFields } from './variant-fields.js';

/** @typedef {import('../../lib/types.js').Product} Product */

/** What is refused there is said there, everything else above the form. */
const AT_A_FIELD = /^(title|description|variants\[\d+\]\.(sku|title|price|stock))$/;

/**
 * Make or change a product. What is typed is kept in the browser until it is saved or thrown away; where somebody else saved, or
 * sales changed the stock meanwhile, both are shown.
 *
 * @param {{ store: import('../../lib/types.js').Store, product: Product | null, onSaved: (product: Product) => void, onArchived: (product: Product) => void,
 *   categories: import('../../lib/types.js').Category[], onStock: (product: Product) => void, onClose: () => void }} props
 */
export function ProductEditor({ store, product, categories, onSaved, onArchived, onStock, onClose }) {
  const edit = useProductDraft(store, product, onStock);
  const { draft, conflicts, currency, made } = edit;
  const [touched, setTouched] = useState(/** @type {Set<string>} */ (new Set()));
  const [refused, setRefused] = useState({ path: '', text: '' });
  const [pictures, setPictures] = useState(() => itemsOf(product));
  const [sending, setSending] = useState(/** @type {{ key: string, share: number } | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const [stockOf, setStockOf] = useState('');
  const [asksArchive, askArchive] = useState(false);
  const [hasLanguages, showLanguages] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  const faults = faultsOf(draft, currency);
  const faultAt = (/** @type {string} */ path) => (refused.path === path && refused.text) || (touched.has(path) ? (faults[path] ?? '') : '');
  const touch = (/** @type {string} */ path) => setTouched(new Set(touched).add(path));
  const change = (/** @type {Partial<typeof draft>} */ part) => {
    edit.change(part);
    setRefused({ path: '', text: '' });
  };
  const startOver = () => {
    edit.startOver();
    setTouched(new Set());
  };
  const settle = (/** @type {string} */ path) => ({ theirs: conflicts[path], onTake: () => settled(path, true), onKeep: () => settled(path, false) });
  const settled = (/** @type {string} */ path, /** @type {boolean} */ isTheirs) => {
    edit.settle(path, isTheirs);
    setRefused({ path: '', text: '' });
    focusConflict();
  };
  /** The next one that is to be decided, else the button that saves. */
  const focusConflict = () =>
    requestAnimationFrame(() => /** @type {HTMLElement | null | undefined} */ (form.current?.querySelector('.conflict-keep') ?? form.current?.closest('dialog')?.querySelector('[form="product-form"]'))?.focus());

  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setTouched(new Set(Object.keys(faults)));
    if (Object.keys(faults).length) {
      requestAnimationFrame(() => /** @type {HTMLElement | null} */ (form.current?.querySelector('[aria-invalid="true"]'))?.focus());
      return;
    }
    if (Object.keys(conflicts).length) return refuseConflict();
    setBusy(true);
    setRefused({ path: '', text: '' });
    try {
      made.current = await sendPictures(await edit.save());
      onSaved(made.current);
      onClose();
    } catch (error) {
      setBusy(false);
      if (error instanceof Conflicting) return refuseConflict();
      const problem = /** @type {{ code?: string, field?: string, item?: unknown }} */ (error);
      if (problem.item) return; // it is said at the picture that was refused
      const path = problem.field || (problem.code === 'sku_taken' ? 'variants[0].sku' : '');
      setRefused({ path, text: refusalText(error) });
    }
  };
  const refuseConflict = () => {
    setRefused({ path: '', text: t('It was changed meanwhile, by somebody or by sales. Nothing is lost: say for each marked field what shall be, and save again.') });
    focusConflict();
  };

  const sendPictures = async (/** @type {Product} */ saved) => {
    try {
      return await sendGallery(saved, product, pictures, wire(setSending), setPictures);
    } catch (error) {
      onStock(saved);
      const { item } = /** @type {{ item?: import('./gallery-draft.js').Item }} */ (error);
      if (item) setPictures((now) => now.map((one) => (one.key === item.key ? { ...one, error: refusalText(error) } : one)));
      throw error;
    } finally {
      setSending(null);
    }
  };

  const paths = categoryPaths(categories);
  const isGeneral = refused.text && !AT_A_FIELD.test(refused.path);
  const footer = html`<div class="row editor-foot">
    ${product && html`<${Button} kind="quiet" icon="globe" aria-haspopup="dialog" onClick=${() => showLanguages(true)}>${t('Languages')}<//>`}
    ${product && html`<${Button} kind="danger" icon="trash" onClick=${() => askArchive(true)}>${t('Archive')}<//>`}
    <span class="grow" />
    <span class="row editor-done">
      <${Button} class="editor-cancel" onClick=${onClose}>${t('Cancel')}<//>
      <${Button} kind="primary" type="submit" form="product-form" busy=${isBusy}>${t('Save')}<//>
    </span>
  </div>`;

  return html`<${Sheet} title=${product ? t('Edit product') : t('New product')} onClose=${onClose} class="desk-sheet" footer=${footer}>
    <form id="product-form" ref=${form} class="stack product-form" onSubmit=${save} noValidate>
      ${edit.isKept && html`<p class="note row"><span class="grow">${t('Your unsaved changes are back.')}</span>
        <${Button} size="s" kind="quiet" onClick=${startOver}>${t('Start over')}<//></p>`}
      ${isGeneral && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      <${GalleryField} items=${pictures} sending=${sending} onChange=${setPictures} />
      <${FormField} label=${t('Name')} value=${draft.title} maxlength="120" dir="auto" error=${faultAt('title')}
        onInput=${(/** @type {string} */ title) => change({ title })} onBlur=${() => draft.title && touch('title')} />
      <${ConflictNote} label=${t('Name')} ...${settle('title')} />
      <${FormField} label=${t('Description')} optional=${t('optional')} as="textarea" rows="3" maxlength="2000" dir="auto" value=${draft.description}
        error=${faultAt('description')} onInput=${(/** @type {string} */ description) => change({ description })} />
      <${ConflictNote} label=${t('Description')} ...${settle('description')} />
      ${categories.length > 0 && html`<${FormField} label=${t('Category')} as="select" value=${draft.category ?? ''} onInput=${(/** @type {string} */ category) => change({ category })}>
        <option value="">${t('None')}</option>
        ${paths.map(({ category, path }) => html`<option key=${category.id} value=${category.id}>${path.join(' › ')}</option>`)}
      <//>`}
      <${ConflictNote} label=${t('Category')} ...${settle('category')} theirs=${conflicts.category === undefined ? undefined : (paths.find(({ category }) => category.id === conflicts.category)?.path.join(' › ') ?? t('None'))} />
      <${VariantFields} variants=${draft.variants} currency=${currency} faultAt=${faultAt} onTouch=${touch} onStock=${setStockOf} settle=${settle}
        onChange=${(/** @type {typeof draft.variants} */ variants) => change({ variants })} />
    </form>
    ${product && html`<${DigitalEditor} product=${product} />`}
    ${hasLanguages && product && html`<${WordingSheet} wording=${wordingOfProduct(product)} onClose=${() => showLanguages(false)} />`}
    ${stockOf && product && html`<${StockDialog} store=${store.id} sku=${stockOf} onClose=${() => setStockOf('')} onChanged=${edit.takeLevel} />`}
    ${asksArchive && product && html`<${ConfirmDialog} title=${t('Archive this product?')} confirm=${t('Archive')} onClose=${() => askArchive(false)}
      onConfirm=${async () => {
        await api.delete(`/products/${product.id}`);
        edit.forget();
        onArchived(product);
      }}><p>${t('{title} disappears from your shop and cannot be put into shows any more. Orders keep it.', { title: product.title })}</p><//>`}
  <//>`;
}

/** @param {(sending: { key: string, share: number }) => void} onProgress @returns {import('./gallery-draft.js').Wire} */
const wire = (onProgress) => ({
  add: async (id, item) => {
    onProgress({ key: item.key, share: 0 });
    if (item.link) return api.post(`/products/${id}/pictures/link`, { url: item.link });
    return upload(`/products/${id}/pictures`, await shrinkPicture(/** @type {File} */ (item.file)), (share) => onProgress({ key: item.key, share }), 'POST');
  },
  remove: (id, picture) => api.delete(`/products/${id}/pictures/${picture}`),
  arrange: (id, pictures) => api.put(`/products/${id}/pictures`, { pictures }),
});
