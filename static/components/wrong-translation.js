import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { locale, t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { FormField } from './form-field.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/**
 * Say that a translation is wrong, and what it should be.
 *
 * @param {{ room: string, message: import('../lib/types.js').Message, onClose: () => void }} props
 */
export function WrongTranslation({ room, message, onClose }) {
  const [suggestion, setSuggestion] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const translation = /** @type {import('../lib/types.js').Translation} */ (message.translation);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.post(`/rooms/${encodeURIComponent(room)}/messages/${message.id}/translations/${translation.locale}/reports`, { suggestion: suggestion.trim() });
      toast(t('Thank you. The host sees what you said.'), { kind: 'good' });
      onClose();
    } catch (error) {
      setProblem(refusalText(error)); // what was typed stays
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t('This translation is wrong')} onClose=${onClose}>
    <form class="stack" onSubmit=${send}>
      <blockquote class="member-line" dir="auto" lang=${message.locale}>${message.text}</blockquote>
      <blockquote class="member-line" dir="auto" lang=${translation.locale}>${translation.text}</blockquote>
      <${FormField} label=${t('What should it say?')} optional=${t('optional')} value=${suggestion} maxlength="500" dir="auto" lang=${locale()} error=${problem}
        onInput=${(/** @type {string} */ value) => (setSuggestion(value), setProblem(''))} />
      <${Button} type="submit" kind="primary" wide busy=${isBusy}>${t('Send')}<//>
    </form>
  <//>`;
}
