import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { refusalText } from './refusal.js';

/**
 * Asks once before something that hurts. Stays open with the reason when the action is refused, and when it answers
 * false: something in the dialog is not filled in.
 *
 * @param {{ title: string, confirm: string, kind?: 'primary'|'danger', onConfirm: () => Promise<unknown> | unknown, onClose: () => void, children?: any }} props
 */
export function ConfirmDialog({ title, confirm, kind = 'danger', onConfirm, onClose, children }) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const act = async () => {
    setBusy(true);
    setError(null);
    try {
      if ((await onConfirm()) === false) setBusy(false);
      else onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const footer = html`<div class="row confirm-foot">
    <${Button} class="grow" onClick=${onClose}>${t('Not now')}<//>
    <${Button} class="grow" kind=${kind} busy=${isBusy} onClick=${act}>${confirm}<//>
  </div>`;
  return html`<${Dialog} title=${title} onClose=${onClose} footer=${footer}>
    <div class="stack">${children}${error && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}</div>
  <//>`;
}
