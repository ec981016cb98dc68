import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from './button.js';
import { ChoiceTiles, FormField } from './form-field.js';
import { t } from '../lib/i18n.js';

/** @param {string} reason a reason of chat:report */
export const reportWords = (reason) =>
  ({ spam: t('Advertising or spam'), abuse: t('Insult or harassment'), sexual: t('Sexual content'), fraud: t('Fraud'), other: t('Something else') })[reason] ?? reason;

/** @param {{ onSend: (report: { reason: string, note: string }) => Promise<void> }} props */
export function ReportForm({ onSend }) {
  const [reason, setReason] = useState('spam');
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    await onSend({ reason, note });
    setBusy(false);
  };
  return html`<form class="stack" onSubmit=${submit}>
    <${ChoiceTiles} legend=${t('What is wrong with it?')} name="reason" value=${reason} onChange=${setReason}
      options=${['spam', 'abuse', 'sexual', 'fraud', 'other'].map((value) => ({ value, title: reportWords(value) }))} />
    <${FormField} label=${t('A word to the moderators')} optional=${t('optional')} value=${note} onInput=${setNote} maxlength="300" />
    <${Button} type="submit" kind="primary" wide busy=${isBusy}>${t('Report')}<//>
  </form>`;
}
