import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { CopyField } from '../../components/copy-field.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api, listAll } from '../../lib/api.js';
import { formatDateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** @typedef {{ id: string, title: string, created_at?: string, last_used_at?: string | null }} ApiKey */

/** Keys with which other programs act as the merchant. A key's text is shown once. */
export function ApiKeys() {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<ApiKey[]>} */ (listAll('/api-keys')), []);
  const [title, setTitle] = useState('');
  const [made, setMade] = useState(/** @type {(ApiKey & { key: string }) | null} */ (null));
  const [revoked, setRevoked] = useState(/** @type {ApiKey | null} */ (null));
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);

  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!title.trim()) return setProblem(t('Say what the key is for.'));
    setBusy(true);
    setProblem('');
    try {
      const key = await api.post('/api-keys', { title: title.trim() });
      setMade(key);
      setTitle('');
      set((/** @type {ApiKey[] | null} */ list) => [{ id: key.id, title: key.title, created_at: key.created_at }, ...(list ?? [])]);
    } catch (refused) {
      setProblem(refusalText(refused));
    }
    setBusy(false);
  };

  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('API keys')}</h2><p class="muted small">${t('With a key your own programs act in your name: keep it like a password.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${data && data.length > 0 && html`<ul class="desk-list">
      ${data.map((key) => html`<li key=${key.id} class="row">
        <span class="grow"><bdi class="desk-row-title">${key.title}</bdi>${key.created_at && html`<span class="muted small">${t('Made {when}', { when: formatDateTime(key.created_at) })}</span>`}</span>
        <${Button} size="s" kind="danger" onClick=${() => setRevoked(key)}>${t('Revoke')}<//>
      </li>`)}
    </ul>`}
    <form class="row desk-inline-form" onSubmit=${make} noValidate>
      <${FormField} class="grow" label=${t('What is it for?')} value=${title} maxlength="80" dir="auto" placeholder=${t('Stock sync')} error=${problem}
        onInput=${(/** @type {string} */ value) => (setTitle(value), setProblem(''))} />
      <${Button} type="submit" icon="plus" busy=${isBusy}>${t('Make a key')}<//>
    </form>
    ${made && html`<${Dialog} title=${t('Your new key')} onClose=${() => setMade(null)} footer=${html`<${Button} wide kind="primary" onClick=${() => setMade(null)}>${t('I have kept it')}<//>`}>
      <${CopyField} label=${made.title} value=${made.key} secret hint=${t('It is shown only now. Copy it to a safe place.')} />
    <//>`}
    ${revoked && html`<${ConfirmDialog} title=${t('Revoke “{title}”?', { title: revoked.title })} confirm=${t('Revoke')} onClose=${() => setRevoked(null)}
      onConfirm=${async () => {
        await api.delete(`/api-keys/${revoked.id}`);
        set((/** @type {ApiKey[] | null} */ list) => (list ?? []).filter((key) => key.id !== revoked.id));
      }}><p>${t('Programs that use it stop working at once.')}</p><//>`}
  </section>`;
}
