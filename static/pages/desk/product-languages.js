import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Sheet } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { languageName } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** @typedef {{ text: string, engine: string, edited: boolean }} Text */
/** @typedef {{ locale: string, original: boolean, title: Text | null, description: Text | null }} Translated */

/**
 * A product's name and description in each language: what an engine made, and what the merchant writes instead.
 *
 * @param {{ product: import('../../lib/types.js').Product, onClose: () => void }} props
 */
export function ProductLanguages({ product, onClose }) {
  const { data, error, reload, set } = useLoad(async () => /** @type {Translated[]} */ ((await api.get(`/products/${product.id}/translations`)).items), [product.id]);
  const put = (/** @type {Translated} */ item) => set((list) => (list ?? []).map((other) => (other.locale === item.locale ? item : other)));
  return html`<${Sheet} title=${t('In other languages')} onClose=${onClose} class="desk-sheet">
    <div class="stack">
      <p><bdi class="strong">${product.title}</bdi></p>
      <p class="muted small">${t('Viewers see these in their language. What you write here is never replaced by a machine. If you change the name itself, it is translated anew.')}</p>
      ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
      ${!data && !error && html`<${SkeletonText} lines=${6} />`}
      ${data?.filter(({ original }) => !original).map((item) => html`<${OneLanguage} key=${`${item.locale} ${item.title?.text} ${item.description?.text}`} product=${product} item=${item} onSaved=${put} />`)}
    </div>
  <//>`;
}

/** @param {{ product: import('../../lib/types.js').Product, item: Translated, onSaved: (item: Translated) => void }} props */
function OneLanguage({ product, item, onSaved }) {
  const [title, setTitle] = useState(item.title?.text ?? '');
  const [description, setDescription] = useState(item.description?.text ?? '');
  const [busy, setBusy] = useState('');
  const at = `/products/${product.id}/translations/${item.locale}`;
  const isChanged = title !== (item.title?.text ?? '') || description !== (item.description?.text ?? '');
  const run = async (/** @type {string} */ what, /** @type {() => Promise<Translated>} */ act) => {
    setBusy(what);
    try {
      onSaved(await act());
      toast(t('Saved.'), { kind: 'good' });
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
    setBusy('');
  };
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    run('save', () => api.put(at, { title, ...(product.description ? { description } : {}) }));
  };
  const about = (/** @type {Text | null} */ text) => (text?.edited ? t('Written by you') : text ? t('By {engine}', { engine: text.engine }) : undefined);
  return html`<form class="card stack language-card" onSubmit=${save}>
    <h3 class="language-title">${languageName(item.locale)}</h3>
    <${FormField} label=${t('Name')} value=${title} lang=${item.locale} dir="auto" maxlength="240" hint=${about(item.title)} onInput=${setTitle} />
    ${product.description && html`<${FormField} label=${t('Description')} as="textarea" rows="2" value=${description} lang=${item.locale} dir="auto" maxlength="4000" hint=${about(item.description)} onInput=${setDescription} />`}
    <div class="row">
      <${Button} size="s" type="submit" kind="primary" busy=${busy === 'save'} disabled=${!isChanged}>${t('Save')}<//>
      ${!item.title && html`<${Button} size="s" kind="quiet" icon="globe" busy=${busy === 'make'} onClick=${() => run('make', () => api.post(at))}>${t('Translate')}<//>`}
    </div>
  </form>`;
}
