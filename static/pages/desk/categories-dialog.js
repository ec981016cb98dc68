import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { categoryPaths } from './category-paths.js';

/** @typedef {import('../../lib/types.js').Category} Category */

/**
 * The shop's categories: make, rename, remove.
 *
 * @param {{ store: string, categories: Category[], onChanged: () => Promise<unknown> | unknown, onClose: () => void }} props
 */
export function CategoriesDialog({ store, categories, onChanged, onClose }) {
  const [form, setForm] = useState({ title: '', parent: '' });
  const [renamed, setRenamed] = useState({ id: '', title: '' });
  const [removed, setRemoved] = useState(/** @type {Category | null} */ (null));
  const [problem, setProblem] = useState('');
  const paths = categoryPaths(categories);

  const send = async (/** @type {() => Promise<unknown>} */ act) => {
    setProblem('');
    try {
      await act();
      setForm({ title: '', parent: form.parent });
      setRenamed({ id: '', title: '' });
      await onChanged();
    } catch (refused) {
      setProblem(refusalText(refused));
    }
  };
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!form.title.trim()) return setProblem(t('Please type a name.'));
    return send(() => api.post(`/stores/${store}/categories`, { title: form.title.trim(), parent: form.parent || null }));
  };
  const rename = (/** @type {Event} */ event) => {
    event.preventDefault();
    return send(() => api.patch(`/categories/${renamed.id}`, { title: renamed.title.trim() }));
  };

  return html`<${Dialog} title=${t('Categories')} onClose=${onClose}>
    <div class="stack">
      ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
      <ul class="desk-list">
        ${paths.map(({ category, path }) => html`<li key=${category.id} class="row">
          ${renamed.id === category.id
            ? html`<form class="row grow-row" onSubmit=${rename} noValidate>
                <${FormField} class="grow" label=${t('Name')} value=${renamed.title} maxlength="160" dir="auto" onInput=${(/** @type {string} */ title) => setRenamed({ ...renamed, title })} />
                <${Button} type="submit" size="s" kind="primary">${t('Save')}<//>
              </form>`
            : html`<bdi class="grow">${path.join(' › ')}</bdi>
                <${Button} size="s" onClick=${() => setRenamed({ id: category.id, title: category.title })} aria-label=${t('Change {title}', { title: category.title })}>${t('Change')}<//>
                <${Button} size="s" kind="danger" onClick=${() => setRemoved(category)} aria-label=${t('Remove {title}', { title: category.title })}>${t('Remove')}<//>`}
        </li>`)}
      </ul>
      <form class="stack" onSubmit=${add} noValidate>
        <${FormField} label=${t('New category')} value=${form.title} maxlength="160" dir="auto" onInput=${(/** @type {string} */ title) => setForm({ ...form, title })} />
        <${FormField} label=${t('Beneath')} as="select" value=${form.parent} onInput=${(/** @type {string} */ parent) => setForm({ ...form, parent })}>
          <option value="">${t('None')}</option>
          ${paths.filter(({ path }) => path.length < 3).map(({ category, path }) => html`<option key=${category.id} value=${category.id}>${path.join(' › ')}</option>`)}
        <//>
        <div><${Button} type="submit" icon="plus">${t('Add')}<//></div>
      </form>
    </div>
    ${removed && html`<${ConfirmDialog} title=${t('Remove {title}', { title: removed.title })} confirm=${t('Remove')} onClose=${() => setRemoved(null)}
      onConfirm=${() => send(() => api.delete(`/categories/${removed.id}`))}><p>${t('Its products stay, one step higher.')}</p><//>`}
  <//>`;
}
